"""What Redis keeps of a work, a contributor and an edition for the live answers: one line each.

A token names what a line is about: `w12` is the work with that id, `c5` the contributor.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

from catalog import suggestion_blocks
from catalog.models import slugs
from catalog.models.availability import Availability

WORK, CONTRIBUTOR = "w", "c"
KINDS = {WORK: "work", CONTRIBUTOR: "contributor"}
"""What a suggestion is, by the first letter of its token."""
PACKED = 16  # lines that stand together, of things whose ids follow each other


class Suggestion(NamedTuple):
    """Something that a visitor may mean by what they have typed."""

    kind: str
    """work or contributor."""
    label: str
    detail: str
    url: str

    def as_json(self) -> dict[str, str]:
        """For a JSON answer."""
        return {
            "kind": self.kind, "label": self.label, "detail": self.detail, "url": self.url,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class WorkRecord:
    """A work of which something is offered."""

    title: str
    byline: str
    authors: tuple[int, ...]
    """The ids of those whom the byline names."""
    popularity: int
    numbers: tuple[str, ...]
    """Of the offered editions; the first stands for the work in lists."""
    own_title: str
    """The title of that edition, where it has one of its own."""

    @classmethod
    def read(cls, line: str) -> Self:
        """The record that `line` says."""
        title, byline, authors, popularity, numbers, own_title = line.split("\t")
        ids = tuple(map(int, filter(None, authors.split(","))))
        return cls(title, byline, ids, int(popularity), tuple(numbers.split(",")), own_title)

    @property
    def label(self) -> str:
        """What is typed and shown."""
        return self.title

    @property
    def suggestion(self) -> Suggestion:
        """The work, suggested."""
        return Suggestion(KINDS[WORK], self.title, self.byline, self.url)

    @property
    def url(self) -> str:
        """The page of the edition that stands for the work."""
        slug = slugs.readable(self.own_title or self.title, fallback="book")
        return f"/books/{self.numbers[0]}/{slug}/"


@dataclass(frozen=True, slots=True)
class ContributorRecord:
    """A contributor whose works are offered."""

    name: str
    slug: str
    popularity: int
    """That of the most popular of the works."""

    @classmethod
    def read(cls, line: str) -> Self:
        """The record that `line` says."""
        name, slug, popularity = line.split("\t")
        return cls(name, slug, int(popularity))

    @property
    def label(self) -> str:
        """What is typed and shown."""
        return self.name

    @property
    def suggestion(self) -> Suggestion:
        """The contributor, suggested."""
        return Suggestion(KINDS[CONTRIBUTOR], self.name, "", f"/contributors/{self.slug}/")


Record = WorkRecord | ContributorRecord


def record_of(token: str, line: str) -> Record:
    """What `line` says of what the token names."""
    return WorkRecord.read(line) if token[0] == WORK else ContributorRecord.read(line)


def phrases_of(token: str, line: str) -> list[str]:
    """The lines by which it is found."""
    record = record_of(token, line)
    return suggestion_blocks.lines_of(record.label, token, popularity=record.popularity)


def field_of(token: str) -> str:
    """Where the token's line stands, beside others."""
    return f"{token[0]}{int(token[1:]) // PACKED}"


def in_field(token: str, stored: bytes | None) -> str | None:
    """The token's line among those that stand together; None where it has none."""
    if stored is None:
        return None
    begin = f"{token[1:]}\t"
    for line in suggestion_blocks.unpacked(stored).split("\n"):
        if line.startswith(begin):
            return line[len(begin) :]
    return None


# --- Editions -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EditionRecord:
    """An offered edition: whether it is to be had, and what a card shows of it."""

    availability: Availability
    work: int
    own_title: str
    """Where it has one; else the work's holds."""

    @classmethod
    def read(cls, line: str) -> Self:
        """The record that `line` says."""
        work, free, out, promised, full, days, own_title = line.split("\t")
        availability = Availability(
            free=int(free) if free else None,
            publication_date=_date(out),
            preorder_date=_date(promised),
            preorders_full=full == "1",
            backorder_days=int(days) if days else None,
        )
        return cls(availability, int(work), own_title)


def _date(day: str) -> datetime.date | None:
    return datetime.date.fromordinal(int(day)) if day else None


def bucket_of(number: str, buckets: int) -> str:
    """Which of the buckets holds the edition; numbers that follow each other are spread evenly."""
    return str(int(number[:12]) % buckets)


def in_bucket(number: str, stored: bytes | None) -> str | None:
    """The edition's line in its bucket; None where it has none."""
    if stored is None:
        return None
    start = stored.find(b"\n%b\t" % number.encode())
    if start < 0:
        return None
    end = stored.find(b"\n", start + 1)
    return stored[start + len(number) + 2 : end].decode()


def bucket_with(stored: bytes | None, lines: Mapping[str, str | None]) -> bytes:
    """The bucket with these lines, by number, instead of what it said of them; None: no line."""
    kept = (stored or b"").decode().split("\n")
    others = [line for line in kept if line and line.partition("\t")[0] not in lines]
    new = [f"{number}\t{line}" for number, line in lines.items() if line is not None]
    text = "\n".join(others + new)
    return f"\n{text}\n".encode() if text else b""
