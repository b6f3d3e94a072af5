"""Covers: what staff and feeds want of them, and making what is wanted.

An edition shows its picture once all of its sizes are in the storage, under names that say what is
in them (`Cover.url`), so that they never change; until then, and without one, its cover is drawn.
"""

import datetime
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from catalog.models import Cover, Edition
from catalog.models.cover import FOLDER, WAITING_FOLDER, file_name
from catalog.pictures import making
from catalog.pictures.making import BadPicture, Sizes

KEPT_UNUSED = datetime.timedelta(days=2)
"""How long a file that no cover shows is kept: pages that show it are still about."""
SHELVES = [f"{number:02x}" for number in range(256)]  # the folders below FOLDER, by digest
LOCKS = 7_305_002  # any number; with a shelf's it is the same for all who use that shelf
CLAIM = datetime.timedelta(minutes=10)
"""After which a cover whose worker was killed has its turn again."""


def want(edition_ids: Collection[int], *, at: datetime.datetime) -> None:
    """Bring the covers of these editions in line with their `cover_url`, for importers.

    Two statements for any number of editions and no job: the worker finds them within seconds.
    Call it inside the transaction that wrote the addresses.
    """
    Cover.objects.all().want(edition_ids, at=at)


def _cover_of(edition: Edition, at: datetime.datetime) -> Cover:
    """The edition's row, locked; where there was none, one that says that nothing is wanted."""
    nothing = Cover(
        edition=edition, source=Cover.Source.DRAWN, state=Cover.State.READY, updated_at=at
    )
    Cover.objects.bulk_create([nothing], ignore_conflicts=True)  # two may come at once
    cover = Cover.objects.select_for_update().get(edition=edition)
    cover.edition = edition
    return cover


@transaction.atomic
def upload(edition: Edition, file: IO[bytes], *, at: datetime.datetime) -> Cover:
    """Take staff's picture, of which the worker makes sizes at once.

    Raises BadPicture for what is no picture at all, with nothing written.
    """
    content: File[bytes] = File(file)
    making.check(content.read(16), size=content.size)
    content.seek(0)
    name = default_storage.save(f"{WAITING_FOLDER}/{secrets.token_hex(16)}", content)
    cover = _cover_of(edition, at)
    cover.want_upload(name, at=at, next_try_at=at + CLAIM)  # should the job be lost
    app.configure_task("catalog.make_cover").defer(cover_id=cover.pk)
    return cover


@transaction.atomic
def draw(edition: Edition, *, at: datetime.datetime) -> None:
    """Show the drawn cover, whatever feeds bring."""
    _cover_of(edition, at).draw(at=at)


@transaction.atomic
def use_published(edition: Edition, *, at: datetime.datetime) -> None:
    """Fetch the publisher's picture, and follow the feeds again."""
    _cover_of(edition, at).want_published(at=at)


@transaction.atomic
def retry(cover_ids: Collection[int], *, at: datetime.datetime) -> int:
    """Fetch these once more, as if for the first time; how many those were.

    What staff has uploaded and was refused cannot become better by itself.
    """
    again = Cover.objects.filter(pk__in=cover_ids, source=Cover.Source.FETCHED)
    return again.exclude(state=Cover.State.READY).update(
        state=Cover.State.WAITING, reason="", tries=0, next_try_at=at, updated_at=at
    )


def make_uploaded(cover_id: int, *, at: datetime.datetime) -> None:
    """Make the sizes of what staff has uploaded, unless that was done or is wanted no more."""
    wanted = {"source": Cover.Source.UPLOADED, "state": Cover.State.WAITING}
    cover = Cover.objects.filter(pk=cover_id, **wanted).first()
    if cover is None:
        return
    try:
        with default_storage.open(cover.upload) as file:
            content = file.read(making.LARGEST_FILE + 1)
        with making.made(content) as sizes:
            show(cover, sizes, at=at)
    except FileNotFoundError:
        refuse(cover, _("The file that was uploaded is gone. Please upload it again."), at=at)
    except BadPicture as problem:
        refuse(cover, str(problem), at=at)
    default_storage.delete(cover.upload)


