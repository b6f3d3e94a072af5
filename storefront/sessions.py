"""Visitors' sessions: in Django's table, or in their own key where that can say it all.

A session that says no more than which basket is a guest's has no row: its key says so itself, and
since when, with a signature (docs/decisions/0025-guests-without-rows.md). It gets another key when
more is to be known, so whoever saves one must give the browser its key; SessionMiddleware does.
Other sessions are kept as Django keeps them, by fewer and plain statements.
"""

import functools
import secrets
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError, UpdateError
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from catalog import prepared

GUEST_BASKET = "basket"  # in a session: the id of the guest's basket
BASKET_LETTERS, DAY_LETTERS, SIGNATURE_LETTERS = 32, 4, 28  # of a key that says all; hexadecimal
SAID_LETTERS = BASKET_LETTERS + DAY_LETTERS
DAY = 24 * 3600  # seconds
KEY_BYTES = 20  # at random, and twice as many letters: as long as the column
SHORTEST_KEY = 8  # as Django has it
KEY_CHARS = frozenset(VALID_KEY_CHARS)
READ = """
SELECT session_data FROM django_session WHERE session_key = %(key)s AND expire_date > %(now)s
"""
CREATE = """
INSERT INTO django_session (session_data, expire_date, session_key)
VALUES (%(data)s, %(until)s, %(key)s) ON CONFLICT (session_key) DO NOTHING RETURNING session_key
"""
UPDATE = """
UPDATE django_session SET session_data = %(data)s, expire_date = %(until)s
WHERE session_key = %(key)s RETURNING session_key
"""


def has_row(key: str | None) -> bool:
    """Whether the session with this key is one of the table; a key that says all is longer."""
    return key is not None and len(key) != SAID_LETTERS + SIGNATURE_LETTERS


class SessionStore(db.SessionStore):
    """The session of one request."""

    _written: tuple[str, bytes] | None = None
    """The key and what this request has written under it."""

    def load(self) -> dict[str, Any]:
        """What the session says, of which nothing was asked in this request yet."""
        if has_row(self.session_key):
            return super().load()
        basket = _named_by(self.session_key or "")
        if basket is None:
            self._session_key = None  # as with a row that is not there
            return {}
        return {GUEST_BASKET: str(basket)}

    async def aload(self) -> dict[str, Any]:
        """What the session says, as `load` gives it, for asynchronous code."""
        return await sync_to_async(self.load)()

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        told = {"key": self.session_key, "now": timezone.now()}
        for (data,) in prepared.rows(READ, told):
            return self.model(session_key=self.session_key or "", session_data=data)
        self._session_key = None  # as Django does: it begins anew
        return None

    def _validate_session_key(self, key: str | None) -> bool:
        """Whether a session can have the key; PostgreSQL would refuse to look for some others."""
        return key is not None and len(key) >= SHORTEST_KEY and KEY_CHARS.issuperset(key)

    def _get_new_session_key(self) -> str:
        return secrets.token_hex(KEY_BYTES)  # a row refuses one that is taken

    def save(self, must_create: bool = False) -> None:
        """Write what is not written yet; see Django's own. The session may have another key then:
        if it had no row, or still needs none.
        """
        if not (must_create or has_row(self.session_key)):
            self._session_key = _key_naming(self._get_session())  # type: ignore[attr-defined]
            if self._session_key is None:
                self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # Django's own
        key = self.session_key or ""
        written = (key, self.serializer().dumps(data))
        if written == self._written and not must_create:
            return
        told = {"data": self.encode(data), "until": self.get_expiry_date(), "key": self.session_key}
        if not prepared.rows(CREATE if must_create else UPDATE, told):
            raise CreateError if must_create else UpdateError
        self._written = written

    async def asave(self, must_create: bool = False) -> None:
        """Write the session as `save` does, for asynchronous code."""
        await sync_to_async(self.save)(must_create)

    def delete(self, session_key: str | None = None) -> None:
        """Delete the row, if there can be one."""
        if has_row(session_key or self.session_key):
            super().delete(session_key)


def _key_naming(data: Mapping[str, Any]) -> str | None:
    """The key of a session without a row; None: there is more to it than a basket."""
    if data.keys() != {GUEST_BASKET}:
        return None
    said = UUID(data[GUEST_BASKET]).hex + f"{_today():0{DAY_LETTERS}x}"
    return said + _signature(said, settings.SECRET_KEY)


def _named_by(key: str) -> UUID | None:
    """The basket that such a key names; None: the key is none of ours, or too old."""
    said, signature = key[:SAID_LETTERS], key[SAID_LETTERS:]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if constant_time_compare(signature, _signature(said, secret)):
            age = _today() - int(said[BASKET_LETTERS:], 16)
            is_over = age * DAY > settings.SESSION_COOKIE_AGE
            return None if is_over else UUID(said[:BASKET_LETTERS])
    return None


def _today() -> int:
    """Days since 1970, by UTC."""
    return int(time.time()) // DAY


@functools.lru_cache(maxsize=1_024)  # asked for again in the same request, and in the next one
def _signature(said: str, secret: str) -> str:
    signed = salted_hmac("storefront.sessions", said, secret, algorithm="sha256")
    return signed.hexdigest()[:SIGNATURE_LETTERS]
