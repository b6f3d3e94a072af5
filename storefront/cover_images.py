"""The address of an edition's cover, and its drawing where it has no picture."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from catalog.book import Book
from catalog.cards import Card
from catalog.models import Cover, Edition, Work
from storefront import release
from storefront.covers import cover_svg

WIDTH, HEIGHT = 400, 600  # of a drawn cover, as far as that has a size


@dataclass(frozen=True)
class OneImage:
    """A cover as a single file, for those who cannot choose among sizes."""

    url: str
    width: int
    height: int
    """In pixels."""

    @classmethod
    def of(cls, picture: Cover | None, drawing: "CoverImage") -> "OneImage":
        """The picture in its largest size, or the drawing where there is none."""
        if picture is None:
            return cls(drawing.url, WIDTH, HEIGHT)
        return cls.at(picture, picture.widths[-1])

    @classmethod
    def at(cls, picture: Cover, width: int) -> "OneImage":
        """The picture in one of its widths."""
        return cls(picture.url(width, "jpg"), width, picture.height_at(width))


class CoverImage(NamedTuple):
    """All that a generated cover shows. It is the same for as long as these words are."""

    isbn13: str
    key: str
    title: str
    contributor: str
    format: str
    series: str
    imprint: str

    @classmethod
    def of(cls, edition: Edition, work: Work) -> "CoverImage":
        """The cover of `edition`, which is one of `work`."""
        return cls(
            isbn13=edition.isbn13,
            key=work.key,
            title=edition.title or work.title,
            contributor=work.byline,
            format=edition.format,
            series=_series(work.series_memberships.all()),
            imprint=edition.imprint.name,
        )

    @classmethod
    def of_card(cls, card: Card) -> "CoverImage":
        """The cover of what a card shows."""
        return cls(
            isbn13=card.isbn13,
            key=card.key,
            title=card.title,
            contributor=card.byline,
            format=card.format,
            series=_series(card.places),
            imprint=card.imprint,
        )

    @classmethod
    def of_book(cls, book: Book) -> "CoverImage":
        """The cover of the edition that a page shows."""
        return cls(
            isbn13=book.edition.isbn13,
            key=book.work.key,
            title=book.edition.display_title,
            contributor=book.byline,
            format=book.edition.format,
            series=_series(book.places),
            imprint=book.edition.imprint.name,
        )

    @property
    def version(self) -> str:
        """Changes whenever the drawing does, so that browsers may keep it for ever."""
        parts = "\x00".join((release.digest_of("storefront/covers"), *self))
        return hashlib.blake2b(parts.encode(), digest_size=6).hexdigest()

    @property
    def url(self) -> str:
        """Its address with the version: by path, as roles that do not answer it show it, too."""
        return f"/covers/{self.isbn13}.svg?v={self.version}"

    def svg(self) -> bytes:
        """The drawing."""
        return cover_svg(
            key=self.key,
            title=self.title,
            contributor=self.contributor,
            format=self.format,
            series=self.series,
            imprint=self.imprint,
        ).encode()


def _series(places: Iterable[Any]) -> str:
    """The first series, and the place there as printed; empty for none."""
    place = next(iter(places), None)
    return "" if place is None else f"{place.series} {place.label}".strip()
