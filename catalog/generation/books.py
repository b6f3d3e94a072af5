"""Made-up works with their editions, as rows for PostgreSQL's COPY.

Everything a row says is drawn by one chance, so that a seed and a day always make the same books.
"""

import datetime
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from catalog import isbn, titles
from catalog.generation.words import Words
from catalog.models import ContributorRole, Format, StockMovement, Subject
from catalog.models.slugs import readable

PREFIX = "24"
"""GS1 leaves the numbers 20 to 29 to shops: what is made up here can be no book's ISBN."""
KEY = "generated:"
"""What the keys of made-up works begin with."""

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "sv", "pl", "ja")
LANGUAGE_WEIGHTS = (70, 12, 8, 3, 2, 1, 1, 1, 1, 1)
FORMATS = (Format.PAPERBACK, Format.HARDBACK, Format.EBOOK, Format.AUDIOBOOK, Format.LARGE_PRINT)
FORMAT_WEIGHTS = (50, 20, 22, 5, 3)
PRICES = {
    Format.PAPERBACK: (5, 20), Format.HARDBACK: (15, 60), Format.EBOOK: (2, 15),
    Format.AUDIOBOOK: (10, 35), Format.LARGE_PRINT: (15, 35),
}  # fmt: skip
OLDEST_DAYS = 60 * 365
EARLIEST_PRICE = datetime.date(2015, 1, 1)
MOST_POPULAR = 1_000_000

Row = tuple[Any, ...]
COLUMNS = {
    "work": "id key title match_key subtitle description original_language first_published"
    " main_subject_id popularity boost is_sample created_at",
    "work_subjects": "work_id subject_id",
    "contribution": "work_id contributor_id role ordinal",
    "seriesmembership": "series_id work_id position",
    "edition": "id isbn13 work_id format language title subtitle imprint_id publication_date pages"
    " duration_minutes weight_grams is_offered is_sample created_at",
    "price": "edition_id amount currency valid_from valid_to",
    "stock": "id edition_id location_id on_hand allocated",
    "stockmovement": "stock_id kind on_hand_change allocated_change reason reference created_at",
    "supply": "edition_id accepts_preorders accepts_backorders backorder_days awaited",
}
"""The tables, in the order in which rows may be written, and what is written of them."""


@dataclass
class Around:
    """What the works hang on, by the ids in the database."""

    contributors: range
    imprints: range
    series: range
    subjects: list[Subject]
    location: int
    currency: str
    today: datetime.date
    now: datetime.datetime


@dataclass
class Start:
    """The first ids, and the first serial number, that are free."""

    work: int
    edition: int
    stock: int
    serial: int


