"""Visitors' sessions: kept as Django keeps them, in the same table, by fewer and plain statements.

A guest who puts a first book into the basket would otherwise wait for a look whether the new key is
free, for the row, and for the same row once more at the end of the request.
"""

import secrets

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError, UpdateError
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone

from catalog import prepared

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


class SessionStore(db.SessionStore):
    """The session of one request."""

    _written: tuple[str, bytes] | None = None
    """The key and what this request has written under it."""

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
        """Write what is not written yet; see Django's own."""
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # Django's own
        written = (self.session_key, self.serializer().dumps(data))
        if written == self._written and not must_create:
            return
        told = {"data": self.encode(data), "until": self.get_expiry_date(), "key": self.session_key}
        if not prepared.rows(CREATE if must_create else UPDATE, told):
            raise CreateError if must_create else UpdateError
        self._written = written
