"""What the address of the search page may say."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import BadRequest, ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import languages
from catalog.criteria import Criteria
from catalog.models import Format, Subject
from catalog.offer_codes import PRICE_BANDS, band_amounts
from catalog.search import SORTS
from storefront.paging import read_key, read_page
from storefront.templatetags.shop import money

MOST_TYPED = 200  # letters
MOST_WORDS = 12
LONGEST_SHOWN = 40  # letters of what is refused
MOST_REMEMBERED = 4096  # addresses, of at most so many letters:
LONGEST_REMEMBERED = 300
YES = frozenset({"1", "on", "true", "yes"})
NO = frozenset({"", "0", "off", "false", "no"})
SORT_NAMES = {
    "relevance": gettext_lazy("Best match"),
    "popularity": gettext_lazy("Popularity"),
    "newest": gettext_lazy("Newest"),
    "title": gettext_lazy("Title"),
    "price": gettext_lazy("Price"),
}


def _price_choices() -> list[tuple[str, str]]:
    return [("", _("Any price")), *((key, price_band_name(key)) for key in PRICE_BANDS)]


def price_band_name(key: str) -> str:
    """Under $10, $10 to $20, $20 and more."""
    lowest, limit = band_amounts(key)
    if not lowest:
        return _("Under %(amount)s") % {"amount": money(limit)}
    if limit is None:
        return _("%(amount)s and more") % {"amount": money(lowest)}
    return _("%(lowest)s to %(limit)s") % {"lowest": money(lowest), "limit": money(limit)}


UNREADABLE = gettext_lazy("Some of what you search for cannot be read. Please type it again.")


def _check_readable(text: str) -> None:
    """Refuse what was no UTF-8 (Django decodes it with replacement characters)."""
    if "\N{REPLACEMENT CHARACTER}" in text:
        raise ValidationError(UNREADABLE)


class Switch(forms.CheckboxInput):
    """A checkbox that understands the words that people and programs use for it."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        """Whether it is on."""
        return data.get(name, "") in YES


class SearchForm(forms.Form):
    """The search page's filters; an empty field restricts nothing."""

    q = forms.CharField(
        required=False,
        max_length=MOST_TYPED,
        validators=[_check_readable],
        error_messages={
            "max_length": gettext_lazy(
                "That is more than %(limit_value)d letters. Please search for fewer words."
            ),
            "null_characters_not_allowed": UNREADABLE,
        },
    )
    subject = forms.SlugField(
        label=gettext_lazy("Subject"), required=False, max_length=100, widget=forms.HiddenInput
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        required=False,
        choices=[("", gettext_lazy("Any format")), *Format.choices],
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=[("", gettext_lazy("Any language")), *languages.CHOICES],
    )
    price = forms.ChoiceField(label=gettext_lazy("Price"), required=False, choices=_price_choices)
    year = forms.RegexField(
        "^[12][0-9]{3}$|^[12][0-9]{2}0s$",
        label=gettext_lazy("Year"),
        required=False,
        max_length=5,
    )
    available = forms.BooleanField(
        label=gettext_lazy("In stock now"), required=False, widget=Switch
    )
    sort = forms.ChoiceField(
        label=gettext_lazy("Sort by"),
        required=False,
        choices=[(sort, SORT_NAMES[sort]) for sort in SORTS],
    )

    def clean_available(self) -> bool:
        """Raises ValidationError for a word that means neither on nor off."""
        if self.data.get("available", "") not in YES | NO:
            raise ValidationError(_("Write 1 or 0."))
        return bool(self.cleaned_data["available"])


def read_criteria(query: QueryDict) -> Criteria:
    """What to search for, by the first MOST_WORDS words.

    Raises BadRequest that names what is at fault, as the page calls it.
    """
    form = SearchForm(query)
    if not form.is_valid():
        raise BadRequest(_trouble_with(form))
    values = form.cleaned_data
    return Criteria(
        q=" ".join(values["q"].split()[:MOST_WORDS]),
        subject=values["subject"],
        format=values["format"],
        language=values["language"],
        price=values["price"],
        year=values["year"],
        available=values["available"],
        sort=values["sort"] or "relevance",
        page=read_page(query),
        after=read_key(query, "after"),
        before=read_key(query, "before"),
    )


def _trouble_with(form: SearchForm) -> str:
    """What is wrong with the first field that is: of what is chosen, not typed, that it is none."""
    name, (error, *_others) = next(iter(form.errors.items()))
    if name == "q":
        return str(error)
    return _("%(filter)s: we do not know “%(value)s”. Please choose again.") % {
        "filter": form.fields[name].label,
        "value": form.data.get(name, "")[:LONGEST_SHOWN],
    }


def asked_for(query_string: str) -> tuple[Criteria, str]:
    """What the address asks for, and the words that this search is kept under.

    Remembered, because to read a form takes longer than to give a page that is kept.
    """
    if len(query_string) <= LONGEST_REMEMBERED:
        return _remembered(query_string)
    return _read(query_string)


def _read(query_string: str) -> tuple[Criteria, str]:
    criteria = read_criteria(_query_of(query_string))
    return criteria, normalized(criteria)


def _query_of(query_string: str) -> QueryDict:
    """The parameters of an address, as WSGI gives it: a letter for each byte."""
    return QueryDict(query_string.encode("latin-1"))


_remembered = functools.lru_cache(MOST_REMEMBERED)(_read)


def parameters(criteria: Criteria) -> dict[str, str]:
    """The criteria as the parameters of an address, without the page and what is empty."""
    values = {
        "q": criteria.q,
        "subject": criteria.subject,
        "format": criteria.format,
        "language": criteria.language,
        "price": criteria.price,
        "year": criteria.year,
        "available": "1" if criteria.available else "",
        "sort": "" if criteria.sort == "relevance" else criteria.sort,
    }
    return {name: value for name, value in values.items() if value}


def normalized(criteria: Criteria) -> str:
    """The same words for the same search: what its cached page is filed under."""
    place = {"page": criteria.page, "after": criteria.after, "before": criteria.before}
    return urlencode({**parameters(criteria), **place})


def year_name(year: str) -> str:
    """2024, or 1990–1999."""
    return f"{year[:4]}–{year[:3]}9" if year.endswith("s") else year


@dataclass(frozen=True)
class ActiveFilter:
    """A filter that is on: what it says, and the address without it."""

    label: str
    url_without: str


def active_filters(criteria: Criteria, subject: Subject | None) -> list[ActiveFilter]:
    """Those that restrict the search, each with the way to drop it."""
    labels = {
        "subject": subject.name if subject else criteria.subject,
        "format": str(Format(criteria.format).label) if criteria.format else "",
        "language": str(languages.NAMES[criteria.language]) if criteria.language else "",
        "price": price_band_name(criteria.price) if criteria.price else "",
        "year": year_name(criteria.year),
        "available": _("In stock now"),
    }
    used = parameters(criteria)
    return [
        ActiveFilter(label, "?" + urlencode({k: v for k, v in used.items() if k != name}))
        for name, label in labels.items()
        if name in used
    ]
