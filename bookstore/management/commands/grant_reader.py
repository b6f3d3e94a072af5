"""Makes the login of the frontend role: it reads the catalogue's tables and nothing else.

But for what the seller says of itself to everyone, column by column.
"""

import contextlib
from typing import Any

import environ
import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction
from psycopg import sql

from catalog.models import (
    BoughtTogether,
    ExpectedRelation,
    ImportRecord,
    ImportRun,
    ListMapping,
    MatchReview,
    Provenance,
    Regrouping,
    StockMovement,
    Stocktake,
    StocktakeLine,
    Supplier,
    SupplierRecord,
    UploadedList,
)
from orders.models import Seller
from orders.models.seller import SHOWN

CONNECT_SECONDS = 5
READ_ONLY = "default_transaction_read_only=on"
INNER = (
    *(BoughtTogether, StockMovement, Stocktake, StocktakeLine),
    *(MatchReview, ExpectedRelation, Regrouping),
    *(UploadedList, ListMapping),
    *(Supplier, ImportRun, ImportRecord, Provenance, SupplierRecord),
)
"""What no public page shows: it names orders, staff, or how the shop and its suppliers work."""


class Command(BaseCommand):
    """Creates the login or gives it its new password, and sets its rights anew each time."""

    help = "Lets the login in DATABASE_READER_URL read the catalogue, and nothing else."

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant; run it after every migration."""
        if not settings.DATABASE_READER_URL:
            raise CommandError("DATABASE_READER_URL is missing: it names the login to grant to.")
        config = environ.Env.db_url_config(settings.DATABASE_READER_URL)
        reader = config["USER"]
        if reader == connection.settings_dict["USER"]:
            raise CommandError(
                f"DATABASE_READER_URL names {reader}, the owner of the tables. The reader must be"
                " another login, or it could write."
            )
        _make_login(reader, config)
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in _statements(reader):
                cursor.execute(statement)
        # Not every host lets an owner set this; without it the missing rights must do. And another
        # shop of the same server, with the same login, may be setting it at this moment.
        refusals = (ProgrammingError, IntegrityError, InternalError)
        with contextlib.suppress(*refusals), transaction.atomic():
            _make_read_only(reader)
        self.stdout.write(f"{reader} reads {len(catalogue_tables())} tables of the catalogue.")


def _make_login(reader: str, config: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [reader])
        is_there = bool(cursor.rowcount)
    if not is_there:
        # Logins belong to the whole server, so another process may be making the same one.
        with contextlib.suppress(IntegrityError):
            _execute("CREATE ROLE {} LOGIN PASSWORD {}", reader, config["PASSWORD"])
    elif not _opens(config):
        try:
            _execute("ALTER ROLE {} LOGIN PASSWORD {}", reader, config["PASSWORD"])
        except ProgrammingError as error:
            raise CommandError(
                f"The password in DATABASE_READER_URL is not {reader}'s, and cannot be made it:"
                f" {error}"
            ) from error


def _opens(config: dict[str, Any]) -> bool:
    """Whether the login can connect with the password that it is said to have."""
    address = {name: config[name.upper()] for name in ("user", "password", "host", "port")}
    given = {name: value for name, value in address.items() if value}
    options = {"connect_timeout": CONNECT_SECONDS, **config.get("OPTIONS", {})}
    try:
        psycopg.connect(dbname=config["NAME"], **{**given, **options}).close()
    except psycopg.OperationalError:
        return False
    return True


def _execute(statement: str, reader: str, password: str) -> None:
    """Say what the login's password is to be, by its digest: statements may be written to logs."""
    with transaction.atomic(), connection.cursor() as cursor:
        digest = (
            password
            and cursor.connection.pgconn.encrypt_password(
                password.encode(), reader.encode()
            ).decode()
        )
        secret = sql.Literal(digest or None)
        cursor.execute(sql.SQL(statement).format(sql.Identifier(reader), secret))


def _make_read_only(reader: str) -> None:
    statement = sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on")
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolconfig FROM pg_roles WHERE rolname = %s", [reader])
        (what_is_set,) = cursor.fetchone()
        if READ_ONLY not in (what_is_set or ()):
            cursor.execute(statement.format(sql.Identifier(reader)))


def catalogue_tables() -> list[str]:
    """The tables of the catalog app's models, but for the inner ones."""
    models = apps.get_app_config("catalog").get_models(include_auto_created=True)
    tables = {model._meta.db_table for model in models if model._meta.managed}
    inner = {model._meta.db_table for model in INNER}
    return sorted(tables - inner)


def _statements(reader: str) -> list[sql.Composed]:
    names = {
        "reader": sql.Identifier(reader),
        "database": sql.Identifier(str(connection.settings_dict["NAME"])),
        "tables": sql.SQL(", ").join(map(sql.Identifier, catalogue_tables())),
        "seller": sql.Identifier(Seller._meta.db_table),
        "shown": sql.SQL(", ").join(map(sql.Identifier, (Seller._meta.pk.name, *SHOWN))),
    }
    return [
        sql.SQL(statement).format(**names)
        for statement in (
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {reader}",
            "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {reader}",
            "REVOKE CREATE ON SCHEMA public FROM {reader}",
            "GRANT CONNECT ON DATABASE {database} TO {reader}",
            "GRANT USAGE ON SCHEMA public TO {reader}",
            "GRANT SELECT ON {tables} TO {reader}",
            "GRANT SELECT ({shown}) ON {seller} TO {reader}",
            "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
            "GRANT TEMPORARY ON DATABASE {database} TO CURRENT_USER",
        )
    ]
