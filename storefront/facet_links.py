"""The search page's facets as links: each value with how many books it would leave.

How many are in stock changes with every order, and the page is kept: it says where to ask for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog import formats, languages
from catalog.criteria import Criteria
from catalog.offer_codes import PRICE_BANDS
from catalog.search import Results
from storefront.criteria import parameters, price_band_name, year_name

MOST_VALUES = 8  # of a facet that are shown at once; the others are folded
YEARS = 20


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


def facet_groups(results: Results, criteria: Criteria) -> list[FacetGroup]:
    """What can still be chosen; a facet that is chosen, or leaves all as it is, is left out."""
    counts = results.counts
    groups: list[tuple[str, str, list[Value]]] = [
        ("subject", _("Subject"), _subjects(results)),
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
    used = parameters(criteria)
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


def _subjects(results: Results) -> list[Value]:
    counted = results.counts.subjects
    return _most_first(
        (below.slug, below.name, works)
        for below in results.below
        if (works := counted[str(below.pk)])
    )


def _most_first(values: Iterable[tuple[str, str, int]]) -> list[Value]:
    return [*sorted(values, key=lambda value: (-value[2], value[1]))]


def _restricts(values: list[Value], total: int) -> bool:
    return total > 0 and any(count is None or 0 < count < total for _value, _text, count in values)
