"""Cards of works, written in Python: `{% load cards %}`.

A page has dozens of them, and the template language took a fifth of a millisecond for each: half of
all that a page of a list cost. Every text is escaped here, word by word. The best known works stand
on most lists, and a card's item is written once for all that it is made of.
"""

import functools
from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape
from typing import NamedTuple

from django import template
from django.conf import settings
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog import formats
from catalog.cards import Card
from catalog.models import Cover, Edition, Series
from catalog.money import format_money
from catalog.recommending import Beside
from storefront.cover_images import CoverImage
from storefront.templatetags.shop import drawn, lang_beside, marked, photo

register = template.Library()

MOST_WRITTEN = 2_000  # items that are kept, of some 700 bytes


@register.simple_tag
def card_cover(card: Card, *, alt: str = "", place: str = "card") -> SafeString:
    """The cover of a card, as `cover` shows that of an edition."""
    return _cover(_covered_by(card), alt=alt, place=place)


@register.filter
def numbers(shown: Iterable[Card]) -> str:
    """The numbers of cards, as the live answers want them."""
    return ",".join(each.isbn13 for each in shown)


@register.filter
def numbers_beside(found: Iterable[Beside]) -> str:
    """The numbers of recommended editions, as the live answers want them."""
    return numbers(each.card for each in found)


@register.simple_tag
def in_grid(
    cards: Iterable[Card],
    *,
    series: Series | None = None,
    dated: bool = False,
    is_coming: bool = False,
    words: Sequence[str] = (),
) -> SafeString:
    """The cards as items of a list.

    With `series` its number is shown, with `dated` the day it is out; what `is_coming` has no
    stock. `words` are marked where they stand.
    """
    series_id = series.pk if series else None
    language, items = get_language(), []
    for card in cards:
        notes = _place(card, series_id) if series_id else ""
        notes += _day(card) if dated else ""
        face = _Face.of(card)
        items.append(_item(face, language, tuple(words), notes=notes, has_stock=not is_coming))
    return mark_safe("".join(items))  # noqa: S308 - escaped piece by piece


@register.simple_tag
def in_grid_beside(found: Iterable[Beside]) -> SafeString:
    """Recommendations as items of a list, each with why it is there."""
    language = get_language()
    items = [
        _item(
            _Face.of(each.card),
            language,
            because=f'<p class="book-card-because">{escape(each.because)}</p>\n',
        )
        for each in found
    ]
    return mark_safe("".join(items))  # noqa: S308 - the same


class _Face(NamedTuple):
    """All that is shown of a card on every list."""

    isbn13: str
    title: str
    byline: str
    language: str
    format: str
    amount: Decimal | None
    currency: str
    cover: "_Covered"

    @classmethod
    def of(cls, card: Card) -> "_Face":
        return cls(
            card.isbn13, card.title, card.byline, card.language, card.format, card.price_amount,
            settings.SHOP_CURRENCY, _covered_by(card),
        )  # fmt: skip


@functools.lru_cache(maxsize=MOST_WRITTEN)
def _item(
    face: _Face,
    language: str | None,
    words: tuple[str, ...] = (),
    *,
    notes: str = "",
    because: str = "",
    has_stock: bool = True,
) -> str:
    if words:
        title, byline = (str(marked(text, words)) for text in (face.title, face.byline))
    else:
        title, byline = escape(face.title), escape(face.byline)
    amount = "" if face.amount is None else format_money(face.amount, face.currency, language)
    stock = f'<p class="stock" id="stock-{face.isbn13}"></p>\n' if has_stock else ""
    return (
        f'<li class="book-card">\n{_cover(face.cover)}\n'
        f"<h3{lang_beside(face.language, language)}>"
        f'<a href="{Edition.address(face.isbn13, face.title, "")}">{title}</a></h3>\n'
        + (f'<p class="book-card-byline">{byline}</p>\n' if byline else "")
        + notes
        + '<p class="book-card-offer">'
        + (f'<span class="price">{escape(amount)}</span>' if amount else "")
        + f'<span class="muted">{escape(formats.label(face.format, language))}</span></p>\n'
        f"{stock}{because}</li>\n"
    )


_Covered = CoverImage | tuple[str, int | None, int | None, str]
"""What is drawn, or the digest, size and colour of the picture."""


def _covered_by(card: Card) -> _Covered:
    picture = card.picture
    if picture is None:
        return CoverImage.of_card(card)
    return picture.digest, picture.width, picture.height, picture.color


def _cover(cover: _Covered, *, alt: str = "", place: str = "card") -> SafeString:
    if isinstance(cover, CoverImage):
        return drawn(cover.url, alt)
    digest, width, height, color = cover
    picture = Cover(digest=digest, width=width, height=height, color=color)
    return photo(picture, alt=alt, place=place)


def _place(card: Card, series_id: int) -> str:
    labels = [place.label for place in card.places if place.series_id == series_id]
    return "".join(
        f'<p class="book-card-series">{escape(_("Book %(number)s") % {"number": label})}</p>\n'
        for label in labels
        if label
    )


def _day(card: Card) -> str:
    day = card.release_date
    written = escape(date_format(day, "MONTH_DAY_FORMAT")) if day else ""
    machine = f"{day:%Y-%m-%d}" if day else ""
    ahead = ""
    if card.is_forthcoming and card.is_for_sale:
        ahead = f' · <strong class="book-card-preorder">{escape(_("pre-order now"))}</strong>'
    elif card.is_forthcoming:
        ahead = f" · {escape(_('not for sale yet'))}"
    return f'<p class="book-card-series"><time datetime="{machine}">{written}</time>{ahead}</p>\n'
