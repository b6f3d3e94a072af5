"""A second database beside the tests' own, for what is restored."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import override_settings
from psycopg import sql

from bookstore.tests.shell import run
from tests.patience import eventually


def url_of(database: str, url: str) -> str:
    """The address, with this database instead."""
    return str(urlsplit(url)._replace(path=f"/{database}").geturl())


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Database:
    """A database that belongs to one test."""

    url: str
    reader_url: str

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What the owner sees."""
        with psycopg.connect(self.url) as owner:
            return owner.execute(query, parameters).fetchall()

    def call(self, *arguments: str, beside: int = 0) -> "Outcome":
        """Run a command on it in this process, by Django's own connection: that is quick.

        So many others are connected; who has just left is one of them until PostgreSQL notices.
        """
        eventually(lambda: self._connections() == beside)
        said, error = StringIO(), ""
        with self._connected(), override_settings(DATABASE_READER_URL=self.reader_url):
            try:
                call_command(*arguments, stdout=said)
            except CommandError as refusal:
                error = str(refusal)
        return Outcome(int(bool(error)), said.getvalue(), error)

    def _connections(self) -> int:
        with psycopg.connect(url_of("postgres", self.url)) as owner:
            found = owner.execute(
                "SELECT FROM pg_stat_activity WHERE datname = %s AND usename = current_user",
                [self._name],
            )
            return found.rowcount

    @property
    def _name(self) -> str:
        return urlsplit(self.url).path.lstrip("/")

    @contextmanager
    def _connected(self) -> Iterator[None]:
        known = connection.settings_dict
        own = known["NAME"]
        connection.close()
        known["NAME"] = self._name
        try:
            yield
        finally:
            connection.close()
            known["NAME"] = own

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py on it, in a process of its own as people do."""
        environment = {
            "DATABASE_URL": self.url,
            "DATABASE_READER_URL": self.reader_url,
            "REDIS_URL": settings.REDIS_URL,
            "SECRET_KEY": settings.SECRET_KEY,
            "BOOKSTORE_DATA_DIR": str(settings.DATA_DIR),
        }
        return run("manage.py", *arguments, environment=environment)


@contextmanager
def second_database() -> Iterator[Database]:
    """An empty database of the owner's; gone after the block."""
    name = f"{connection.settings_dict['NAME']}_restored"
    owner_url = os.environ["DATABASE_URL"]
    with psycopg.connect(url_of("postgres", owner_url), autocommit=True) as owner:
        drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
        owner.execute(drop)
        owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield Database(url_of(name, owner_url), url_of(name, settings.DATABASE_READER_URL))
        finally:
            owner.execute(drop)


def only_backup(folder: Path) -> Path:
    """The one backup in a folder."""
    (found,) = folder.iterdir()
    return found
