"""What a shop does before its own stores end with it, of which Redis keeps nothing."""

import contextlib

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from caching import store
from catalog import unanswered


def write_down() -> None:
    """Carry into PostgreSQL what jobs would carry within minutes, unless a store is away."""
    with contextlib.suppress(store.Unavailable, DatabaseError, InterfaceError):
        unanswered.carry(at=timezone.now())
