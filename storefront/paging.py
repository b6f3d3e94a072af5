"""Pages of a long list: which one is asked for, and the links to the others."""

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
from storefront.missing import Missing

PAGE_SIZE = 24
LAST_PAGE = 10_000  # nobody turns that far, and the database must not skip further


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

    def url(self, number: int) -> str:
        """The address of a page, from the list's own path; the first has no number."""
        parameters = {**self.parameters, **({"page": str(number)} if number > 1 else {})}
        return f"?{urlencode(parameters)}" if parameters else "."

    @property
    def own_url(self) -> str:
        """Of the page itself."""
        return self.url(self.number)

    @property
    def previous_url(self) -> str:
        """Empty on the first page."""
        return self.url(self.number - 1) if self.number > 1 else ""

    @property
    def next_url(self) -> str:
        """Empty on the last page."""
        return self.url(self.number + 1) if self.number < self.pages else ""

    @property
    def links(self) -> list[PageLink]:
        """The first, the last and those around the current page; gaps between them."""
        near = {1, self.pages, *range(self.number - 1, self.number + 2)}
        numbers = sorted(number for number in near if 1 <= number <= self.pages)
        links: list[PageLink] = []
        for number in numbers:
            if links and number > links[-1].number + 1:
                links.append(PageLink(0, "", is_current=False))
            links.append(PageLink(number, self.url(number), is_current=number == self.number))
        return links


def read_page(query: QueryDict) -> int:
    """The number of the page that is asked for. Raises BadRequest, naming the parameter."""
    text = query.get("page", "1")
    if not (re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= LAST_PAGE):
        raise BadRequest(
            _("page: “%(value)s” is not a page number from 1 to %(last)d.")
            % {"value": text[:40], "last": LAST_PAGE}
        )
    return int(text)


def page_of(works: "QuerySet[Work]", request: HttpRequest) -> tuple[Sequence[Work], Paging]:
    """The works of the page that is asked for. Raises Missing behind the last page."""
    number = read_page(request.GET)
    paginator = Paginator(works, PAGE_SIZE)
    if number > paginator.num_pages:
        raise Missing(_("This list ends before page %(number)d.") % {"number": number})
    return list(paginator.page(number).object_list), Paging(number, paginator.num_pages)
