"""The visitor card: what the page header shows of a visitor, kept in Redis for the live answers.

Cookie and PostgreSQL hold the truth (session, user, basket). Whoever changes one of these writes
the card anew; a card that is missing is rebuilt by `/basket/visitor`.
"""

import hashlib
import itertools
import json
import logging
from dataclasses import asdict, dataclass

from django.utils import timezone
from procrastinate.contrib.django import app

from caching import store
from catalog import trending

logger = logging.getLogger(__name__)

PREFIX = "visitor:"
BATCH = 1000


@dataclass(frozen=True)
class Card:
    """What the header shows."""

    name: str = ""
    """How the signed-in visitor is called; empty for a guest."""
    basket_quantity: int = 0

    @property
    def is_signed_in(self) -> bool:
        """Whether the visitor is known."""
        return self.name != ""


GUEST = Card()


def _key(session_key: str) -> str:
    # Digested, so that who can read Redis cannot take over sessions.
    digest = hashlib.blake2b(session_key.encode("utf-8", "replace"), digest_size=20)
    return f"{PREFIX}{digest.hexdigest()}"


def write_card(
    session_key: str,
    card: Card,
    *,
    lifetime_seconds: int,
    wanted: str = "",
    former: str | None = None,
) -> None:
    """Keep the card for as long as the session lives, and count that an edition is `wanted`.

    The one that stands under the `former` key of the session goes.

    While Redis is away a job is left behind that has it forget the card, which it may still have as
    it was: `/basket/visitor` then makes a new one. A full Redis forgets it at once, or every page
    that it has none for would leave a job.
    """
    try:
        _write_or_forget(_key(session_key), card, lifetime_seconds, wanted, former)
    except store.Unavailable as error:
        logger.warning("Could not write a visitor card: %s", error)
        app.configure_task("orders.forget_card").defer(key=_key(session_key))


def _write_or_forget(
    key: str, card: Card, lifetime_seconds: int, wanted: str, former: str | None
) -> None:
    try:
        _write(key, card, lifetime_seconds, wanted, former)
    except store.OutOfMemory as error:
        logger.warning("No room for a visitor card: %s", error)
        delete(key)  # which is never refused


def forget_card(session_key: str) -> None:
    """The session has ended."""
    try:
        delete(_key(session_key))
    except store.Unavailable as error:
        logger.warning("Could not forget a visitor card: %s", error)


@store.needs_redis
def read_card(session_key: str) -> Card | None:
    """The session's card, or None when Redis holds none.

    Raises store.Unavailable when Redis does not answer.
    """
    stored = store.client().get(_key(session_key))
    if stored is None:
        return None
    try:
        return Card(**json.loads(stored))
    except (
        ValueError,
        TypeError,
    ):  # written by another release: rebuilt like a missing one
        return None


@store.needs_redis
def _write(key: str, card: Card, lifetime_seconds: int, wanted: str, former: str | None) -> None:
    trip = store.client().trip()
    if former:
        trip.delete(_key(former))
    trip.set(key, json.dumps(asdict(card)), ex=max(1, lifetime_seconds))
    if wanted:  # what is popular is nice to know, no more
        trending.note_interest(trip, wanted, today=timezone.localdate())
    trip.carry_out()


@store.needs_redis
def delete(key: str) -> None:
    """Have Redis forget the card that stands there.

    Raises store.Unavailable when Redis does not answer.
    """
    store.client().delete(key)


@store.needs_redis
def forget_all_cards() -> None:
    """Have every card rebuilt when its visitor comes next.

    Raises store.Unavailable when Redis does not answer.
    """
    client = store.client()
    keys = client.scan_iter(match=f"{PREFIX}*", count=BATCH)
    while batch := list(itertools.islice(keys, BATCH)):
        client.delete(*batch)
