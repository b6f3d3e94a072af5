"""Errors of the API as problem details (RFC 9457), whatever raised them; never a traceback."""

import functools
import http
import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from bookstore import request_id
from storefront.views.errors import is_outage

logger = logging.getLogger(__name__)

RETRY_SECONDS = 10
LARGEST_BODY = 65_536  # bytes; the longest rightful body, an order, has about two thousand

View = Callable[..., HttpResponse]


def problem(status: int, detail: str, **members: object) -> HttpResponse:
    """An error: what happened this time, and maybe more members for programs to read."""
    body = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": request_id.current(),
        **members,
    }
    response = JsonResponse(body, status=status, content_type="application/problem+json")
    if status == http.HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


def invalid(source: str, field: str, detail: str) -> HttpResponse:
    """The problem of a single field; `source` is body, query, path or header."""
    return problem(422, detail, errors=[{"in": source, "field": field, "detail": detail}])


def speaks_problems(view: View) -> View:
    """Refuse bodies that are too large, and answer a wrong method as a problem too."""

    @functools.wraps(view)
    def wrapper(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if _announced_length(request) > LARGEST_BODY:
            return _too_large()
        asked = request.method
        request.method = "GET" if asked == "HEAD" else asked  # the server leaves the body out
        response = view(request, *args, **kwargs)
        request.method = asked
        if response.status_code == http.HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = response["Allow"]
            detail = _("%(method)s is not possible here; possible: %(allowed)s.")
            response = problem(405, detail % {"method": request.method, "allowed": allowed})
            response["Allow"] = allowed
        return response

    return wrapper


@csrf_exempt
def unknown_address(request: HttpRequest) -> HttpResponse:
    """The answer for every address that the API does not have."""
    return problem(404, _("The API has no such address."))


def install(api: NinjaAPI) -> None:
    """Have `api` answer every exception as a problem."""
    handlers: list[tuple[type[Exception], Callable[[HttpRequest, Any], HttpResponse]]] = [
        (ValidationError, lambda request, error: _all_invalid(error)),
        (HttpError, lambda request, error: problem(error.status_code, _sentence(error))),
        (Http404, lambda request, error: problem(404, _("There is no such thing."))),
        (RequestDataTooBig, lambda request, error: _too_large()),
        (Exception, _failed),
    ]
    for kind, handler in handlers:
        api.add_exception_handler(kind, handler)


def _announced_length(request: HttpRequest) -> int:
    length: str = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() else 0


def _too_large() -> HttpResponse:
    detail = _("The body is larger than %(limit)d bytes.")
    return problem(413, detail % {"limit": LARGEST_BODY})


def _unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    response = problem(503, _("The shop’s records do not answer just now. Please try again."))
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    if is_outage(error):
        return _unavailable(request, error)
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(500, _("Something went wrong on our side."))


def _sentence(error: HttpError) -> str:
    if isinstance(error.__cause__, ValueError | RecursionError):  # from the parser of bodies
        return _("The body is not valid JSON.")
    return error.message


def _all_invalid(error: ValidationError) -> HttpResponse:
    errors = [_field_error(item["loc"], item["msg"], item["type"]) for item in error.errors]
    summary = "; ".join(f"{item['field']}: {item['detail']}" for item in errors[:3])
    return problem(422, summary, errors=errors)


def _field_error(loc: Iterable[object], message: str, kind: str) -> dict[str, str]:
    source, *places = (str(part) for part in loc)
    # In a body the first place is the name of the Python argument that it is read into.
    field = ".".join(places[1:] if source == "body" else places)
    if kind == "missing":
        message = _("This is needed.")
    return {"in": source, "field": field or source, "detail": message.removeprefix("Value error, ")}
