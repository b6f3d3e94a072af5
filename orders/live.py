"""`/live/visitor`: the page header's personal part, out of Redis alone.

No session and no database here: the session cookie's value leads to the visitor's card.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from caching import store
from caching.alone import Alone, answers_alone
from orders.visitor import GUEST, Card, read_card

FRAGMENT = "storefront/fragments/visitor.html"
LONGEST_SESSION_KEY = 64  # as guests have; see storefront.sessions


@answers_alone(Alone())
@require_safe
def visitor(request: HttpRequest) -> HttpResponse:
    """Who is visiting and what is in the basket: JSON, or the header's fragment for htmx.

    Without a card (Redis was flushed, or is gone) the JSON's quantity is null, and the fragment
    asks `/basket/visitor` once, which knows from PostgreSQL and writes the card.
    """
    card, can_be_rebuilt = _find_card(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))
    if request.headers.get("HX-Request") == "true":
        context = {"card": card, "is_to_be_rebuilt": can_be_rebuilt}
        response = render(request, FRAGMENT, context)
    else:
        response = JsonResponse(
            {
                "signed_in": card.is_signed_in if card else None,
                "name": card.name if card else "",
                "basket_quantity": card.basket_quantity if card else None,
            }
        )
    response["Cache-Control"] = "private, no-store"
    return response


def _find_card(session_key: str) -> tuple[Card | None, bool]:
    """The card, and whether one that is missing could be rebuilt."""
    if not 0 < len(session_key) <= LONGEST_SESSION_KEY:
        return GUEST, False
    try:
        card = read_card(session_key)
    except store.Unavailable:
        return None, False
    return card, card is None


urlpatterns = [path("visitor", visitor, name="live_visitor")]