@transaction.atomic
def show(cover: Cover, sizes: Sizes, *, at: datetime.datetime, **validators: str) -> bool:
    """Store all sizes, then have the cover show them; False if it is wanted otherwise by now."""
    _hold_shelf(sizes.digest)
    for size, path in sizes.files.items():
        _put(file_name(sizes.digest, size), path)
    current = _still_wanted(cover)
    if current is None:
        return False
    current.show(
        digest=sizes.digest, width=sizes.width, height=sizes.height, color=sizes.color,
        at=at, **validators,
    )  # fmt: skip
    return True


@transaction.atomic
def refuse(cover: Cover, reason: str, *, at: datetime.datetime) -> None:
    """Give up, and say why, unless it is wanted otherwise by now."""
    current = _still_wanted(cover)
    if current is not None:
        current.refuse(reason, at=at)


@transaction.atomic
def keep(cover: Cover, *, at: datetime.datetime) -> None:
    """The publisher's picture is the one that is shown."""
    current = _still_wanted(cover)
    if current is not None:
        current.keep(at=at)


@transaction.atomic
def put_off(cover: Cover, reason: str, *, until: datetime.datetime) -> None:
    """Ask again then."""
    current = _still_wanted(cover)
    if current is not None:
        current.try_again(reason, at=until)


def _still_wanted(cover: Cover) -> Cover | None:
    """The row as it is now, locked, if it waits for the very picture that `cover` waited for."""
    same: dict[str, Any] = {
        name: getattr(cover, name) for name in ("source", "upload", "fetched_from")
    }
    rows = Cover.objects.select_for_update(of=("self",)).select_related("edition")
    return rows.filter(pk=cover.pk, state=Cover.State.WAITING, **same).first()


def _put(name: str, path: Path) -> None:
    """Store the file under this very name, unless it stands there; one that is cut off does not."""
    if default_storage.exists(name):
        if default_storage.size(name) == path.stat().st_size:
            return
        default_storage.delete(name)
    with path.open("rb") as opened:
        stored = default_storage.save(name, File(opened))
    if stored != name:  # another worker was faster
        default_storage.delete(stored)


def _hold_shelf(digest: str) -> None:
    """Until the transaction ends, have nothing swept off the shelf that this digest stands on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(%s, %s)", [LOCKS, SHELVES.index(digest[:2])]
        )


def sweep(shelves: Collection[str], *, at: datetime.datetime) -> int:
    """Delete what stands on these shelves and no cover shows any more; how many files."""
    swept = sum(_sweep_shelf(shelf, at=at) for shelf in shelves)
    waiting = set(Cover.objects.exclude(upload="").values_list("upload", flat=True))
    names = [f"{WAITING_FOLDER}/{name}" for name in _listed(WAITING_FOLDER)]
    return swept + _delete_old([name for name in names if name not in waiting], at=at)


@transaction.atomic
def _sweep_shelf(shelf: str, *, at: datetime.datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCKS, SHELVES.index(shelf)])
        if not cursor.fetchone()[0]:
            return 0  # tomorrow
    names = _listed(f"{FOLDER}/{shelf}")
    digests = {name.partition("-")[0] for name in names}
    shown = set(Cover.objects.filter(digest__in=digests).values_list("digest", flat=True))
    unused = [name for name in names if name.partition("-")[0] not in shown]
    return _delete_old([f"{FOLDER}/{shelf}/{name}" for name in unused], at=at)


def _listed(folder: str) -> list[str]:
    try:
        return sorted(default_storage.listdir(folder)[1])
    except FileNotFoundError:
        return []


def _delete_old(names: list[str], *, at: datetime.datetime) -> int:
    deleted = 0
    for name in names:
        if default_storage.get_modified_time(name) < at - KEPT_UNUSED:
            default_storage.delete(name)
            deleted += 1
    return deleted
