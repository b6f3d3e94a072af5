"""What was typed into the checkout's form, kept for who looks at the basket meanwhile.

Redis holds it for an hour, under the basket's number, and it may be lost. An order, or signing in,
goes on with another basket: nobody is shown what somebody else has typed.
"""

import json
import logging
from uuid import UUID

from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from caching import store
from orders.gift_cards import MAX_CARDS
from storefront.checkout_form import GIFT_CARDS, CheckoutForm

logger = logging.getLogger(__name__)

KEPT_SECONDS = 3600
LONGEST = 254  # of a field
FIELDS = frozenset({*CheckoutForm.base_fields, GIFT_CARDS})


def keep(basket_id: UUID, sent: QueryDict) -> None:
    """Remember what the form says, as far as Redis can."""
    typed = {
        name: [value[:LONGEST] for value in values[:MAX_CARDS]]
        for name, values in sent.lists()
        if name in FIELDS
    }
    try:
        _write(key(basket_id), json.dumps(typed))
    except store.Unavailable as error:
        logger.warning("Could not keep what was typed: %s", error)


def read(basket_id: UUID) -> MultiValueDict[str, str]:
    """What was typed, as lists by the field's name; empty where nothing is remembered."""
    try:
        kept = _read(key(basket_id))
    except store.Unavailable as error:
        logger.warning("Could not look for what was typed: %s", error)
        kept = None
    return MultiValueDict(json.loads(kept) if kept else {})


def key(basket_id: UUID) -> str:
    """Where Redis has it."""
    return f"draft:{basket_id}"


@store.needs_redis
def _write(key: str, text: str) -> None:
    store.client().set(key, text, ex=KEPT_SECONDS)


@store.needs_redis
def _read(key: str) -> bytes | None:
    kept: bytes | None = store.client().get(key)
    return kept
