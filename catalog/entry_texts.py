"""What a work's search entry says: its words, its marks, its offers and the keys it is sorted by.

Words are folded. A word of a title or a name stands there twice, once with “^” before it, so that
the index alone tells where it was found. Marks begin with “=”, which no word can: `=fpaperback`,
`=lfr`, `=y2024`, `=p10-20` (a price band), `=now` (a file that is out), `=here` (copies may be at
hand: `SearchEntry.objects.mark_copies`), `=s7` (subject, and all above it), `=i7` (imprint), `=c7`
(contributor), `=r7` (series).
"""

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from catalog import isbn, offer_codes
from catalog.folding import fold
from catalog.models.search_entry import COPIES_MARK

LONGEST_WORD = 60  # letters; PostgreSQL refuses words of two thousand bytes
LONGEST_TITLE_KEY = 60  # letters that titles are sorted by
FILE_MARK = "=now"
NEVER = 0  # the day of what has no date: sorts behind all that has one
_ARTICLE = re.compile(r"^(?:the|a|an|der|die|das|le|la|les)\s+(?=\w)", re.IGNORECASE)


@dataclass(frozen=True)
class Tag:
    """A subject of a work."""

    name: str
    lineage: list[int]
    """The ids of the subject and all above it."""


@dataclass(frozen=True)
class EditionSource:
    """An edition of a work, offered or not."""

    title: str
    subtitle: str
    imprint: int
    imprint_name: str
    publisher_name: str
    pk: int
    isbn13: str
    is_offered: bool
    format: str
    language: str
    published: datetime.date | None
    released: datetime.date | None
    """From when on it may be sold: published, and no embargo any more."""
    amount: Decimal | None


@dataclass(frozen=True)
class Source:
    """A work with all that its entry is made of."""

    pk: int
    title: str
    subtitle: str
    description: str
    keywords: str
    popularity: int
    has_copies: bool
    """Whether any of an edition lie somewhere that nobody was promised."""
    people: list[tuple[int, str]]
    series: list[tuple[int, str]]
    tags: list[Tag]
    editions: list[EditionSource]


def entry(work: Source, *, today: datetime.date) -> dict[str, Any]:
    """The entry of a work on that day, as `indexing.WRITE` takes it."""
    offered = [edition for edition in work.editions if edition.is_offered]
    offers = [_offer(edition, today) for edition in offered]
    coded = sorted(
        (offer_codes.encode(offer), edition.pk)
        for offer, edition in zip(offers, offered, strict=True)
    )
    titles = _folded(
        work.title, work.subtitle, *(t for e in work.editions for t in (e.title, e.subtitle))
    )
    people = _folded(*(name for _pk, name in work.people))
    lexemes = _found_by(work, titles + people, offered) | _marks(work, offers, offered)
    return {
        "work_id": work.pk,
        "names": " ".join(titles + people),
        "words": " ".join(sorted(lexemes)),
        "titles": " ".join(titles),
        "people": " ".join(people),
        "offers": [code for code, _edition in coded],
        "editions": [edition for _code, edition in coded],
        "subjects": sorted({pk for tag in work.tags for pk in tag.lineage}),
        "popularity_key": -work.popularity,
        "title_key": title_key(work.title),
        "newest_key": -max((_day(edition, today) for edition in offered), default=NEVER),
        "price_key": offer_codes.cents_of(coded[0][0]) if coded else 0,
    }


def title_key(title: str) -> str:
    """What titles are sorted by: folded, without an article before them."""
    return _fold(_ARTICLE.sub("", title.strip()))[:LONGEST_TITLE_KEY]


def words_of(text: str) -> list[str]:
    """The words of what somebody wrote, as entries have them, in order."""
    return [word[:LONGEST_WORD] for word in fold(text).split()]


def _offer(edition: EditionSource, today: datetime.date) -> offer_codes.Offer:
    return offer_codes.offer(
        format=edition.format,
        language=edition.language,
        published=edition.published,
        released=edition.released,
        amount=edition.amount,
        today=today,
    )


def _found_by(work: Source, names: list[str], offered: list[EditionSource]) -> set[str]:
    """The words of all that is said of the work, and the numbers of its editions."""
    around = _folded(
        *(title for _pk, title in work.series),
        *(tag.name for tag in work.tags),
        *(name for e in work.editions for name in (e.imprint_name, e.publisher_name)),
    )
    head = _words(names)
    body = _words([*around, fold(work.description), fold(work.keywords)])
    numbers = {number for e in offered for number in isbn.notations(e.isbn13)}
    return head | body | {f"^{word}" for word in head} | numbers


def _marks(work: Source, offers: list[offer_codes.Offer], offered: list[EditionSource]) -> set[str]:
    marks = {f"=c{pk}" for pk, _name in work.people} | {f"=r{pk}" for pk, _name in work.series}
    marks |= {f"=s{pk}" for tag in work.tags for pk in tag.lineage}
    marks |= {f"=i{edition.imprint}" for edition in offered}
    marks |= {COPIES_MARK} if work.has_copies else set()
    for offer in offers:
        marks |= {f"=f{offer.format}", f"=l{offer.language}"}
        if offer.band:
            marks.add(f"=p{offer.band}")
        if offer.year:
            marks.add(f"=y{offer.year}")
        if offer.is_at_hand:
            marks.add(FILE_MARK)
    return marks


def _day(edition: EditionSource, today: datetime.date) -> int:
    """When it came out, as a number; what is not out yet does not count as new."""
    released = edition.released
    return released.toordinal() if released and released <= today else NEVER


@lru_cache(maxsize=20_000)
def _fold(text: str) -> str:
    return fold(text)


def _folded(*texts: str) -> list[str]:
    return list(dict.fromkeys(folded for text in texts if text and (folded := _fold(text))))


def _words(texts: Iterable[str]) -> set[str]:
    return {word[:LONGEST_WORD] for text in texts for word in text.split()}
