"""Live answers about the catalogue, from Redis alone: suggestions, badges, cards, what is popular.

JSON by default; an HTML fragment where htmx asks. They are the same for everyone, so nginx gives
them again until the second ends. What one client may ask is counted on the way.
"""

import functools
import hashlib
import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from caching import store
from caching.alone import Alone, answers_alone
from caching.quotas import Quota, TooMuch
from caching.second import UNTIL, end_of_second
from catalog import isbn, live_fragments, live_reading, suggesting, trending
from catalog.live_reading import MOST_BADGES
from catalog.models.availability import StockLevel

HTML = "text/html; charset=utf-8"
MOST_SUGGESTIONS = 8
MOST_TYPED = 100  # characters; nobody types more into a search box, and no key should grow
LONGEST_REMEMBERED = 17  # characters: an ISBN with its hyphens
MOST_TRENDING = 10
NEXT_WAIT = {"": "3", "3": "10", "10": "30"}
"""Seconds until badges that are unknown ask again, by how long they waited before; then no more."""

MOST_CARDS = 24
TIMES, SECONDS = 6_000, 60
"""How often one address may ask: far more than a school whose pupils all look at books."""

View = Callable[[HttpRequest], HttpResponse]


def _quota(request: HttpRequest) -> Quota | None:
    return Quota("live", TIMES, SECONDS, get_ip(request)) if settings.RATE_LIMITS else None


READ_IN_TRIPS = Alone(repeats=True, quota=_quota)


def _live(view: View, known: Alone = READ_IN_TRIPS) -> View:
    """For what may only be read, and what no browser keeps."""

    @answers_alone(known)
    @require_safe
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        asked_at = time.time()
        try:
            response = view(request)
            response.headers[UNTIL] = end_of_second(asked_at)
        except TooMuch as error:
            response = _refused(429, f"Too many questions. Ask again in {error.seconds} seconds.")
            response.headers["Retry-After"] = str(error.seconds)
        except Refused as error:
            response = _refused(400, str(error))
        response.headers["Cache-Control"] = "private, no-store"
        return response

    return answer


class Refused(Exception):
    """What was asked cannot be answered; the text says why."""


def _refused(status: int, detail: str) -> HttpResponse:
    return _json({"status": status, "detail": detail}, status=status)


def _numbers(request: HttpRequest, *, most: int) -> list[str]:
    """The editions named by `isbn13` (repeated, or separated by commas), each once.

    Raises Refused.
    """
    asked = [
        number for value in request.GET.getlist("isbn13") for number in value.split(",") if number
    ]
    if not asked or len(asked) > most:
        raise Refused(f"isbn13: give 1 to {most} numbers.")
    try:
        return list(dict.fromkeys(map(_normalized, asked)))
    except isbn.InvalidNumber as error:
        raise Refused(f"isbn13: {error}") from error


def _normalized(number: str) -> str:
    """Pages ask for the same again. What has hyphens without end is not remembered."""
    return (_remembered if len(number) <= LONGEST_REMEMBERED else isbn.normalize)(number)


_remembered = functools.lru_cache(maxsize=10_000)(isbn.normalize)


def _wants_fragment(request: HttpRequest) -> bool:
    return request.META.get("HTTP_HX_REQUEST") == "true"  # without reading all headers


def _html(text: str, headers: dict[str, str] | None = None) -> HttpResponse:
    """A fragment; Django looks up in settings, and then in its header, what is said here."""
    return HttpResponse(text.encode(), content_type=HTML, headers=headers)


def _json(value: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(value), content_type="application/json", status=status)


@_live
def suggest(request: HttpRequest) -> HttpResponse:
    """What the visitor may mean by `q`, while they type."""
    typed = request.GET.get("q", "")[:MOST_TYPED]
    try:
        suggestions = suggesting.suggest(typed, limit=MOST_SUGGESTIONS, quota=_quota(request))
    except store.Unavailable:
        suggestions = []  # the search page works without them
    if _wants_fragment(request):
        return _html(live_fragments.suggestions(suggestions))
    return _json({"query": typed, "suggestions": [each.as_json() for each in suggestions]})


@_live
def stock(request: HttpRequest) -> HttpResponse:
    """The stock badges of these editions.

    A page that has shown a fragment sends its tag as `seen`; 204 says that all is still so.
    """
    numbers = _numbers(request, most=MOST_BADGES)
    try:
        levels = live_reading.stock_levels(numbers, on=timezone.localdate(), quota=_quota(request))
    except store.Unavailable:
        levels = [StockLevel(number, "unknown") for number in numbers]
    if not _wants_fragment(request):
        return _json({"items": [level.as_json() for level in levels]})
    badges = _badges(request, levels)
    tag = hashlib.blake2b(badges.encode(), digest_size=6).hexdigest()
    if request.GET.get("seen") == tag:
        return HttpResponse(status=204)
    return _html(badges, headers={"ETag": f'"{tag}"'})


def _badges(request: HttpRequest, levels: list[StockLevel]) -> str:
    offered = request.GET.get("offered", "")
    offered = offered if any(level.isbn13 == offered for level in levels) else ""
    unknown = [level.isbn13 for level in levels if level.state == "unknown"]
    wait = NEXT_WAIT.get(request.GET.get("waited", ""))
    again = ""
    if unknown and wait:
        again = live_fragments.asking_again(request.path, unknown, offered=offered, wait=wait)
    return live_fragments.badges(levels, offered=offered, again=again)


@_live
def cards(request: HttpRequest) -> HttpResponse:
    """What a list shows of these editions, as far as they are offered: the page knows which."""
    numbers = _numbers(request, most=MOST_CARDS)
    try:
        found = live_reading.cards(numbers, quota=_quota(request))
    except store.Unavailable:
        found = []
    if _wants_fragment(request):
        return _html(live_fragments.recently_viewed(found))
    return _json({"items": [card.as_json() for card in found]})


@functools.partial(_live, known=Alone())
def popular(request: HttpRequest) -> HttpResponse:
    """What visitors want these days."""
    try:
        items = trending.trending(today=timezone.localdate(), limit=MOST_TRENDING)
    except store.Unavailable:
        items = []
    if _wants_fragment(request):
        return render(request, "storefront/fragments/trending.html", {"items": items})
    return _json({"items": items})


urlpatterns = [
    path("suggest", suggest, name="live_suggest"),
    path("stock", stock, name="live_stock"),
    path("cards", cards, name="live_cards"),
    path("trending", popular, name="live_trending"),
]
