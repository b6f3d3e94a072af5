"""The live answers as HTML, for htmx: what is written into the page while somebody types or looks.

Written by hand, because a template would take longer than all else that such an answer needs.
"""

import functools
from collections.abc import Sequence
from html import escape  # Django's takes longer than all else here, to look for what is lazy
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.live_reading import Card
from catalog.live_records import CONTRIBUTOR, KINDS, Suggestion
from catalog.models.availability import StockLevel


def suggestions(found: Sequence[Suggestion]) -> str:
    """Options of the search field's list; storefront.js moves through them."""
    return _options(get_language() or "", tuple(found))


@functools.lru_cache(maxsize=500)
def _options(language: str, found: tuple[Suggestion, ...]) -> str:
    """The options; many type the same first letters."""
    return "\n".join(
        f'<a class="suggestion" id="suggestion-{place}" role="option" aria-selected="false"'
        f' tabindex="-1" href="{escape(each.url)}">'
        f'<span class="suggestion-label">{escape(each.label)}</span>{_detail(each)}</a>'
        for place, each in enumerate(found, start=1)
    )


def _detail(suggestion: Suggestion) -> str:
    if suggestion.detail:
        return f' <span class="suggestion-detail">{escape(suggestion.detail)}</span>'
    if suggestion.kind == KINDS[CONTRIBUTOR]:
        return f' <span class="suggestion-detail">{escape(_("All books"))}</span>'
    return ""


def badges(levels: Sequence[StockLevel], *, offered: str, again: str) -> str:
    """Badges, each of which takes the place of the element with its id.

    The first asks again for those that are not known yet, with the attributes `again`; without them
    they have asked often enough. The badge of the edition that is `offered` on the page tells
    programs, too, where the page itself could not know.
    """
    language = get_language() or ""
    return "\n".join(
        f'<span class="stock stock-{level.state}" id="stock-{level.isbn13}" hx-swap-oob="true"'
        f"{again if place == 0 else ''}>{_label(level, language, asks_again=bool(again))}"
        f"{_for_programs(level) if level.isbn13 == offered else ''}</span>"
        for place, level in enumerate(levels)
    )


def _label(level: StockLevel, language: str, *, asks_again: bool) -> str:
    if level.state == "unknown" and not asks_again:
        return escape(_("Ask us about stock"))
    return _words(
        language, level.state, level.quantity, level.date, level.publication_date, level.days
    )


@functools.lru_cache(maxsize=1_000)
def _words(language: str, *facts: Any) -> str:
    """The badge's words; a list of books shows the same few again and again."""
    return escape(StockLevel("", *facts).label)


def _for_programs(level: StockLevel) -> str:
    address = level.schema_org
    return f'<link itemprop="availability" href="{escape(address)}">' if address else ""


def asking_again(path: str, numbers: Sequence[str], *, offered: str, wait: str) -> str:
    """The attributes by which a badge asks for these editions once more, `wait` seconds later."""
    query = f"isbn13={','.join(numbers)}" + (f"&offered={offered}" if offered else "")
    address = escape(f"{path}?{query}&waited={wait}")
    return f' hx-get="{address}" hx-trigger="load delay:{wait}s" hx-swap="none"'


def recently_viewed(cards: Sequence[Card]) -> str:
    """Books that the visitor has looked at before; nothing at all where there are none."""
    if not cards:
        return ""
    items = "\n".join(
        f'<li><a href="{escape(card.url)}">'
        f'<img class="cover" src="/covers/{card.isbn13}.svg" alt="" width="400" height="600"'
        f' loading="lazy"><span class="recent-title">{escape(card.label)}</span></a>'
        f'<span class="muted small">{escape(card.detail)}</span></li>'
        for card in cards
    )
    return (
        f'<div class="section-head"><h2 id="recent-heading">{escape(_("You looked at"))}</h2>'
        f'<button class="link-button" type="button" data-forget>{escape(_("Forget these"))}'
        f'</button></div>\n<ul class="recent" aria-labelledby="recent-heading">{items}</ul>'
    )
