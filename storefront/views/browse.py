"""What is new and what is to come, month by month; the first also as a feed."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from caching.answers import NEW_PAGE
from storefront import browsing
from storefront.answering import ATOM, remembered, render_public

IN_THE_FEED = 30


@require_safe
def new(request: HttpRequest) -> HttpResponse:
    """What came out last."""

    def render() -> bytes:
        months = browsing.new(timezone.localdate())
        return render_public(request, "storefront/new.html", {"months": months})

    return remembered(request, NEW_PAGE, render, kind="new")


@require_safe
def coming_soon(request: HttpRequest) -> HttpResponse:
    """What comes out next, and whether it can be pre-ordered."""

    def render() -> bytes:
        months = browsing.coming(timezone.localdate())
        values = {"months": months, "is_coming": True}
        return render_public(request, "storefront/new.html", values)

    return remembered(request, NEW_PAGE, render, kind="coming")


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The newest books for feed readers."""

    def render() -> bytes:
        months = browsing.new(timezone.localdate())
        cards = [card for month in months for card in month.cards][:IN_THE_FEED]
        entries = browsing.with_descriptions(cards)
        return render_public(request, "storefront/feed.xml", {"entries": entries})

    return remembered(request, NEW_PAGE, render, content_type=ATOM, kind="feed")
