"""Pages of a long list: which one is asked for, and the links to the others."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from catalog.models import Work
from catalog.search import Results
from storefront.missing import Missing

PAGE_SIZE = 24
LAST_PAGE = 50  # by its number, as the database must skip what stands before; keys lead further
FURTHEST = 999_999  # a page that a key leads to has its number for the eyes alone
LONGEST_KEY = 400  # letters


@dataclass(frozen=True)
class PageLink:
    """A link to a page, or a gap between links where `number` is 0."""

    number: int
    url: str
    is_current: bool


@dataclass(frozen=True)
class Paging:
    """Where the visitor is in a list, for the template `parts/pagination.html`."""

    number: int
    pages: int
    parameters: dict[str, str] = field(default_factory=dict)
    after: str = ""
    """The key that the next page begins behind; empty where pages have numbers alone."""
    before: str = ""
    """The key that the previous page ends before."""

    def url(self, number: int) -> str:
        """The address of a page, from the list's own path; the first has no number."""
        parameters = {**self.parameters, **({"page": str(number)} if number > 1 else {})}
        return f"?{urlencode(parameters)}" if parameters else "."

    @property
    def has_others(self) -> bool:
        """Whether this is not the only page."""
        return self.pages > 1 or bool(self.previous_url or self.next_url)

    @property
    def ends_open(self) -> bool:
        """Whether pages follow that no number leads to."""
        return bool(self.next_url) and self.links[-1].number < self.number + 1

    @property
    def own_url(self) -> str:
        """Of the page itself."""
        return self.url(self.number)

    @functools.cached_property
    def previous_url(self) -> str:
        """Empty on the first page."""
        if self.number <= 2 or not self.before:
            return self.url(self.number - 1) if self.number > 1 else ""
        return self._url_by(self.number - 1, before=self.before)

    @functools.cached_property
    def next_url(self) -> str:
        """Empty on the last page."""
        if self.after:
            return self._url_by(self.number + 1, after=self.after)
        return self.url(self.number + 1) if self.number < self.pages else ""

    def _url_by(self, number: int, **key: str) -> str:
        """The address of a page that a key leads to: right whatever changed meanwhile."""
        return f"?{urlencode({**self.parameters, 'page': str(number), **key})}"

    @functools.cached_property
    def links(self) -> tuple[PageLink, ...]:
        """The first, the last and those around the current page; gaps between them."""
        near = {1, self.pages, *range(self.number - 1, self.number + 2)}
        last = max(min(self.pages, LAST_PAGE), self.number)
        numbers = sorted(number for number in near if 1 <= number <= last)
        numbers = [n for n in numbers if n <= LAST_PAGE or n == self.number]
        links: list[PageLink] = []
        for number in numbers:
            if links and number > links[-1].number + 1:
                links.append(PageLink(0, "", is_current=False))
            links.append(PageLink(number, self.url(number), is_current=number == self.number))
        return tuple(links)


def paging_of(results: Results, parameters: dict[str, str] | None = None) -> Paging:
    """Where the visitor is in what was found; `parameters` are those of the list's address."""
    return Paging(
        results.page,
        results.pages,
        parameters or {},
        after=results.after,
        before=results.before,
    )


def read_page(query: QueryDict, *, last: int | None = None) -> int:
    """The number of the page that is asked for; an empty one is none, as nginx has it.

    Raises BadRequest, in words for people.
    """
    text = query.get("page") or "1"
    if last is None:
        last = FURTHEST if query.get("after") or query.get("before") else LAST_PAGE
    if not (re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= last):
        raise BadRequest(
            _("“%(value)s” is not a page number from 1 to %(last)d.")
            % {"value": text[:40], "last": last}
        )
    return int(text)


def read_key(query: QueryDict, name: str) -> str:
    """The key of a page's neighbor, if one is given. Raises BadRequest, in words for people."""
    key = query.get(name, "")
    if not re.fullmatch(r"[A-Za-z0-9_.-]*", key) or len(key) > LONGEST_KEY:
        raise bad_key()
    return key


def bad_key() -> BadRequest:
    """For a key that is none of ours."""
    return BadRequest(_("This link is damaged. Please begin at the first page."))


def page_of(works: "QuerySet[Work, int]", request: HttpRequest) -> tuple[Sequence[int], Paging]:
    """The ids of the works of the page that is asked for. Raises Missing behind the last page."""
    number = read_page(request.GET)
    paginator = Paginator(works, PAGE_SIZE)
    if number > paginator.num_pages:
        raise Missing(_("This list ends before page %(number)d.") % {"number": number})
    return list(paginator.page(number).object_list), Paging(number, paginator.num_pages)
