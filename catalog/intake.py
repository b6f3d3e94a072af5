"""Taking in suppliers' files: kept where nobody can fetch them, and handed to the worker.

What is in them is read by the jobs `catalog.run_import` and `catalog.undo_import`.
"""

import datetime
import hashlib
import re
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from catalog.models import ImportRun, Supplier
from catalog.onix.unpacking import LIMIT_BYTES

MOST_FILE_MEGABYTES = 512
MOST_FILE_BYTES = MOST_FILE_MEGABYTES * 1024 * 1024  # nginx lets through a little more than that
KEPT_DAYS = 30  # how long a file is kept, to be tried again or looked into
KEPT_INCOMING_SECONDS = 24 * 60 * 60  # what is left of uploads whose process was killed
LOOKED_AT = 1024  # bytes in which an XML file begins, in any encoding and after any white space
PACKED = (b"PK\x03\x04", b"\x1f\x8b")  # zip and gzip, which the import can read
UNKNOWN_PACKED = (b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf\x27\x1c", b"Rar!")


class RefusedFile(ValueError):
    """It is no file that can be imported; the message says why, and what to do."""


class NotUndoable(RuntimeError):
    """The import is not over, or was undone before."""


class NotRetried(RuntimeError):
    """The import has not failed, its file is kept no longer, or is no file to import."""


class NotDeleted(RuntimeError):
    """The import is going on, or the catalogue has something of it."""


def receive(*, supplier: Supplier, file: "File[bytes]", actor: Any) -> ImportRun:
    """Keep the file and have the worker import it; `actor` is the user who sent it, or None.

    Raises RefusedFile; nothing is written then.
    """
    _look_at(file)
    run = _kept(supplier, file, actor)
    try:
        with transaction.atomic():
            run.save()
            app.configure_task("catalog.run_import").defer(run_id=run.pk)
    except BaseException:
        run.file.delete(save=False)
        raise
    return run


def keep(*, supplier: Supplier, file: "File[bytes]") -> ImportRun:
    """Keep the file, larger than an upload may be, for whoever runs the import at once.

    Raises RefusedFile before anything is copied, when it is too large for that, too.
    """
    if file.size > LIMIT_BYTES:
        text = _("The file has %(size).1f GB; %(most).1f GB are the most. Ask for it in parts.")
        raise RefusedFile(text % {"size": file.size / 1e9, "most": LIMIT_BYTES / 1e9})
    run = _kept(supplier, file, None)
    run.save()
    return run


def _kept(supplier: Supplier, file: "File[bytes]", actor: Any) -> ImportRun:
    """A run that is not saved yet, of a file that is."""
    digest, size = hashlib.sha256(), 0
    for chunk in file.chunks():
        digest.update(chunk)
        size += len(chunk)
    name = "".join(char for char in PurePosixPath(file.name or "").name if char.isprintable())
    run = ImportRun(
        supplier=supplier,
        file_name=name[-300:] or _("unnamed"),
        file_digest=digest.hexdigest(),
        file_bytes=size,
        actor=actor,
    )
    ending = re.search(r"\.\w{1,5}\Z", name, re.ASCII)
    stored = f"{supplier.code}-{run.file_digest[:16]}{ending[0] if ending else ''}"
    run.file.save(stored, file, save=False)
    return run


def _look_at(file: "File[bytes]") -> None:
    """Refuse what no ONIX file can be, before it is read as a whole."""
    if file.size > MOST_FILE_BYTES:
        text = _(
            "The file is larger than %(n)d MB. Ask the supplier for several files, or have the"
            " shop’s administrator import it with the command import_onix."
        )
        raise RefusedFile(text % {"n": MOST_FILE_MEGABYTES})
    if not file.size:
        raise RefusedFile(_("The file is empty."))
    file.seek(0)
    beginning = file.read(LOOKED_AT)
    file.seek(0)
    if beginning.startswith(UNKNOWN_PACKED):
        raise RefusedFile(_("The file is packed. Unpack it, and upload the XML file in it."))
    if b"<" not in beginning and not beginning.startswith(PACKED):
        raise RefusedFile(_("This is no ONIX file: it does not begin as XML does."))


def request_undo(run: ImportRun, *, actor: Any) -> None:
    """Have the worker take back what the run did; `actor` is who wants it. Raises NotUndoable."""
    over = ImportRun.objects.filter(
        pk=run.pk, status__in=(ImportRun.Status.DONE, ImportRun.Status.FAILED)
    )
    with transaction.atomic():
        if not over.update(status=ImportRun.Status.UNDOING, undone_by=actor):
            raise NotUndoable(_("This import cannot be undone: it is not over, or was undone."))
        app.configure_task("catalog.undo_import").defer(run_id=run.pk)


def retry(run: ImportRun) -> None:
    """Have the worker go on where a run failed. Raises NotRetried."""
    failed = ImportRun.objects.filter(
        pk=run.pk, status=ImportRun.Status.FAILED, is_refused=False
    ).exclude(file="")
    with transaction.atomic():
        if not failed.update(
            status=ImportRun.Status.WAITING, message="", finished_at=None, seen_at=None
        ):
            raise NotRetried(
                _("Only an import that failed is tried again, while its file is kept.")
            )
        app.configure_task("catalog.run_import").defer(run_id=run.pk)


@transaction.atomic
def delete(run: ImportRun) -> None:
    """Delete a run that wrote nothing, with its file. Raises NotDeleted."""
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if not run.may_be_deleted:
        raise NotDeleted(
            _(
                "This import stays: it is going on, or says where something in the catalogue is"
                " from."
            )
        )
    file = run.file
    run.delete()
    if file:
        transaction.on_commit(lambda: file.delete(save=False))


def incoming() -> Path:
    """The folder for what is being uploaded: on disk, as memory is too dear for such files."""
    folder = Path(settings.MEDIA_ROOT) / "private" / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def delete_old_files(*, at: datetime.datetime) -> int:
    """Delete the files of imports that ended long before `at`; how many. Their records stay."""
    old = ImportRun.objects.filter(
        created_at__lt=at - datetime.timedelta(days=KEPT_DAYS),
        status__in=(ImportRun.Status.DONE, ImportRun.Status.FAILED, ImportRun.Status.UNDONE),
    ).exclude(file="")
    deleted = 0
    for run in old.iterator():
        run.file.delete(save=False)  # one that is gone already is no error
        deleted += ImportRun.objects.filter(pk=run.pk).update(file="")
    _clear_incoming(at)
    return deleted


def _clear_incoming(at: datetime.datetime) -> None:
    for path in incoming().iterdir():
        try:
            if path.stat().st_mtime < at.timestamp() - KEPT_INCOMING_SECONDS:
                path.unlink()
        except FileNotFoundError:
            continue  # its upload has just come to its end
