"""The addresses that crawlers should find, cut into pages."""

from collections.abc import Iterable, Iterator
from itertools import chain

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.models import Contributor, Edition, Imprint, Series, StaffList, Subject
from storefront.missing import Missing

ON_A_PAGE = 5_000


def start() -> dict[str, object]:
    """What the sitemap's own address shows: all addresses, or the numbers of its pages."""
    total = Edition.objects.offered().count()
    others = list(_others())
    if total + len(others) <= ON_A_PAGE:
        return {"urls": [*others, *_edition_urls(0, total)]}
    return {"pages": range(1, 2 - (-total // ON_A_PAGE))}


def page(number: int) -> dict[str, object]:
    """A page: the first holds all but the editions, the others the editions by their number.

    Raises Missing behind the last.
    """
    if number == 1:
        return {"urls": list(_others())}
    first = (number - 2) * ON_A_PAGE
    urls = list(_edition_urls(first, first + ON_A_PAGE))
    if not urls:
        raise Missing(_("The sitemap ends before page %(page)d.") % {"page": number})
    return {"urls": urls}


def _others() -> Iterator[str]:
    yield from map(reverse, ("home", "search", "new", "coming_soon", "subjects", "staff_lists"))
    things: Iterable[object] = chain(
        StaffList.objects.all(),
        Subject.objects.shown(),
        Series.objects.filter(works__editions__is_offered=True).distinct(),
        Contributor.objects.filter(contributions__work__editions__is_offered=True).distinct(),
        Imprint.objects.filter(editions__is_offered=True).distinct(),
    )
    for thing in things:
        yield thing.get_absolute_url()  # type: ignore[attr-defined]


def _edition_urls(first: int, last: int) -> Iterator[str]:
    editions = Edition.objects.offered().select_related("work").order_by("id")
    for edition in editions.only("isbn13", "title", "work__title")[first:last]:
        yield edition.get_absolute_url()
