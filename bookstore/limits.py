"""Keeps one client from filling the shop with baskets and from ordering its stock away.

Far above what people do, and many may share an address; whoever signs in is counted by allauth.
"""

import json
import re
from collections.abc import Callable, Iterator

from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from bookstore import problems
from caching.limits import Limit, spend
from storefront.views import errors

MINUTE = 60
LIMITS = {
    re.compile(r"/api/v1/baskets"): Limit("baskets", 300, MINUTE),
    re.compile(r"/basket/(lines|quantities)/|/api/v1/baskets/[^/]+/lines"): Limit(
        "lines", 600, MINUTE
    ),
    re.compile(r"/checkout/|/api/v1/orders"): Limit("orders", 120, 10 * MINUTE),
    re.compile(r"/orders/withdrawal/"): Limit("withdrawals", 30, 10 * MINUTE),
}
"""By the addresses that are counted when something is sent to them."""
CODES = Limit("codes", 60, 10 * MINUTE)
"""Vouchers and gift cards, each counted wherever it is sent: or a form that takes several, and is
sent again for other reasons, would let more be guessed than the others.
"""
CODE_FIELDS = {
    "/basket/quantities/": ("voucher",),
    "/orders/gift-card/": ("code",),
    "/checkout/": ("voucher", "gift_card", "new_gift_card"),
}
CODES_OF_API = "/api/v1/orders"

Answer = Callable[[HttpRequest], HttpResponse]


def middleware(get_response: Answer) -> Answer:
    """Answer 429 to what is too much."""

    def answer(request: HttpRequest) -> HttpResponse:
        if settings.RATE_LIMITS and request.method == "POST":
            for limit in _limits(request):
                if wait := spend(limit, get_ip(request)):
                    return _refuse(request, wait)
        return get_response(request)

    return answer


def _limits(request: HttpRequest) -> Iterator[Limit]:
    """What the request counts against, a limit for each time."""
    yield from (limit for pattern, limit in LIMITS.items() if pattern.fullmatch(request.path))
    yield from (CODES for code in _codes(request) if code.strip())


def _codes(request: HttpRequest) -> list[str]:
    """The codes of vouchers and gift cards that come with it."""
    if request.path == CODES_OF_API:
        return _codes_in_json(request.body)
    fields = CODE_FIELDS.get(request.path, ())
    return [code for field in fields for code in request.POST.getlist(field)]


def _codes_in_json(body: bytes) -> list[str]:
    """Those of an order; of what is no order none, as it will be refused."""
    try:
        order = json.loads(body)
    except ValueError:
        return []
    if not isinstance(order, dict):
        return []
    cards = order.get("gift_cards")
    codes = [order.get("voucher"), *(cards if isinstance(cards, list) else [])]
    return [code for code in codes if isinstance(code, str)]


def _refuse(request: HttpRequest, wait: int) -> HttpResponse:
    if request.path.startswith("/api/"):
        text = _("Too many requests from your address. Try again in %(seconds)d seconds.")
        response = problems.problem(429, text % {"seconds": wait})
    else:
        response = errors.too_many_requests(request)
    response["Retry-After"] = str(wait)
    return response
