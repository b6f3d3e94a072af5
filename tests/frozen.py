"""A shop in which nobody may write, as while its database moves (`manage.py freeze`)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def frozen() -> Iterator[None]:
    """This process's connection, as if it had begun while all is frozen."""
    characteristics = "SET SESSION CHARACTERISTICS AS TRANSACTION READ"
    with connection.cursor() as cursor:
        cursor.execute(f"{characteristics} ONLY")
        try:
            yield
        finally:
            cursor.execute(f"{characteristics} WRITE")
