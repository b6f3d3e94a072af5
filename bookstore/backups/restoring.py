"""Restores a backup: everything or nothing, and only what adds up."""

import tarfile
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from bookstore import audit, renewal
from bookstore.backups import playing, taking
from bookstore.backups.manifest import DATABASE, MEDIA, Damaged, Manifest
from bookstore.serving import preparation

LOCK_SECONDS = 30
SHOWN_FINDINGS = 5

Say = Callable[[str], object]


class Refused(Exception):
    """The backup was not restored; everything is as it was."""


class Purpose(Enum):
    """What becomes of the jobs that waited when the backup was taken."""

    ORIGINAL = "original"
    """Time has passed since: most e-mails have left, and none is to be sent twice."""
    MOVED = "moved"
    """The shop was frozen, so they still wait."""
    COPY = "copy"
    """The shop that this is a copy of does them."""


E_MAILS = "orders.send_message"


def restore(folder: Path, *, replace: bool, purpose: Purpose, say: Say) -> None:
    """Put the backup in `folder` into the empty database, or into the place of what is there.

    Raises Refused, Damaged or ToolFailed, and then has changed nothing: the database is filled,
    compared with the manifest and audited in one transaction.
    """
    say("Checking the backup …")
    manifest = Manifest.read(folder)
    manifest.check(folder)
    taking.list_content(folder / DATABASE)
    _refuse_what_is_newer(manifest)
    if replace:
        _refuse_while_others_write()
    elif taking.tables():
        raise Refused("The database is not empty. --replace puts the backup in its place.")
    with transaction.atomic():
        if replace:
            _empty()
        say("Filling the database …")
        playing.play(folder / DATABASE)
        _refuse_other_rows(manifest)
        _cancel_jobs(purpose, say)
        _prepare(say)
        say("Checking that stock and money add up …")
        _refuse_what_does_not_add_up()
        if MEDIA in manifest.files:
            _allow_idling()
            say(f"{unpack_media(folder / MEDIA)} uploaded files put back.")
        renewal.renew_after_commit()


def _refuse_what_is_newer(manifest: Manifest) -> None:
    known = {".".join(key) for key in MigrationLoader(None).disk_migrations}
    if unknown := sorted(set(manifest.migrations) - known):
        raise Refused(
            f"A newer release ({manifest.release or 'unnamed'}) made this backup, and must restore"
            f" it: {unknown[0]} is not known here."
        )


def _refuse_while_others_write() -> None:
    """Whoever is connected as the owner may write, and would be cut off in the middle."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename = current_user AND pid <> pg_backend_pid()"
        )
        others = cursor.fetchone()[0]
    if others:
        raise Refused(
            f"{others} connections of the shop are open. Stop the roles that write and the worker"
            " first."
        )


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")


def _refuse_other_rows(manifest: Manifest) -> None:
    rows = taking.count_rows()
    for table in sorted({*rows, *manifest.rows}):
        wanted, found = manifest.rows.get(table), rows.get(table)
        if wanted != found:
            raise Damaged(f"{table} had {wanted} rows when it was dumped, and has {found} now.")


def _cancel_jobs(purpose: Purpose, say: Say) -> None:
    if purpose is Purpose.MOVED:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = CASE status WHEN 'todo' THEN"
            " 'cancelled'::procrastinate_job_status ELSE 'aborted'::procrastinate_job_status END"
            " WHERE status IN ('todo', 'doing', 'aborting') AND task_name LIKE %s",
            [E_MAILS if purpose is Purpose.ORIGINAL else "%"],
        )
        if cursor.rowcount:
            say(f"{cursor.rowcount} jobs that waited were canceled; the admin lists them.")


def _allow_idling() -> None:
    """Files take their time, in which the transaction must not count as forgotten."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


def _prepare(say: Say) -> None:
    """Bring an older backup up to the code, and give the frontend's login its rights again."""
    with connection.cursor() as cursor:
        for table in taking.tables():  # the planner knows nothing of what was just filled
            cursor.execute(sql.SQL("ANALYZE public.{}").format(sql.Identifier(table)))
    if preparation.has_migrations_to_run():
        say("Bringing the tables up to the code …")
        preparation.migrate()
    if settings.DATABASE_READER_URL:
        preparation.grant_reader()


def _refuse_what_does_not_add_up() -> None:
    findings = list(audit.findings())
    if findings:
        shown = "\n".join(findings[:SHOWN_FINDINGS])
        raise Refused(f"The audit finds {len(findings)} things in this backup:\n{shown}")


def unpack_media(file: Path) -> int:
    """Store the files that are not there yet, on disk or in S3 alike; how many those were."""
    put_back = 0
    with tarfile.open(file) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content and not default_storage.exists(member.name):
                default_storage.save(member.name, File(content))
                put_back += 1
    return put_back
