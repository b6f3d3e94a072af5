"""Choosing copies: a form that asks how many of each of an order's lines, and its answer."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.models import OrderLine

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Row(NamedTuple):
    """A line with the field for it."""

    line: OrderLine
    most: int
    field: BoundField


class CopiesForm(forms.Form):
    """One number for each line of which there are some to choose."""

    label: "StrOrPromise" = "%(line)s"
    nothing_chosen = gettext_lazy("Please choose at least one copy.")

    def __init__(
        self,
        *args: Any,
        most: Mapping[OrderLine, int],
        are_chosen: bool = True,
        are_fixed: bool = False,
        **kwargs: Any,
    ) -> None:
        """`most` copies of each line can be chosen; all of them are at first, or none. If they
        `are_fixed` it stays at that, whatever is sent.
        """
        super().__init__(*args, **kwargs)
        self.most = dict(most)
        for line, quantity in self.most.items():
            self.fields[_name(line)] = forms.IntegerField(
                label=self.label % {"line": line.described, "n": quantity},
                min_value=0,
                max_value=quantity,
                required=False,
                disabled=are_fixed,
                initial=quantity if are_chosen else 0,
                error_messages={
                    "invalid": _("The quantity of “%(title)s” must be a whole number.")
                    % {"title": line.title},
                    "min_value": _("The quantity of “%(title)s” cannot be below 0.")
                    % {"title": line.title},
                    "max_value": _("Of “%(title)s” at most %(n)d can be chosen.")
                    % {"title": line.title, "n": quantity},
                },
            )

    @property
    def rows(self) -> Iterator[Row]:
        """For templates: the lines with their fields."""
        for line, quantity in self.most.items():
            yield Row(line, quantity, self[_name(line)])

    @property
    def copies(self) -> dict[str, int]:
        """What was chosen: numbers by isbn13; once the form is valid."""
        numbers = {line.isbn13: self.cleaned_data.get(_name(line)) for line in self.most}
        return {isbn13: number for isbn13, number in numbers.items() if number}

    def clean(self) -> dict[str, Any]:
        """At least one copy, whatever else is wrong."""
        cleaned = super().clean() or self.cleaned_data
        names = [_name(line) for line in self.most]
        if not self.copies and self.errors.keys().isdisjoint(names):
            self.add_error(next(iter(names), None), self.nothing_chosen)
        return cleaned


def sent_copies(lines: Iterable[OrderLine], data: Mapping[str, str]) -> dict[str, int]:
    """What a form was sent with, numbers by isbn13, however many can be chosen by now."""
    numbers = {line.isbn13: _number(data.get(_name(line))) for line in lines}
    return {isbn13: number for isbn13, number in numbers.items() if number}


def _number(text: str | None) -> int:
    try:
        return forms.IntegerField(required=False).clean(text) or 0
    except forms.ValidationError:
        return -1  # so many were never chosen


def _name(line: OrderLine) -> str:
    return f"copies_{line.pk}"
