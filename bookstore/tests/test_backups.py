"""Backups: whole or not there at all, and no damaged one touches anything."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tarfile
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, connections
from pytest_django import Settings

from bookstore.backups import pg_tools, places, restoring, taking
from bookstore.backups.manifest import DATABASE, MANIFEST, MEDIA, Content, Damaged, Manifest
from bookstore.tests.backups import only_backup
from bookstore.tests.shell import CHECKOUT, NOTHING
from caching.answers import EVERYTHING
from catalog.models import Work
from catalog.tests.factories import EditionFactory

RESTORE = ("--as-copy", "--replace", "--no-input")
WITH_LITTLE_DISK = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
# What it compiles meanwhile would be cut off, too, and break whoever reads it next: -B.
os.execv(sys.executable, [sys.executable, "-B", "manage.py", *sys.argv[1:]])
"""


@pytest.fixture(autouse=True)
def media_root(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def kept(transactional_db: None, tmp_path: Path) -> Path:
    """A folder with one backup of a shop with one book."""
    EditionFactory.create()
    default_storage.save("covers/emma.jpg", ContentFile(b"a picture"))
    folder = tmp_path / "kept"
    call_command("backup", str(folder), stdout=StringIO())
    return folder


# --- Taking -------------------------------------------------------------------------------------


def test_a_backup_says_what_is_in_it(kept: Path) -> None:
    backup = only_backup(kept)
    assert places.NAME.fullmatch(backup.name)
    assert backup.stat().st_mode & 0o077 == 0
    assert {path.name for path in backup.iterdir()} == {DATABASE, MEDIA, MANIFEST}
    manifest = Manifest.read(backup)
    assert manifest.rows["catalog_work"] == Work.objects.count() == 1
    assert set(manifest.rows) == set(taking.tables())
    assert "catalog.0001_initial" in manifest.migrations
    assert manifest.files[DATABASE] == Content.of(backup / DATABASE)
    manifest.check(backup)


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    name = str(connection.settings_dict["NAME"])
    environment = {
        **NOTHING,
        "DATABASE_URL": os.environ["DATABASE_URL"].replace("/bookstore?", f"/{name}?"),
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "BOOKSTORE_DATA_DIR": str(tmp_path / "data"),
    }
    outcome = subprocess.run(
        [sys.executable, "-c", WITH_LITTLE_DISK, "backup", str(tmp_path / "kept")],
        env=environment, cwd=CHECKOUT, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert outcome.returncode == 1
    assert "The backup failed, nothing is kept of it" in outcome.stderr
    assert list((tmp_path / "kept").iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_a_dump_may_take_longer_than_a_forgotten_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = pg_tools.run

    def slowly(command: list[str], **options: Any) -> None:
        time.sleep(1)
        run(command, **options)

    monkeypatch.setattr(pg_tools, "run", slowly)
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '300ms'")
    try:
        call_command("backup", str(tmp_path), stdout=StringIO())
    finally:
        connection.close()
    assert only_backup(tmp_path).is_dir()


def test_of_several_instances_one_takes_the_nightly_backup(kept: Path) -> None:
    nightly = ("backup", str(kept), "--unless-within", "20")
    said = StringIO()
    call_command(*nightly, stdout=said)
    assert said.getvalue() == f"{only_backup(kept).name} is new enough.\n"

    long_ago = "bookstore-20200101T000000Z"
    only_backup(kept).rename(kept / long_ago)
    connection.close()  # as the process ends
    elsewhere = connection.copy()
    try:
        with elsewhere.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [taking.LOCK])
        said = StringIO()
        call_command(*nightly, stdout=said)
        assert said.getvalue() == "Somebody else takes one now.\n"
        with elsewhere.cursor() as cursor:  # at once; PostgreSQL may notice an end later
            cursor.execute("SELECT pg_advisory_unlock(%s)", [taking.LOCK])
    finally:
        elsewhere.close()
    connection.close()
    call_command(*nightly, stdout=StringIO())
    connection.close()
    assert len(list(kept.iterdir())) == 2


@pytest.mark.django_db(transaction=True)
def test_without_a_program_that_suits_the_server_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    needed = f"pg_dump for PostgreSQL {pg_tools.server_version()} is needed: "
    with pytest.raises(CommandError, match=f"{needed}{re.escape(str(old))} is of version 9."):
        call_command("backup", str(tmp_path / "kept"), stdout=StringIO())
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CommandError, match=f"{needed}there is none on the PATH"):
        call_command("backup", str(tmp_path / "kept"), stdout=StringIO())
    assert list((tmp_path / "kept").iterdir()) == []


@pytest.mark.django_db
def test_the_password_goes_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "dbname": "shop", "user": "owner", "password": "s3cret", "host": "db", "port": "5433",
        "sslmode": "verify-full", "sslrootcert": "/ca.pem", "options": "-c a=b",
    }  # fmt: skip
    monkeypatch.setattr(connections["default"], "get_connection_params", lambda: given)
    passed = pg_tools.environment()
    assert {name: value for name, value in passed.items() if name.startswith("PG")} == {
        "PGDATABASE": "shop", "PGUSER": "owner", "PGPASSWORD": "s3cret", "PGHOST": "db",
        "PGPORT": "5433", "PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/ca.pem",
    }  # fmt: skip


