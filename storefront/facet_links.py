"""The search page's facets as links: each value with how many books it would leave.

How many are in stock changes with every order, and the page is kept: it says where to ask for it.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog import as_it_was, formats, languages
from catalog.criteria import Criteria
from catalog.facets import Counts
from catalog.offer_codes import PRICE_BANDS
from catalog.search import Results
from catalog.surroundings import Node
from storefront.criteria import parameters, price_band_name, year_name

MOST_VALUES = 8  # of a facet that are shown at once; the others are folded
YEARS = 20
MOST_WRITTEN = 128  # searches whose facets are kept as they were written, of some 12 kB

PLACE = "\0"  # that no parameter has: a value comes there, which is a slug or a word of ours
Value = tuple[str, str, int | None]
"""What an address says, what people read, and how many works there are, if a page may keep that."""


@dataclass(frozen=True)
class FacetValue:
    """A value that can be chosen."""

    label: str
    count: int | None
    """None where a page that is kept could not say it truly."""
    url: str
    count_url: str = ""
    """Where it is said, then."""


@dataclass(frozen=True)
class FacetGroup:
    """A facet with its values."""

    label: str
    values: list[FacetValue]

    @property
    def first(self) -> list[FacetValue]:
        """Those that are shown at once."""
        return self.values[:MOST_VALUES]

    @property
    def others(self) -> list[FacetValue]:
        """Those that are folded."""
        return self.values[MOST_VALUES:]


def written(results: Results, criteria: Criteria) -> SafeString:
    """The facets as they stand on the page.

    They are written once for the same counts: a search that finds what it found before gives those
    of before (`catalog.as_it_was`).
    """
    if not results.total:
        return SafeString()
    used = tuple(parameters(criteria).items())
    write = _written.__wrapped__ if as_it_was.is_making_all_anew() else _written
    return write(results.counts, tuple(results.below), used, get_language())


@functools.lru_cache(MOST_WRITTEN)
def _written(
    counts: Counts, below: tuple[Node, ...], used: tuple[tuple[str, str], ...], _language: str
) -> SafeString:
    values = {"groups": _groups(counts, below, dict(used)), "has_more": counts.has_more}
    return render_to_string("storefront/parts/facets.html", values)


def _groups(counts: Counts, below: Iterable[Node], used: dict[str, str]) -> list[FacetGroup]:
    """What can still be chosen; a facet that is chosen, or leaves all as it is, is left out."""
    groups: list[tuple[str, str, list[Value]]] = [
        ("subject", _("Subject"), _most_first(
            (node.slug, node.name, n) for node in below if (n := counts.subjects[str(node.pk)])
        )),
        ("format", _("Format"), _most_first(
            (v, formats.label(v), n) for v, n in counts.formats.items()
        )),
        ("language", _("Language"), _most_first(
            (v, languages.label(v), n) for v, n in counts.languages.items()
        )),
        ("price", _("Price"), [
            (band, price_band_name(band), counts.prices[band])
            for band in PRICE_BANDS if counts.prices[band]
        ]),
        ("year", _("Published"), [
            (year, year_name(year), counts.years[year])
            for year in sorted(counts.years, reverse=True)[:YEARS]
        ]),
        ("available", _("Availability"), [("1", _("In stock now"), None)]),
    ]  # fmt: skip
    return [
        FacetGroup(label, _linked(values, name, used))
        for name, label, values in groups
        if (name not in used or name == "subject") and _restricts(values, counts.total)
    ]


def _linked(values: list[Value], name: str, used: dict[str, str]) -> list[FacetValue]:
    """Each with the address in which the facet has it, which is written once for all of them."""
    start, _place, end = f"?{urlencode({**used, name: PLACE})}".rpartition(quote_plus(PLACE))
    has_to_ask = any(count is None for _value, _text, count in values)
    asking = f"{reverse('search_available')}?{urlencode(used)}" if has_to_ask else ""
    return [
        FacetValue(text, count, f"{start}{value}{end}", asking if count is None else "")
        for value, text, count in values
    ]


def _most_first(values: Iterable[tuple[str, str, int]]) -> list[Value]:
    return [*sorted(values, key=lambda value: (-value[2], value[1]))]


def _restricts(values: list[Value], total: int) -> bool:
    return total > 0 and any(count is None or 0 < count < total for _value, _text, count in values)
