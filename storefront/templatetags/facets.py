"""Values of facets as links, written in Python: `{% load facets %}`. A page has dozens of them."""

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from storefront.templatetags.shop import grouped

if TYPE_CHECKING:
    from storefront.facet_links import FacetValue

register = template.Library()


@register.simple_tag
def facet_values(values: "Iterable[FacetValue]", has_more: bool) -> SafeString:
    """Items of a list that programs do not follow; with `has_more` more than counted are there."""
    books, more = escape(_("books")), "+" if has_more else ""
    items = []
    for value in values:
        count = ""
        if value.count is not None:
            count = (
                f' <span class="facet-count">{escape(grouped(value.count))}{more}'
                f'<span class="visually-hidden"> {books}</span></span>'
            )
        items.append(
            f'<li><a class="facet-value" rel="nofollow" href="{escape(value.url)}">'
            f"<span>{escape(value.label)}</span>{count}</a></li>\n"
        )
    return mark_safe("".join(items))  # noqa: S308 - escaped piece by piece
