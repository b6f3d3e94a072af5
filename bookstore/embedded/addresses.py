"""Where the embedded engines listen: Unix sockets that follow from the data folder alone."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

DATABASE = OWNER = "bookstore"
READER = "bookstore_reader"
SUPERUSER = "postgres"  # of the embedded PostgreSQL; the shop's own login is none, as in production
POSTGRESQL_SOCKET = ".s.PGSQL.5432"
REDIS_SOCKET = "redis.sock"
LONGEST_DIRECTORY = 107 - len("/" + POSTGRESQL_SOCKET)  # what a Unix socket's address leaves


@dataclass(frozen=True)
class Engines:
    """Where the engines of one data folder listen; says nothing about whether they run."""

    data_dir: Path

    @property
    def run_dir(self) -> Path:
        """The private directory of the sockets."""
        inside = self.data_dir / "run"
        if len(os.fsencode(inside)) <= LONGEST_DIRECTORY:
            return inside
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:12]
        return Path("/tmp") / f"bookstore-{os.geteuid()}-{digest}"  # noqa: S108 - made private by owned()

    @property
    def database_url(self) -> str:
        """PostgreSQL for the owner."""
        return self.postgresql_url(OWNER)

    @property
    def reader_url(self) -> str:
        """PostgreSQL for the login that may only read the catalogue."""
        return self.postgresql_url(READER)

    @property
    def redis_url(self) -> str:
        """Redis, its first database."""
        return f"unix://{quote(str(self.run_dir / REDIS_SOCKET))}?db=0"

    def postgresql_url(self, user: str, database: str = DATABASE) -> str:
        """PostgreSQL for `user`, as an address that libpq understands too."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.run_dir))}"
