"""Keeps one client from filling the shop with baskets and from ordering its stock away.

Far above what people do, and many may share an address; whoever signs in is counted by allauth.
"""

import re
from collections.abc import Callable

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
    re.compile(r"/basket/lines/|/api/v1/baskets/[^/]+/lines"): Limit("lines", 600, MINUTE),
    re.compile(r"/checkout/|/api/v1/orders"): Limit("orders", 120, 10 * MINUTE),
    re.compile(r"/basket/voucher/"): Limit("vouchers", 30, 10 * MINUTE),
    re.compile(r"/orders/gift-card/"): Limit("gift_cards", 20, 10 * MINUTE),
    re.compile(r"/orders/withdrawal/"): Limit("withdrawals", 30, 10 * MINUTE),
}
"""By the addresses that are counted when something is sent to them."""

Answer = Callable[[HttpRequest], HttpResponse]


def middleware(get_response: Answer) -> Answer:
    """Answer 429 to what is too much."""

    def answer(request: HttpRequest) -> HttpResponse:
        if settings.RATE_LIMITS and request.method == "POST":
            for pattern, limit in LIMITS.items():
                if pattern.fullmatch(request.path) and (wait := spend(limit, get_ip(request))):
                    return _refuse(request, wait)
        return get_response(request)

    return answer


def _refuse(request: HttpRequest, wait: int) -> HttpResponse:
    if request.path.startswith("/api/"):
        text = _("Too many requests from your address. Try again in %(seconds)d seconds.")
        response = problems.problem(429, text % {"seconds": wait})
    else:
        response = errors.too_many_requests(request)
    response["Retry-After"] = str(wait)
    return response
