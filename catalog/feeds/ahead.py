"""Reads a run's file ahead of what is written, in batches; large files in a second process.

A record whose digest the supplier's latest one had is not read again. It is passed on as it stands
in the file, because only the writer knows whether that still holds.
"""

import contextlib
import copyreg
import hashlib
import multiprocessing
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from multiprocessing.connection import Connection
from typing import Any, BinaryIO, NamedTuple, cast

from django.conf import settings

from catalog.feeds import garbage, second_process
from catalog.models import ImportRun, Subject, SupplierRecord
from catalog.onix import reading, records
from catalog.onix.reading import Product
from catalog.onix.records import Record, Unreadable

BATCH = 1_000  # records
SECOND_PROCESS_FROM = 8 * 2**20  # bytes of the file; a process takes a second to start
BATCHES_AHEAD = 2
NEXT = "next"
GRACE_SECONDS = 5
GONE = (EOFError, BrokenPipeError, ConnectionResetError)  # the other process
READING = "1"
"""Raise it when the same record comes to mean something else to us."""


class Item(NamedTuple):
    """One product of the file: read, or known by its digest."""

    ordinal: int
    line: int
    digest: str
    edition_id: int | None = None
    """Of the edition whose latest record has this digest."""
    read: Record | Unreadable | None = None
    product: Product | None = None
    defaults: Any = None

    def now_read(self) -> "Item":
        """The same, read if it was not."""
        if self.product is None:
            return self
        read = reading.read(self.product, self.defaults)
        return self._replace(read=read, edition_id=None, product=None, defaults=None)


@dataclass(frozen=True)
class Batch:
    """So many items, and how far the file was read for them."""

    items: list[Item]
    bytes_read: int
    notes: list[str]


class ReaderFailed(Exception):
    """The second process ended; the message says how."""


def batches(run: ImportRun, *, after: int, size: int | None = None) -> Iterator[Batch]:
    """The records of the run's file behind the first `after`. Raises reading.NotOnix."""
    if run.file_bytes < SECOND_PROCESS_FROM:
        yield from _batches(run, after, size or BATCH)
    else:
        yield from _from_second_process(run, after, size or BATCH)


def _batches(run: ImportRun, after: int, size: int) -> Iterator[Batch]:
    with run.file.open("rb") as file:
        products = reading.products(cast(BinaryIO, file))
        key = ""
        chunk: list[Product] = []
        for product in products:
            if product.ordinal <= after:
                continue
            chunk.append(product)
            if len(chunk) == size:
                key = key or _key(run, products.defaults)
                yield _batch(run, products, chunk, key)
                chunk = []
        if chunk or products.notes:
            yield _batch(run, products, chunk, key or _key(run, products.defaults))


def _key(run: ImportRun, defaults: Any) -> str:
    """All beside the record itself that its meaning depends on."""
    codes = Subject.objects.filter(scheme=Subject.Scheme.THEMA).order_by("code")
    told = (
        *(READING, settings.SHOP_CURRENCY, settings.LANGUAGE_CODE, run.supplier.reads_as()),
        *(repr(defaults), *codes.values_list("code", flat=True)),
    )
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _batch(run: ImportRun, products: Any, chunk: list[Product], key: str) -> Batch:
    digests = [hashlib.sha256(f"{key}{product.digest}".encode()).hexdigest() for product in chunk]
    known = dict(
        SupplierRecord.objects.filter(supplier=run.supplier_id, digest__in=digests).values_list(
            "digest", "edition_id"
        )
    )
    items = []
    for product, digest in zip(chunk, digests, strict=True):
        item = Item(
            product.ordinal, product.line, digest, known.get(digest), None, product,
            products.defaults,
        )  # fmt: skip
        items.append(item if item.edition_id else item.now_read())
    return Batch(items, products.bytes_read, list(products.notes))


# --- The second process ---


def _from_second_process(run: ImportRun, after: int, size: int) -> Iterator[Batch]:
    """The same, read while this process writes; at most two batches wait."""
    make_records_light()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=second_process.serve, args=(theirs, run.pk, after, size), daemon=True
    )
    process.start()
    theirs.close()
    try:
        for _ahead in range(BATCHES_AHEAD):
            ours.send(NEXT)
        while (answer := ours.recv()) is not None:
            if isinstance(answer, Exception):
                raise answer
            ours.send(NEXT)
            yield answer
    except GONE:
        process.join(GRACE_SECONDS)
        raise ReaderFailed(f"The reading process ended with {process.exitcode}.") from None
    finally:
        ours.close()
        process.terminate()
        process.join()


def answer(pipe: "Connection[Any, Any]", run_id: int, after: int, size: int) -> None:
    """In the second process: each time it is asked send a batch, None at the end, or an error."""
    make_records_light()
    run = ImportRun.objects.select_related("supplier").get(pk=run_id)
    found = _until_it_fails(_batches(run, after, size))
    with garbage.between_batches(), contextlib.suppress(*GONE):
        while pipe.recv() == NEXT:
            pipe.send(next(found, None))
            garbage.collect()


def _until_it_fails(found: Iterator[Batch]) -> Iterator[Batch | Exception]:
    try:
        yield from found
    except (reading.NotOnix, OSError) as error:
        yield error
    except Exception as error:
        yield ReaderFailed(f"{type(error).__name__}: {error}")


def make_records_light() -> None:
    """Pickle records by their values in order: dataclasses with slots are slow otherwise."""
    for kind in vars(records).values():
        if isinstance(kind, type) and kind.__module__ == records.__name__:
            copyreg.pickle(kind, _reducer(kind))


def _reducer(kind: Any) -> Callable[[Any], tuple[Any, tuple[Any, ...]]]:
    values = operator.attrgetter(*(each.name for each in fields(kind)))
    return lambda record: (kind, values(record))