@dataclass
class Batch:
    """Rows by table."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    def add(self, table: str, *values: Any) -> None:
        """One row."""
        self.rows[table].append(values)


class Books:
    """Draws works until there are as many editions as are wanted."""

    def __init__(self, chance: Random, words: Words, around: Around, start: Start) -> None:
        """`start` is counted up as books are made."""
        self._chance = chance
        self._words = words
        self._around = around
        self._next = start
        weights = [1 / rank for rank in range(1, len(around.subjects) + 1)]
        self._subject_weights = list(itertools.accumulate(weights))

    def batches(self, editions: int, *, size: int) -> Iterator[Batch]:
        """That many editions, in batches of about `size`."""
        left = editions
        while left > 0:
            batch, wanted = Batch(), min(size, left)
            while len(batch.rows["edition"]) < wanted:
                most = wanted - len(batch.rows["edition"])
                self._work(batch, most)
            left -= len(batch.rows["edition"])
            yield batch

    def _work(self, batch: Batch, most: int) -> None:
        chance, around = self._chance, self._around
        pk = self._next.work
        self._next.work += 1
        language = chance.choices(LANGUAGES, LANGUAGE_WEIGHTS)[0]
        subjects = list(
            dict.fromkeys(
                chance.choices(
                    around.subjects, cum_weights=self._subject_weights, k=chance.randint(1, 3)
                )
            )
        )
        first = around.today - datetime.timedelta(days=self._age())
        title = self._words.title(language)
        batch.add(
            "work", pk, f"{KEY}{pk}", title, titles.match_key(title),
            self._words.subtitle() if chance.random() < 0.3 else "",
            self._words.description(), language, first.year, subjects[0].pk,
            *([min(int(chance.paretovariate(0.9)) - 1, MOST_POPULAR)] * 2), False, around.now,
        )  # fmt: skip
        for subject in subjects:
            batch.add("work_subjects", pk, subject.pk)
        people = {self._lopsided(around.contributors) for _ in range(chance.choice((1, 1, 1, 2)))}
        for ordinal, person in enumerate(sorted(people), start=1):
            batch.add("contribution", pk, person, ContributorRole.AUTHOR, ordinal)
        if chance.random() < 0.12:
            series = self._lopsided(around.series)
            batch.add("seriesmembership", series, pk, chance.randint(1, 12))
        imprint = self._lopsided(around.imprints)
        count = min(chance.choices((1, 2, 3, 4), (55, 26, 13, 6))[0], most)
        for form in dict.fromkeys(chance.choices(FORMATS, FORMAT_WEIGHTS, k=count)):
            self._edition(batch, pk, form, language, imprint, first)

    def _edition(
        self, batch: Batch, work: int, form: Format, language: str, imprint: int,
        first: datetime.date,
    ) -> None:  # fmt: skip
        chance, around = self._chance, self._around
        pk, serial = self._next.edition, self._next.serial
        self._next.edition += 1
        self._next.serial += 1
        twelve = f"{PREFIX}{serial:010}"
        is_heard, is_read = form == Format.AUDIOBOOK, form != Format.AUDIOBOOK
        published = first + datetime.timedelta(days=chance.choice((0, 0, 90, 365)))
        batch.add(
            "edition", pk, twelve + isbn.check_digit(twelve), work, form, language, "", "", imprint,
            published, chance.randint(60, 900) if is_read else None,
            chance.randint(120, 1500) if is_heard else None, chance.randint(120, 900),
            chance.random() < 0.99, False, around.now,
        )  # fmt: skip
        self._prices(batch, pk, form)
        if form in (Format.EBOOK, Format.AUDIOBOOK):
            return
        if chance.random() < 0.05:
            self._stock(batch, pk)
        elif chance.random() < 0.1:
            batch.add("supply", pk, published > around.today, True, chance.randint(2, 20), 0)

    def _prices(self, batch: Batch, edition: int, form: Format) -> None:
        chance, around = self._chance, self._around
        lowest, highest = PRICES[form]
        amount = Decimal(chance.randint(lowest, highest)) - Decimal("0.01")
        if chance.random() > 0.03:
            batch.add("price", edition, amount, around.currency, EARLIEST_PRICE, None)
            return
        turn = around.today + datetime.timedelta(days=chance.randint(-400, 60))
        before = turn - datetime.timedelta(days=1)
        batch.add("price", edition, amount, around.currency, EARLIEST_PRICE, before)
        batch.add("price", edition, amount + 1, around.currency, turn, None)

    def _stock(self, batch: Batch, edition: int) -> None:
        around, pk, copies = self._around, self._next.stock, self._chance.randint(1, 12)
        self._next.stock += 1
        batch.add("stock", pk, edition, around.location, copies, 0)
        kind = StockMovement.Kind.RECEIVE
        batch.add("stockmovement", pk, kind, copies, 0, "Generated", "", around.now)

    def _age(self) -> int:
        """Days since a work came out: most are young, and some are not out yet."""
        return int(OLDEST_DAYS * self._chance.random() ** 3) - 120

    def _lopsided(self, ids: range) -> int:
        """One of the ids, the first ones far more often."""
        return ids[int(len(ids) * self._chance.random() ** 3)]


def contributor(words: Words, pk: int) -> Row:
    """A made-up person: id, name, name for sorting, slug, and what they are not."""
    name, sort_name = words.person()
    slug = f"{readable(name, fallback='person')}-g{pk}"
    return (pk, name, sort_name, slug, False, "")
