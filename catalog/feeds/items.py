"""Items: the products of a file, cut and read in batches, as they are handed to who writes them.

A record whose digest the supplier's latest one had is not read again. It is passed on as it stands
in the file, because only the writer knows whether that still holds. Nothing here needs a database.
"""

from collections.abc import Generator, Iterator
from itertools import islice
from typing import BinaryIO, NamedTuple

from catalog.feeds import sayings
from catalog.feeds.sayings import Refused, Saying
from catalog.feeds.terms import Terms
from catalog.onix import reading
from catalog.onix.reading import Defaults, NotOnix, Product


class Mark(NamedTuple):
    """What the catalogue knows of a product that was cut."""

    digest: str
    """Of the record and all that its meaning depends on."""
    edition_id: int | None
    """Of the edition whose latest record has this digest."""


class Unread(NamedTuple):
    """A product as it stands in the file, with all that its meaning depends on."""

    product: Product
    defaults: Defaults
    terms: Terms


class Item(NamedTuple):
    """One product of the file: read, or known by its digest."""

    ordinal: int
    line: int
    digest: str
    edition_id: int | None = None
    """Of the edition whose latest record has this digest."""
    said: Saying | Refused | None = None
    unread: Unread | None = None

    def now_read(self) -> "Item":
        """The product, read by now if it was not."""
        if self.unread is None:
            return self
        product, defaults, terms = self.unread
        said = sayings.heard(reading.read(product, defaults), terms)
        return self._replace(said=said, edition_id=None, unread=None)


class Batch(NamedTuple):
    """So many items, and how far the file was read for them."""

    items: list[Item]
    bytes_read: int
    notes: list[str]


class Answer(NamedTuple):
    """A batch, and what must be known of the products behind it before they are read."""

    batch: Batch | None
    """None in the first answer."""
    digests: list[str]
    """Of the next products, by the records alone; none: the batch is the last."""
    defaults: Defaults
    failure: Exception | None = None
    """NotOnix or OSError: why the file cannot be read behind the batch."""


def answers(
    file: BinaryIO, terms: Terms, *, after: int, size: int
) -> Generator[Answer, list[Mark] | None, None]:
    """The records of a file behind the first `after`, `size` at a time. Raises NotOnix.

    A mark for each digest of an answer is to be sent for the next one.
    """
    products = reading.products(file)
    wanted = (product for product in products if product.ordinal > after)
    batch, failure = None, None
    while failure is None:
        chunk, failure = _cut(wanted, size)
        if not chunk:
            break
        digests = [product.digest for product in chunk]
        marks = yield Answer(batch, digests, products.defaults)
        found = [
            _item(Unread(product, products.defaults, terms), mark)
            for product, mark in zip(chunk, marks or (), strict=True)
        ]
        batch = Batch(found, products.bytes_read, list(products.notes))
    last = batch or Batch([], products.bytes_read, [])
    last = last._replace(notes=list(products.notes))  # the end of the file was noticed since
    yield Answer(last, [], products.defaults, failure)


def _cut(products: Iterator[Product], size: int) -> tuple[list[Product], Exception | None]:
    """The next products, and why there are no more where the file cannot be read on."""
    chunk: list[Product] = []
    try:
        for product in islice(products, size):
            chunk.append(product)  # what came before a failure is kept
    except (NotOnix, OSError) as error:
        return chunk, error
    return chunk, None


def _item(unread: Unread, mark: Mark) -> Item:
    cut = Item(unread.product.ordinal, unread.product.line, *mark, unread=unread)
    return cut if mark.edition_id else cut.now_read()
