"""Takes a backup: everything that counts, at one moment, while the shop goes on."""

import contextlib
import datetime
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from bookstore.backups import pg_tools
from bookstore.backups.manifest import DATABASE, MEDIA, Content, Manifest
from catalog.models.supplier import IMPORTS_FOLDER

LOCK = 7_305_001_418  # any number, the same for all who take backups

LEFT_OUT = (IMPORTS_FOLDER, "private/incoming")
"""Suppliers' files: large, kept for weeks, sent again if asked. The rows have what they said."""

Say = Callable[[str], object]


def take(folder: Path, *, at: datetime.datetime, say: Say) -> Manifest:
    """Fill `folder`, and prove that what stands in it can be read.

    Raises ToolFailed, and OSError when the disk is full.
    """
    with _one_moment() as snapshot:
        rows = count_rows()
        applied = MigrationRecorder(connection).applied_migrations()
        dump(folder / DATABASE, snapshot=snapshot, say=say)
    names = [DATABASE]
    if not settings.AWS_STORAGE_BUCKET_NAME:
        # After the rows that name them: a file is written before its row and removed after it.
        pack_media(folder / MEDIA)
        names.append(MEDIA)
    say("Reading it again …")
    list_content(folder / DATABASE)
    manifest = Manifest(
        made_at=at.isoformat(),
        release=settings.RELEASE,
        postgresql=pg_tools.server_version(),
        migrations=sorted(".".join(key) for key in applied),
        rows=rows,
        files={name: Content.of(folder / name) for name in names},
    )
    manifest.write(folder)
    return manifest


def is_alone() -> bool:
    """Whether nobody else takes a backup; until the connection closes, nobody else is alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


@contextlib.contextmanager
def _one_moment() -> Iterator[str]:
    """Hold a moment of the database that other connections can look at by its name."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # It waits for pg_dump longer than a forgotten transaction may.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def tables() -> list[str]:
    """Every table of the shop, its libraries' too; not those that belong to an extension."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class c WHERE relkind IN ('r', 'p')"
            " AND relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_depend"
            " WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')"
            " ORDER BY relname"
        )
        return [name for (name,) in cursor.fetchall()]


def count_rows() -> dict[str, int]:
    """How many rows each table has."""
    count = sql.SQL("SELECT count(*) FROM public.{}")
    rows = {}
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(count.format(sql.Identifier(table)))
            rows[table] = cursor.fetchone()[0]
    return rows


def dump(file: Path, *, snapshot: str, say: Say) -> None:
    """Write what the snapshot shows; without owners and rights, which are another server's."""
    command = [
        pg_tools.find("pg_dump"), "--format=custom", "--no-owner", "--no-privileges",
        "--no-comments", f"--snapshot={snapshot}", f"--file={file}",
    ]  # fmt: skip
    say("Dumping the database …")
    pg_tools.run(command, progress=lambda: say(f"… {file.stat().st_size / 1e6:.0f} MB so far"))


def list_content(file: Path) -> None:
    """Raises ToolFailed when pg_restore cannot make out what is in it."""
    pg_tools.run([pg_tools.find("pg_restore"), "--list", str(file)])


def pack_media(file: Path) -> None:
    """All uploaded files, by the names that the shop knows them by; none of LEFT_OUT."""
    root = Path(settings.MEDIA_ROOT)
    left_out = [root / folder for folder in LEFT_OUT]
    with tarfile.open(file, "w") as tar:
        for path in sorted(root.rglob("*")):
            if any(path.is_relative_to(folder) for folder in left_out):
                continue
            # One that was removed since is named by no row any more.
            with contextlib.suppress(FileNotFoundError):
                if path.is_file():
                    tar.add(path, arcname=str(path.relative_to(root)))
