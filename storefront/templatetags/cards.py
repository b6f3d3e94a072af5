"""Cards of works, written in Python: `{% load cards %}`.

A page has dozens of them, and the template language took a fifth of a millisecond for each: half of
all that a page of a list cost. Every text is escaped here, word by word.
"""

from collections.abc import Iterable, Sequence
from html import escape

from django import template
from django.conf import settings
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog import formats
from catalog.cards import Card
from catalog.live_reading import MOST_BADGES
from catalog.models import Edition, Series
from catalog.money import format_money
from catalog.recommending import Beside
from storefront.cover_images import CoverImage
from storefront.templatetags.shop import drawn, lang_beside, marked, photo

register = template.Library()


@register.simple_tag
def card_cover(card: Card, *, alt: str = "", place: str = "card") -> SafeString:
    """The cover of a card, as `cover` shows that of an edition."""
    if card.picture is not None:
        return photo(card.picture, alt=alt, place=place)
    return drawn(CoverImage.of_card(card).url, alt)


@register.filter
def numbers(shown: Iterable[Card | Edition]) -> str:
    """The numbers of cards or editions, as the live answers want them."""
    return ",".join(each.isbn13 for each in shown)


@register.filter
def portions(editions: Iterable[Edition], shown: Edition) -> list[list[Edition]]:
    """The editions, the one that is shown first, in parts that can be asked about at once: a
    classic has hundreds.
    """
    in_order = sorted(editions, key=lambda each: each.pk != shown.pk)
    starts = range(0, len(in_order), MOST_BADGES)
    return [in_order[start : start + MOST_BADGES] for start in starts]


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
        items.append(_item(card, language, words=words, notes=notes, has_stock=not is_coming))
    return mark_safe("".join(items))  # noqa: S308 - escaped piece by piece


@register.simple_tag
def in_grid_beside(found: Iterable[Beside]) -> SafeString:
    """Recommendations as items of a list, each with why it is there."""
    language = get_language()
    items = [
        _item(
            each.card,
            language,
            because=f'<p class="book-card-because">{escape(each.because)}</p>\n',
        )
        for each in found
    ]
    return mark_safe("".join(items))  # noqa: S308 - the same


def _item(
    card: Card,
    language: str | None,
    *,
    words: Sequence[str] = (),
    notes: str = "",
    because: str = "",
    has_stock: bool = True,
) -> str:
    if words:
        title, byline = (str(marked(text, words)) for text in (card.title, card.byline))
    else:
        title, byline = escape(card.title), escape(card.byline)
    price = card.price_amount
    amount = "" if price is None else format_money(price, settings.SHOP_CURRENCY, language)
    stock = f'<p class="stock" id="stock-{card.isbn13}"></p>\n' if has_stock else ""
    return (
        f'<li class="book-card">\n{card_cover(card)}\n'
        f'<h3{lang_beside(card.language, language)}><a href="{card.url}">{title}</a></h3>\n'
        + (f'<p class="book-card-byline">{byline}</p>\n' if byline else "")
        + notes
        + '<p class="book-card-offer">'
        + (f'<span class="price">{escape(amount)}</span>' if amount else "")
        + f'<span class="muted">{escape(formats.label(card.format, language))}</span></p>\n'
        f"{stock}{because}</li>\n"
    )


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
