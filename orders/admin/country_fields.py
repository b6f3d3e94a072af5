"""Countries in the back office: chosen by name, one or many, by mouse or keyboard."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from orders import countries


class CountryField(forms.ChoiceField):
    """One country; its code is kept."""

    def __init__(self, *, required: bool = True, **options: Any) -> None:
        """With all countries by name."""
        super().__init__(required=required, choices=_with_none, **options)


class CountryPicker(FilteredSelectMultiple):
    """Two lists, in a box of their own as the admin's script expects it."""

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        """The lists in their box."""
        wrapper = '<div class="related-widget-wrapper">{}</div>'
        return format_html(wrapper, super().render(*args, **kwargs))


class CountriesField(forms.MultipleChoiceField):
    """Some countries, found by typing; their codes are kept, sorted."""

    def __init__(self, **options: Any) -> None:
        """With all countries by name."""
        widget = CountryPicker(_("countries"), is_stacked=False)
        super().__init__(required=False, choices=countries.choices, widget=widget, **options)

    def clean(self, value: Any) -> list[str]:
        """The codes."""
        return sorted(super().clean(value))


def _with_none() -> list[tuple[str, str]]:
    return [("", "---------"), *countries.choices()]


def names_of(codes: list[str], *, most: int = 6) -> str:
    """Austria, Belgium, … and how many more."""
    shown = ", ".join(countries.name_of(code) for code in codes[:most])
    more = len(codes) - most
    if more <= 0:
        return shown
    return _("%(countries)s and %(n)d more") % {"countries": shown, "n": more}
