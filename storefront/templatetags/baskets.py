"""The lines of a basket, written in Python: `{% load baskets %}`.

The template language took a quarter of a millisecond for each, a tenth of what it costs to put a
book into the basket. The same few books lie in most baskets, so a line is written once for all that
it says. Every text is escaped here, word by word.
"""

import functools
from collections.abc import Iterable
from decimal import Decimal
from html import escape
from typing import NamedTuple

from django import template
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog import formats
from catalog.models import Edition
from catalog.money import format_money
from orders.models import BasketLine

register = template.Library()

MOST_WRITTEN = 1_000  # lines that are kept, of some three kilobytes


class Row(NamedTuple):
    """A line with what stands in its field, and what is wrong with that."""

    line: BasketLine
    quantity: int | str
    error: str = ""


@register.simple_tag
def basket_lines(rows: Iterable[Row], max_quantity: int) -> SafeString:
    """The lines as items of a list, each with the field for its quantity and its buttons."""
    language = get_language()
    items = [_written(row, max_quantity, language) for row in rows]
    return mark_safe("".join(items))  # noqa: S308 - escaped piece by piece


class _Said(NamedTuple):
    """All that is said of a line."""

    isbn13: str
    title: str
    byline: str
    format: str
    currency: str
    unit_amount: Decimal | None
    previous_amount: Decimal | None
    """What the line cost when the customer last saw it, if that was something else."""
    total_amount: Decimal
    quantity: int
    typed: int | str
    """What stands in the field."""
    promise: str
    problem: str
    error: str
    """What is wrong with what was typed."""

    @classmethod
    def by(cls, row: Row) -> "_Said":
        line = row.line
        edition = line.edition
        return cls(
            edition.isbn13, edition.display_title, edition.work.byline, edition.format,
            settings.SHOP_CURRENCY, line.unit_amount, line.previous_amount, line.total_amount,
            line.quantity, row.quantity, line.promise, line.problem, row.error,
        )  # fmt: skip

    def money(self, amount: Decimal, language: str | None) -> str:
        """An amount, escaped."""
        return escape(format_money(amount, self.currency, language))


def _written(row: Row, max_quantity: int, language: str | None) -> str:
    """Nothing is kept of what somebody made up to type."""
    is_as_it_is = isinstance(row.quantity, int) and not row.error
    write = _item_once if is_as_it_is else _item
    return write(_Said.by(row), max_quantity, language)


def _item(said: _Said, max_quantity: int, language: str | None) -> str:
    number, title = said.isbn13, escape(said.title)
    address = Edition.address(number, said.title, "")
    byline = f"{escape(said.byline)} · " if said.byline else ""
    amount = "" if said.unit_amount is None else said.money(said.total_amount, language)
    return (
        f'<li class="line{" has-problem" if said.problem or said.error else ""}">\n'
        f'<a class="line-cover" href="{address}" tabindex="-1" aria-hidden="true">'
        f'<img class="cover" src="/covers/{number}.svg" alt="" width="64" height="96"></a>\n'
        '<div class="line-body">\n'
        f'<h2 class="line-title"><a href="{address}">{title}</a></h2>\n'
        f'<p class="small muted">{byline}{escape(formats.label(said.format, language))}</p>\n'
        f"{_prices(said, language)}{_words(said)}"
        f'<div class="line-form">\n{_field(said, max_quantity)}{_buttons(number, title)}</div>\n'
        f'</div>\n<p class="line-amount">{amount}</p>\n</li>\n'
    )


_item_once = functools.lru_cache(maxsize=MOST_WRITTEN)(_item)


def _prices(said: _Said, language: str | None) -> str:
    if said.unit_amount is None:
        return ""
    now = said.money(said.unit_amount, language)
    each = _("%(amount)s each") % {"amount": now}
    written = f'<p class="small muted">{each}</p>\n'
    if said.previous_amount is None:
        return written
    before = said.money(said.previous_amount, language)
    news = _("The price has changed: it was %(before)s, it is %(now)s now.")
    return f'{written}<p class="line-news">{news % {"before": before, "now": now}}</p>\n'


def _words(said: _Said) -> str:
    """When the copies come, and what is wrong; the field names these by their ids."""
    told = (
        ("promise", "promise", said.promise),
        ("problem", "problem", said.problem),
        ("problem", "error", said.error),
    )
    return "".join(
        f'<p class="line-{kind}" id="{name}-{said.isbn13}">{escape(text)}</p>\n'
        for kind, name, text in told
        if text
    )


def _field(said: _Said, max_quantity: int) -> str:
    number = said.isbn13
    of_title = _("of %(title)s") % {"title": escape(said.title)}
    told = (("problem", said.problem), ("error", said.error))
    wrong = " ".join(f"{name}-{number}" for name, text in told if text)
    described = f' aria-describedby="{wrong}" aria-invalid="true"' if wrong else ""
    return (
        f'<label for="quantity-{number}">{_("Quantity")}'
        f'<span class="visually-hidden"> {of_title}</span></label>\n'
        f'<input type="hidden" name="shown-{number}" value="{said.quantity}">\n'
        f'<input class="quantity" id="quantity-{number}" type="number" name="quantity-{number}"'
        f' value="{escape(str(said.typed))}" min="0" max="{max_quantity}" required'
        f' inputmode="numeric"{described}>\n'
    )


def _buttons(number: str, title: str) -> str:
    changed = _("the quantity of %(title)s") % {"title": title}
    return (
        f'<button class="button secondary" type="submit">{_("Change")}'
        f'<span class="visually-hidden"> {changed}</span></button>\n'
        f'<button class="link-button" type="submit" name="remove" value="{number}" formnovalidate>'
        f'{_("Remove")}<span class="visually-hidden"> {title}</span></button>\n'
    )
