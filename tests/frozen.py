"""A shop in which nobody may write, as while its database moves (`manage.py freeze`)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def frozen() -> Iterator[None]:
    """Whoever connects in the block may only read."""
    name = connection.ops.quote_name(str(connection.settings_dict["NAME"]))
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    connection.close()
    try:
        yield
    finally:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
            cursor.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        connection.close()
