"""Values of facets as links, written in Python: `{% load facets %}`. A page has dozens of them."""

import functools
from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext

from storefront.templatetags.shop import grouped

if TYPE_CHECKING:
    from storefront.facet_links import FacetValue

register = template.Library()


@register.simple_tag
def facet_values(values: "Iterable[FacetValue]", has_more: bool) -> SafeString:
    """Items of a list that programs do not follow; with `has_more` more than counted are there."""
    items, language = [], get_language()
    for value in values:
        asking = ""
        if value.count_url:  # when it comes into view
            asking = f' hx-get="{escape(value.count_url)}" hx-trigger="intersect once"'
        count = "" if value.count is None else _number_of_books(value.count, has_more, language)
        items.append(
            f'<li><a class="facet-value" rel="nofollow" href="{escape(value.url)}">'
            f"<span>{escape(value.label)}</span>"
            f' <span class="facet-count"{asking}>{count}</span></a></li>\n'
        )
    return mark_safe("".join(items))  # noqa: S308 - escaped piece by piece


def number_of_books(number: int, has_more: bool) -> SafeString:
    """A count as it stands beside a value; with `has_more` it is the least there are."""
    return _number_of_books(number, has_more, get_language())


@functools.lru_cache(4_096)  # facets write the same small numbers again and again
def _number_of_books(number: int, has_more: bool, language: str | None) -> SafeString:
    more, books = "+" if has_more else "", escape(ngettext("book", "books", number))
    return mark_safe(  # noqa: S308 - escaped piece by piece
        f'{escape(grouped(number))}{more}<span class="visually-hidden"> {books}</span>'
    )


@register.simple_tag
def options(choices: Mapping[str, object], chosen: str) -> SafeString:
    """Options of a select; without one that is chosen the first is."""
    return mark_safe(  # noqa: S308 - the same
        "\n".join(
            f'  <option value="{escape(value)}"{" selected" if value == chosen else ""}>'
            f"{escape(str(text))}</option>\n"
            for value, text in choices.items()
        )
    )