# --- Keeping ------------------------------------------------------------------------------------


def write_two(folder: Path) -> None:
    for name in (DATABASE, MANIFEST):
        (folder / name).write_text(name)


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    place = places.place_of(str(tmp_path))
    (tmp_path / "somebody-elses").mkdir()
    days = [f"bookstore-202601{day:02}T030000Z" for day in range(1, 5)]
    for day in reversed(days):
        place.put(day, write_two)
    assert place.names() == days
    assert place.keep(3) == days[:1]
    assert place.keep(3) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [*days[1:], "somebody-elses"]


def test_what_fails_or_was_abandoned_is_swept_away(tmp_path: Path) -> None:
    place = places.place_of(str(tmp_path))

    def fail(folder: Path) -> None:
        write_two(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        place.put("bookstore-20260101T030000Z", fail)
    assert list(tmp_path.iterdir()) == []
    killed, running = (tmp_path / f".{name}{places.UNFINISHED}" for name in ("killed", "running"))
    for each in (killed, running):
        each.mkdir()
    os.utime(killed, (0, 0))
    place.put("bookstore-20260101T030000Z", write_two)
    assert not killed.exists()
    assert running.exists()
    assert place.names() == ["bookstore-20260101T030000Z"]


@pytest.mark.parametrize("number", ["0", "-1", "all"])
def test_at_least_one_is_kept(tmp_path: Path, number: str) -> None:
    with pytest.raises(CommandError, match="must be 1 or more"):
        call_command("backup", str(tmp_path), f"--keep={number}")


# --- Restoring ----------------------------------------------------------------------------------


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


def turn_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [cut, turn_a_bit, Path.unlink])
@pytest.mark.parametrize("name", [DATABASE, MEDIA])
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    kept: Path, name: str, damage: object
) -> None:
    damage(only_backup(kept) / name)  # type: ignore[operator]
    before = taking.count_rows()
    with pytest.raises(CommandError, match=rf"^Nothing was restored\. {re.escape(name)} "):
        call_command("restore", str(kept), *RESTORE, stdout=StringIO())
    assert taking.count_rows() == before


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}', '{"format": 2}'])
def test_a_damaged_manifest_is_refused(kept: Path, text: str) -> None:
    (only_backup(kept) / MANIFEST).write_text(text)
    with pytest.raises(CommandError, match=r"^Nothing was restored\. .*(cannot be read|newer)"):
        call_command("restore", str(kept), *RESTORE, stdout=StringIO())


def change_manifest(folder: Path, **changes: object) -> None:
    path = folder / MANIFEST
    fields = json.loads(path.read_text())
    path.write_text(json.dumps({**fields, **changes}))


