"""The canary: compares what the shop shows from Redis with what it would be, computed anew.

A job looks each minute at what has changed lately and at a few pages by chance. What differs twice,
some seconds apart, shows something old: no rule of this shop was meant to let that happen.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from django.http import Http404, HttpRequest, QueryDict
from django.urls import get_urlconf, resolve, set_urlconf
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from bookstore.roles import FRONTEND
from caching import store
from catalog import as_it_was, live_reading, memory, suggesting, suggestion_blocks
from catalog.models import Contributor, Edition, Imprint, Series, StaffList, Subject, Work

LATELY = 20  # changes whose books are looked at
MOST_CHANGED = 8  # books
BY_CHANCE = 4  # books
PAUSE_SECONDS = 2.0  # until the second look: a change may be on its way to Redis
SINGLE = (
    "/", "/search/", "/subjects/", "/new/", "/new/feed.xml", "/coming-soon/", "/lists/",
    "/sitemap.xml",
)  # fmt: skip
NAMED = (Contributor, Series, Subject, Imprint, StaffList)
MOST_SUGGESTED = suggestion_blocks.BEST  # of what begins alike; among more, none is looked for
_FACET = re.compile(rb'<section class="facet".*?</section>', re.DOTALL)
_AT_LEAST = b"+<span"  # behind the number


class ShowsOldAnswers(Exception):
    """Something is shown that is no longer true; the text names what."""


@dataclass(frozen=True)
class Surface:
    """One thing that is shown: how it is, and how it would be if it were computed now."""

    name: str
    shown: Callable[[], object]
    true: Callable[[], object]

    @property
    def differs(self) -> bool:
        """Whether what is shown is neither what was true before it nor what is after it."""
        before, shown = self.true(), self.shown()
        return shown != before and shown != self.true()


def look(*, chance: Random, pause: Callable[[], None]) -> None:
    """Compare; `pause` waits before the second look at what differed.

    Raises ShowsOldAnswers, and Unavailable where Redis does not answer.
    """
    suspects = [surface for surface in _surfaces(chance) if surface.differs]
    if suspects:
        pause()
    old = [surface.name for surface in suspects if surface.differs]
    if old:
        raise ShowsOldAnswers(", ".join(old))


def _surfaces(chance: Random) -> Iterator[Surface]:
    for path in SINGLE:
        yield _of_page(path)
    for model in NAMED:
        for row in _by_chance(model, chance):
            yield _of_page(row.get_absolute_url())
    editions = _editions(chance)
    for edition in editions:
        yield _of_page(edition.get_absolute_url())
        yield _of_page(f"/covers/{edition.isbn13}.svg")
    if not memory.is_built():
        return  # and it is known
    for edition in editions:
        yield _of_badge(edition.isbn13)
    for work in Work.objects.filter(pk__in={each.work_id for each in editions}):
        yield _of_suggestion(work.pk, work.title)


def _editions(chance: Random) -> list[Edition]:
    """Books that have changed lately, and some by chance."""
    jobs = ProcrastinateJob.objects.filter(task_name="caching.bump").order_by("-id")
    names = [
        name for args in jobs.values_list("args", flat=True)[:LATELY] for name in args["names"]
    ]
    numbers = sorted({name[8:] for name in names if name.startswith("edition:")})
    changed = chance.sample(numbers, min(len(numbers), MOST_CHANGED))
    offered = Edition.objects.offered().select_related("work")
    found = {edition.pk: edition for edition in offered.filter(isbn13__in=changed)}
    for _time in range(BY_CHANCE):
        found |= {edition.pk: edition for edition in _by_chance(Edition, chance)}
    return list(found.values())


def _by_chance(model: Any, chance: Random) -> list[Any]:
    """One row, wherever it lies; none where there are none."""
    last = model._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 0
    rows = model._default_manager.filter(pk__gte=chance.randint(0, last)).order_by("pk")
    return list(rows[:1])


# --- Pages --------------------------------------------------------------------------------------


def _of_page(path: str) -> Surface:
    return Surface(path, lambda: _page(path), lambda: _page_anew(path))


def _page_anew(path: str) -> object:
    with store.bypassed(), as_it_was.making_all_anew():
        return _page(path)


def _page(path: str) -> object:
    """What a visitor gets of a public page, in whatever role this runs."""
    (route,) = FRONTEND.routes
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", path, path
    request.GET = QueryDict()
    before = get_urlconf()
    set_urlconf(route.urlconf)
    try:
        view, arguments, named = resolve(path, route.urlconf)
        response = view(request, *arguments, **named)
    except Http404:
        return 404
    finally:
        set_urlconf(before)
    return response.status_code, response.get("Location", ""), _sure(response.content)


def _sure(page: bytes) -> bytes:
    """The page without facets of which the least is told.

    They are counted of any MOST_COUNTED works (`catalog.facets`): now of these, now of those.
    """
    return _FACET.sub(b"", page) if _AT_LEAST in page else page


# --- Live answers -------------------------------------------------------------------------------


def _of_badge(isbn13: str) -> Surface:
    today = timezone.localdate()

    def true() -> object:
        editions = Edition.objects.offered().with_availability().filter(isbn13=isbn13)
        return [each.availability.level(isbn13, on=today) for each in editions]

    def shown() -> object:
        levels = live_reading.stock_levels([isbn13], on=today)
        return [level for level in levels if level.state != "unknown"]

    return Surface(f"the badge of {isbn13}", shown, true)


def _of_suggestion(work_id: int, title: str) -> Surface:
    """Whether the address of a work is suggested for the whole of its title, if for anything."""

    def true() -> list[str]:
        works = Work.objects.for_cards().filter(pk=work_id)
        return [each.lead_edition.get_absolute_url() for each in works if each.lead_edition]

    def shown() -> object:
        suggested = [each.url for each in suggesting.suggest(title, limit=MOST_SUGGESTED)]
        expected = true()
        is_there = len(suggested) >= MOST_SUGGESTED or set(expected) <= set(suggested)
        return expected if is_there else suggested

    return Surface(f"suggestions for “{title}”", shown, true)
