"""The shop's window."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from caching.answers import HOME_PAGE
from catalog.models import StaffList
from storefront import shelves
from storefront.answering import remembered, render_public

NEW_WORKS = 12
PICKS = 4


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """New books, staff picks with their notes, and a shelf for every subject."""
    return remembered(request, HOME_PAGE, lambda: _render(request))


def _render(request: HttpRequest) -> bytes:
    staff_list, best = StaffList.objects.first(), shelves.best_known()
    values = {
        "window": shelves.window(best),
        "new": shelves.new(NEW_WORKS),
        "staff_list": staff_list,
        "picks": shelves.picks(staff_list, most=PICKS) if staff_list else [],
        "shelves": shelves.subject_shelves(best),
    }
    return render_public(request, "storefront/home.html", values)
