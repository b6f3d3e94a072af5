"""The addresses that crawlers should find, cut into pages.

What there may be very many of is cut by ids, so a page reads its own rows alone and the index none:
a page may hold fewer than ON_A_PAGE addresses, where ids are missing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db.models import Exists, Max, Min, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.models import Contribution, Contributor, Edition, Imprint, Series, StaffList, Subject
from catalog.models.series import SeriesMembership
from storefront.missing import Missing

ON_A_PAGE = 5_000


@dataclass(frozen=True)
class _Kind:
    """What there may be very many of."""

    found: "Callable[[], QuerySet[Any]]"
    columns: tuple[str, ...]
    address: Callable[..., str]
    """Of a thing, by these columns: objects would be half of what a page costs."""

    def firsts(self) -> range:
        """The first id of each page."""
        ends = self.found().model.objects.aggregate(first=Min("pk"), last=Max("pk"))
        return range(ends["first"] or 1, (ends["last"] or 0) + 1, ON_A_PAGE)

    def urls(self, first: int | None = None) -> Iterator[str]:
        """The addresses of a page, or of all."""
        rows = self.found().order_by("pk")
        if first is not None:
            rows = rows.filter(pk__gte=first, pk__lt=first + ON_A_PAGE)
        for columns in rows.values_list(*self.columns):
            yield self.address(*columns)


def _series() -> "QuerySet[Series]":
    for_sale = Edition.objects.offered().filter(work=OuterRef("work"))
    places = SeriesMembership.objects.filter(Exists(for_sale), series=OuterRef("pk"))
    return Series.objects.filter(Exists(places))


def _contributors() -> "QuerySet[Contributor]":
    for_sale = Edition.objects.offered().filter(work=OuterRef("work"))
    parts = Contribution.objects.filter(Exists(for_sale), contributor=OuterRef("pk"))
    return Contributor.objects.filter(Exists(parts))


_KINDS = (
    _Kind(_series, ("slug",), Series.address),
    _Kind(_contributors, ("slug",), Contributor.address),
    _Kind(Edition.objects.offered, ("isbn13", "title", "work__title"), Edition.address),
)


def start() -> dict[str, object]:
    """What the sitemap's own address shows: all addresses, or the numbers of its pages.

    Either way in as many statements.
    """
    others = list(_others())
    first, *more = (kind.found().order_by().values("pk") for kind in _KINDS)
    many = first.union(*more, all=True)[: ON_A_PAGE + 1].count()
    if len(others) + many > ON_A_PAGE:
        return {"pages": pages()}
    return {"urls": chain(others, *(kind.urls() for kind in _KINDS))}


def pages() -> range:
    """The numbers of all pages."""
    return range(1, 2 + sum(len(kind.firsts()) for kind in _KINDS))


def page(number: int) -> dict[str, object]:
    """A page: the first holds what is never many, the others each kind by ids.

    Raises Missing behind the last.
    """
    if number == 1:
        return {"urls": _others()}
    place = number - 2
    for kind in _KINDS:
        firsts = kind.firsts()
        if place < len(firsts):
            return {"urls": kind.urls(firsts[place])}
        place -= len(firsts)
    raise Missing(_("The sitemap ends before page %(page)d.") % {"page": number})


def _others() -> Iterator[str]:
    yield from map(
        reverse, ("home", "search", "new", "coming_soon", "subjects", "staff_lists", "about")
    )
    for_sale = Edition.objects.offered().filter(imprint=OuterRef("pk"))
    things: Iterable[Any] = chain(
        StaffList.objects.all(),
        Subject.objects.shown(),
        Imprint.objects.filter(Exists(for_sale)),
    )
    for thing in things:
        yield thing.get_absolute_url()
