"""The pages for what cannot be answered. They need no store, no session and no visitor."""

import logging
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import psycopg
from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from psycopg.errors import ReadOnlySqlTransaction

from storefront import paths
from storefront.answering import render_frame
from storefront.missing import Missing, OutOfSight
from storefront.private import NEVER_KEPT
from storefront.same_origin import FromElsewhere

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

WORDS = {
    400: (
        _("This address cannot be read"),
        _("Something in it is not what this page expects."),
    ),
    403: (
        _("This door is closed"),
        _("You may not see this page. If it is yours, sign in and try again."),
    ),
    404: (
        _("No such page on our shelves"),
        _("It may have been moved or sold out, or the address has a slip in it."),
    ),
    429: (
        _("That was a little fast"),
        _("A lot has come from your address just now. Please try again in a few minutes."),
    ),
    500: (
        _("Sorry, that was our mistake"),
        _("Something went wrong on our side. Please try again in a moment."),
    ),
    503: (
        _("Back in a moment"),
        _("The shop cannot look into its books just now. Please try again in a minute."),
    ),
}
NOT_SHOWN = _("We cannot show you an order here")
HOW_TO_SEE_IT = _(
    "Please open your order by the link in our e-mails, or sign in to the account that you ordered"
    " with."
)
NOT_OF_ACCOUNT = _(
    "This account has no such order. If you ordered as a guest, please open your order by the link"
    " in our e-mails."
)
TOO_OLD = _("This form is too old")
SEND_ANEW = _(
    "Nothing was changed. Please load the page again, and send the form once more. The shop needs"
    " cookies for that."
)
FROM_ELSEWHERE = _("This came from another site")
SEND_FROM_HERE = _(
    "Nothing was changed. If it was your wish, please open the page here and press the button once"
    " more."
)
PAUSED = _("Ordering pauses for a moment")
KEPT = _(
    "Your basket is kept. It cannot be shown or changed just now: please try again in a minute."
)
FILLED_IN = _(
    "Your basket is kept, and so is what you filled in: please send it again in a minute. However"
    " often you send it, it is ordered once."
)
ANNOUNCED = _(
    "Ordering pauses for a moment. Your basket is kept: please press the button again in a minute."
)
RETRY_SECONDS = 10
OUR_FAULT = range(500, 600)
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, ReadOnlySqlTransaction)

logger = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: something in the address or the form cannot be understood."""
    # Only our own words are shown: other exceptions may quote what was sent.
    detail = str(exception) if isinstance(exception, BadRequest) else ""
    return _page(request, 400, detail)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: not for this visitor, or sent by another site."""
    if not isinstance(exception, FromElsewhere):
        return _page(request, 403, "")
    values = {"heading": FROM_ELSEWHERE, "words": SEND_FROM_HERE, "again": paths.BASKET}
    return _page(request, 403, "", template="storefront/old_form.html", values=values)


def form_is_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form's token is none of this session, so nothing was changed."""
    values = {"heading": TOO_OLD, "words": SEND_ANEW, "again": _page_of_form(request)}
    return _page(request, 403, "", template="storefront/old_form.html", values=values)


def _page_of_form(request: HttpRequest) -> str:
    """Where the form stands: many are sent to addresses at which nothing can be opened."""
    came_from, host = request.headers.get("Referer", ""), request.get_host()
    is_ours = url_has_allowed_host_and_scheme(came_from, host, require_https=request.is_secure())
    return came_from if is_ours else request.path


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: nothing stands at this address."""
    if isinstance(exception, OutOfSight):
        words = NOT_OF_ACCOUNT if exception.is_signed_in else HOW_TO_SEE_IT
        values = {"heading": NOT_SHOWN, "words": words, "out_of_sight": exception}
        template = "storefront/out_of_sight.html"
        return _page(request, 404, "", template=template, values=values)
    # Django's own Http404 (no route, no row) carries no words for people.
    detail = str(exception) if isinstance(exception, Missing) else ""
    return _page(request, 404, detail)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """429: more than a person does."""
    return _page(request, 429, "")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault; or 503, while PostgreSQL does not answer or is too busy."""
    if is_outage(sys.exc_info()[1]):
        return unavailable(request)
    return _page(request, 500, "")


def is_outage(error: BaseException | None) -> bool:
    """Whether PostgreSQL is away, too busy, or frozen (`manage.py freeze`).

    What leaves a job there wraps the driver's errors in its own.
    """
    cause = None if error is None else error.__cause__
    return isinstance(error, OperationalError | InterfaceError) or isinstance(cause, AWAY)


def unavailable(request: HttpRequest) -> HttpResponse:
    """503: a store that the answer needs is away; whoever orders is told what becomes of it."""
    if not request.path.startswith((paths.BASKET, paths.CHECKOUT)):
        response = _page(request, 503, "")
    elif request.method != "POST":
        response = _pause(request, KEPT)
    elif request.headers.get("HX-Request") == "true":
        response = _announce(request)
    else:
        is_order = request.path.startswith(paths.CHECKOUT)
        response = _pause(request, FILLED_IN if is_order else KEPT)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _pause(request: HttpRequest, words: "StrOrPromise") -> HttpResponse:
    """The page that sends again what was sent, without a script and nothing of it lost."""
    sent = [(name, value) for name, values in request.POST.lists() for value in values]
    again = {"path": request.get_full_path(), "sent": sent, "is_form": request.method == "POST"}
    values = {"heading": PAUSED, "words": words, **again}
    return _page(request, 503, "", template="storefront/paused.html", values=values)


def _announce(request: HttpRequest) -> HttpResponse:
    """For htmx: the open page stays as it is, with what was typed, and says why."""
    body = render_frame(request, "storefront/fragments/paused.html", {"words": ANNOUNCED})
    headers = {"HX-Reswap": "none", "Cache-Control": NEVER_KEPT}
    return HttpResponse(body, status=503, headers=headers)


def _page(
    request: HttpRequest,
    status: int,
    detail: str,
    *,
    template: str = "storefront/error.html",
    values: Mapping[str, object] | None = None,
) -> HttpResponse:
    number = request.headers.get("X-Request-ID", "")  # checked, by bookstore/request_id.py
    try:
        heading, words = WORDS[status]
        shown = {
            "status": status,
            "heading": heading,
            "words": words,
            "detail": detail,
            "request_id": number if status in OUR_FAULT else "",
            **(values or {}),
        }
        body = render_frame(request, template, shown)
        response = HttpResponse(body, status=status)
    except Exception:
        # The last resort when even templates or static files are broken.
        logger.exception("The page for status %d could not be rendered", status)
        text = "Sorry, something went wrong on our side. Please try again in a moment."
        text += f" If you write to us, name this number: {number}" if number else ""
        response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = NEVER_KEPT
    return response
