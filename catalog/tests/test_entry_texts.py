"""What a search entry says of a work, word by word and mark by mark."""

import datetime
from dataclasses import replace
from decimal import Decimal

from catalog.entry_texts import EditionSource, Source, Tag, entry

TODAY = datetime.date(2026, 3, 1)
OUT, COMING = datetime.date(2020, 5, 1), datetime.date(2026, 5, 1)
PAPERBACK = EditionSource(
    title="", subtitle="", imprint=5, imprint_name="Lamplight", publisher_name="Sample House",
    pk=21, isbn13="9780306406157", is_offered=True, format="paperback", language="en",
    published=OUT, released=OUT, amount=Decimal("12.50"),
)  # fmt: skip
EBOOK = replace(
    PAPERBACK, pk=22, isbn13="2900000000018", format="ebook", title="Waves", imprint=6,
    imprint_name="Candle", amount=Decimal("4.50"),
)  # fmt: skip
WORK = Source(
    pk=1, title="The Wâves", subtitle="", description="Six voices.", keywords="sea", popularity=7,
    has_copies=False, people=[(3, "Virginia Woolf")], series=[(4, "Collected")],
    tags=[Tag("Classics", [8, 9])], editions=[PAPERBACK, EBOOK],
)  # fmt: skip
IN_FRONT = {"the", "waves", "virginia", "woolf"}


def words(work: Source) -> set[str]:
    return set(entry(work, today=TODAY)["words"].split())


def test_an_entry_has_its_words_marks_and_numbers() -> None:
    assert words(WORK) == {
        *IN_FRONT, *(f"^{word}" for word in IN_FRONT),
        *("six", "voices", "sea", "collected", "classics"),
        *("lamplight", "candle", "sample", "house"),
        *("9780306406157", "0306406152", "2900000000018"),
        *("=c3", "=r4", "=s8", "=s9", "=i5", "=i6", "=fpaperback", "=febook", "=len", "=y2020"),
        *("=punder-10", "=p10-20"),
        "=now",
    }  # fmt: skip


def test_an_entry_is_sorted_by_what_is_offered() -> None:
    said = entry(WORK, today=TODAY)
    assert (said["names"], said["titles"], said["people"]) == (
        "the waves waves virginia woolf", "the waves waves", "virginia woolf",
    )  # fmt: skip
    assert (said["editions"], len(said["offers"]), said["subjects"]) == ([21, 22], 2, [8, 9])
    assert {name: key for name, key in said.items() if name.endswith("_key")} == {
        "popularity_key": -7, "title_key": "waves", "newest_key": -OUT.toordinal(),
        "price_key": 1250,
    }  # fmt: skip


def test_what_is_not_offered_lends_only_its_names() -> None:
    gone = replace(PAPERBACK, is_offered=False, title="Withdrawn")
    said = words(replace(WORK, editions=[gone], has_copies=True))
    assert {"withdrawn", "^withdrawn", "lamplight", "=here"} <= said
    assert said.isdisjoint({"9780306406157", "=i5", "=fpaperback", "=now"})
    empty = entry(replace(WORK, editions=[gone]), today=TODAY)
    assert (empty["offers"], empty["newest_key"], empty["price_key"]) == ([], 0, 0)


def test_what_is_not_out_is_not_new() -> None:
    coming = replace(EBOOK, published=COMING, released=COMING)
    said = entry(replace(WORK, editions=[coming]), today=TODAY)
    assert said["newest_key"] == 0
    assert "=now" not in said["words"].split()
