"""Two rows side by side, as staff has to see them before they are made one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Prefetch, QuerySet
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from catalog import merging
from catalog.models import Contribution, Contributor, Edition, Imprint, Series, Work

DESCRIPTION = 300
"""Characters of a description."""


@dataclass(frozen=True)
class Line:
    """One fact of both rows, and which of them will hold."""

    name: str
    values: tuple[str, str]
    """Of the row that stays, and of the one that goes."""
    is_taken_over: bool = False
    """Whether what goes fills a blank in what stays."""

    @property
    def differs(self) -> bool:
        """Whether the two say different things."""
        return all(self.values) and self.values[0] != self.values[1]


def works() -> "QuerySet[Work]":
    """Works with all that stands on the page, in a fixed number of queries."""
    return Work.objects.prefetch_related(
        Prefetch(
            "contributions",
            Contribution.objects.filter(edition=None).select_related("contributor"),
        ),
        Prefetch("editions", Edition.objects.select_related("imprint").order_by("pk")),
        "series_memberships__series",
    )


def lines(stays: Any, goes: Any) -> list[Line]:
    """The facts of both, with what will hold after a merge."""
    filled = {} if isinstance(goes, Edition) else merging.filled(goes, stays)
    found = []
    for (field, name, value), (_field, _name, other) in zip(
        _facts(stays), _facts(goes), strict=True
    ):
        if value or other:
            found.append(Line(name, (value, other), is_taken_over=field in filled and not value))
    return found


def _facts(row: Work | Contributor | Series | Imprint | Edition) -> Sequence[tuple[str, str, str]]:
    """Field, name for people, value."""
    if isinstance(row, Work):
        return _of_work(row)
    if isinstance(row, Contributor):
        return (
            ("name", _("Name"), row.name),
            ("sort_name", _("Filed as"), row.sort_name),
            ("birth_year", _("Born"), _text(row.birth_year)),
            ("death_year", _("Died"), _text(row.death_year)),
            ("biography", _("Biography"), _short(row.biography)),
            ("", _("Address"), row.get_absolute_url()),
            ("", _("Works"), _number_of_works(row)),
        )
    if isinstance(row, Edition):
        return _of_edition(row)
    return (
        ("", _("Name"), str(row)),
        *([("", _("Publisher"), row.publisher.name)] if isinstance(row, Imprint) else []),
        ("", _("Address"), row.get_absolute_url()),
        ("", _("Works"), _number_of_works(row)),
    )


def _of_edition(edition: Edition) -> Sequence[tuple[str, str, str]]:
    return (
        ("", _("Number"), edition.display_number),
        ("", _("Title"), edition.display_title),
        ("", _("Subtitle"), edition.display_subtitle),
        ("", _("Contributors"), edition.work.byline),
        ("", _("Format"), edition.get_format_display()),
        ("", _("Language"), edition.get_language_display()),
        ("", _("Imprint"), edition.imprint.name),
        ("", _("Publication date"), str(edition.publication_date or "")),
        ("", _("Offered"), _("yes") if edition.is_offered else _("no")),
    )


def _of_work(work: Work) -> Sequence[tuple[str, str, str]]:
    return (
        ("title", _("Title"), work.title),
        ("subtitle", _("Subtitle"), work.subtitle),
        ("", _("Contributors"), "; ".join(map(_part, work.contributions.all()))),
        ("first_published", _("First published"), _text(work.first_published)),
        ("original_language", _("Language"), work.get_original_language_display()),
        ("", _("Series"), "; ".join(str(each) for each in work.series_memberships.all())),
        ("description", _("Description"), _short(work.description)),
    )


def _part(part: Contribution) -> str:
    person = part.contributor
    years = (person.birth_year, person.death_year)
    lived = "–".join(_text(year) for year in years) if any(years) else ""
    return f"{part} {lived}".strip()


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def _short(text: str) -> str:
    return Truncator(text).chars(DESCRIPTION)


def _number_of_works(row: Model) -> str:
    return str(len(merging.affected_works(row)))