def test_a_dump_that_ends_early_is_refused_although_its_digest_is_right(kept: Path) -> None:
    backup = only_backup(kept)
    os.truncate(backup / DATABASE, (backup / DATABASE).stat().st_size * 3 // 4)
    files = {name: vars(Content.of(backup / name)) for name in (DATABASE, MEDIA)}
    change_manifest(backup, files=files)
    before = taking.count_rows()
    with pytest.raises(CommandError, match=r"^Nothing was restored\. "):
        call_command("restore", str(kept), *RESTORE, stdout=StringIO())
    assert taking.count_rows() == before


def test_a_backup_with_other_rows_than_it_says_is_refused(kept: Path) -> None:
    backup = only_backup(kept)
    change_manifest(backup, rows={**Manifest.read(backup).rows, "catalog_work": 2})
    before = taking.count_rows()
    with pytest.raises(CommandError, match="catalog_work had 2 rows when it was dumped, and has 1"):
        call_command("restore", str(kept), *RESTORE, stdout=StringIO())
    assert taking.count_rows() == before


def test_a_backup_of_a_newer_release_is_refused(kept: Path) -> None:
    backup = only_backup(kept)
    migrations = [*Manifest.read(backup).migrations, "catalog.9999_much_later"]
    change_manifest(backup, migrations=migrations, release="abc123")
    with pytest.raises(CommandError, match=r"newer release \(abc123\).*catalog.9999_much_later"):
        call_command("restore", str(kept), *RESTORE, stdout=StringIO())


def test_it_asks_before_it_replaces(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda question: "yes")
    with pytest.raises(CommandError, match=r"^Nothing was restored\.$"):
        call_command("restore", str(kept), "--as-copy", "--replace", stdout=StringIO())
    assert Work.objects.count() == 1


def test_it_must_be_said_whether_the_shop_goes_on_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="one of the arguments --as-original --as-moved"):
        call_command("restore", str(tmp_path))


def test_without_a_backup_there_is_nothing_to_restore(tmp_path: Path) -> None:
    with (
        pytest.raises(Damaged, match=f"There is no backup in {tmp_path}"),
        places.opened(str(tmp_path)),
    ):
        pass


def test_the_newest_is_taken_unless_one_is_named(tmp_path: Path) -> None:
    place = places.place_of(str(tmp_path))
    older, newer = "bookstore-20260101T030000Z", "bookstore-20260102T030000Z"
    for name in (older, newer):
        place.put(name, write_two)
    for address, expected in ((tmp_path, newer), (tmp_path / older, older)):
        with places.opened(str(address)) as folder:
            assert folder == tmp_path / expected


def test_suppliers_files_are_left_out(media_root: Path, tmp_path: Path) -> None:
    for name in ("covers/a.jpg", "private/imports/2026/11/a.xml", "private/incoming/b"):
        default_storage.save(name, ContentFile(b"x"))
    taking.pack_media(tmp_path / MEDIA)
    with tarfile.open(tmp_path / MEDIA) as tar:
        assert tar.getnames() == ["covers/a.jpg"]


def test_uploaded_files_come_back_and_none_is_written_over(kept: Path, media_root: Path) -> None:
    archive = only_backup(kept) / MEDIA
    assert restoring.unpack_media(archive) == 0
    (media_root / "covers" / "emma.jpg").unlink()
    assert restoring.unpack_media(archive) == 1
    with default_storage.open("covers/emma.jpg") as file:
        assert file.read() == b"a picture"


# --- Redis --------------------------------------------------------------------------------------


def test_what_does_not_add_up_leaves_no_uploaded_file(
    kept: Path, media_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default_storage.delete("covers/emma.jpg")
    monkeypatch.setattr("bookstore.audit.findings", lambda: ["stock is wrong"])
    with pytest.raises(CommandError, match="stock is wrong"):
        call_command("restore", str(kept), *RESTORE, stdout=StringIO())
    assert not (media_root / "covers" / "emma.jpg").exists()


def test_every_cached_answer_depends_on_what_a_restore_raises() -> None:
    from caching import answers

    table = [each for each in vars(answers).values() if isinstance(each, answers.Answer)]
    assert len(table) == 13
    for answer in table:
        assert set(answer.depends_on(isbn13="9780306406157")) & set(EVERYTHING), answer.name
