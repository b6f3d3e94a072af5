"""Reads a run's file ahead of what is written, in batches; large files in a second process.

The reader asks which of the records that it has cut are known, and reads the others while the batch
before them is written.
"""

import contextlib
import datetime
import hashlib
import multiprocessing
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO, Protocol, cast

from django.conf import settings
from django.utils import translation

from catalog.feeds import items, second_process, terms
from catalog.feeds.items import Answer, Batch, Mark
from catalog.feeds.terms import Terms
from catalog.models import ImportRun, Subject, SupplierRecord
from catalog.onix.reading import Defaults

BATCH = 1_000  # records
SECOND_PROCESS_FROM = 8 * 2**20  # bytes of the file; a process takes a while to start
GRACE_SECONDS = 5
READING = "1"
"""Raise it when the same record comes to mean something else to us."""


class ReaderFailed(Exception):
    """The second process ended; the message says how."""


class Reader(Protocol):
    """Gives answers, and is sent marks: a connection to the second process, or `_Here`."""

    def recv(self) -> Any:
        """The next answer."""

    def send(self, marks: Any, /) -> None:
        """What is known of the products that the answer named."""


def batches(
    run: ImportRun, *, after: int, today: datetime.date, size: int | None = None
) -> Iterator[Batch]:
    """The records of the run's file behind the first `after`. Raises NotOnix and OSError."""
    is_large = run.file_bytes >= SECOND_PROCESS_FROM
    read = _second_process if is_large else _this_process
    with read(run, terms.of(run.supplier, today=today), after, size or BATCH) as reader:
        key = ""
        while True:
            answer: Answer = reader.recv()
            key = key or _key(run, answer.defaults)
            if answer.digests:
                reader.send(_marks(run, key, answer.digests))
            if answer.batch is not None:
                yield answer.batch
            if answer.failure is not None:
                raise answer.failure
            if not answer.digests:
                return


def _key(run: ImportRun, defaults: Defaults) -> str:
    """All beside the record itself that its meaning depends on."""
    codes = Subject.objects.filter(scheme=Subject.Scheme.THEMA).order_by("code")
    told = (
        *(READING, settings.SHOP_CURRENCY, settings.LANGUAGE_CODE, run.supplier.reads_as()),
        *(repr(defaults), *codes.values_list("code", flat=True)),
    )
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _marks(run: ImportRun, key: str, digests: list[str]) -> list[Mark]:
    whole = [hashlib.sha256(f"{key}{digest}".encode()).hexdigest() for digest in digests]
    records = SupplierRecord.objects.filter(supplier=run.supplier_id, digest__among=whole)
    known = dict(records.values_list("digest", "edition_id"))
    return [Mark(digest, known.get(digest)) for digest in whole]


class _Here:
    """A small file's reader, in this process."""

    def __init__(self, file: BinaryIO, by: Terms, *, after: int, size: int) -> None:
        self._answers = items.answers(file, by, after=after, size=size)
        self._marks: list[Mark] | None = None

    def recv(self) -> Answer:
        return self._answers.send(self._marks)

    def send(self, marks: list[Mark], /) -> None:
        self._marks = marks


@contextlib.contextmanager
def _this_process(run: ImportRun, by: Terms, after: int, size: int) -> Iterator[Reader]:
    with run.file.open("rb") as file:
        yield _Here(cast(BinaryIO, file), by, after=after, size=size)


@contextlib.contextmanager
def _second_process(run: ImportRun, by: Terms, after: int, size: int) -> Iterator[Reader]:
    """What another process reads while this one writes; at most one batch waits."""
    second_process.make_light()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with _on_disk(run) as path:
        told = (theirs, path, by, after, size, translation.get_language())
        process = context.Process(target=second_process.serve, args=told, daemon=True)
        process.start()
        theirs.close()
        try:
            yield ours
        except second_process.GONE:
            process.join(GRACE_SECONDS)
            raise ReaderFailed(f"The reading process ended with {process.exitcode}.") from None
        finally:
            ours.close()
            process.terminate()
            process.join()


@contextlib.contextmanager
def _on_disk(run: ImportRun) -> Iterator[str]:
    """Where the run's file lies on a disk of this machine; one in a bucket is fetched."""
    try:
        path = run.file.path
    except NotImplementedError:  # so says a storage without a disk
        with tempfile.NamedTemporaryFile() as copy, run.file.open("rb") as file:
            shutil.copyfileobj(file, copy)
            copy.flush()
            yield copy.name
    else:
        yield path
