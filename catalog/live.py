"""Live answers about the catalogue, from Redis alone: suggestions, stock badges, what is popular.

JSON by default; an HTML fragment where htmx asks.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from caching import store
from catalog import isbn, live_fragments, live_reading, suggesting, trending
from catalog.models.availability import StockLevel

MOST_SUGGESTIONS = 8
MOST_TYPED = 100  # characters; nobody types more into a search box, and no key should grow
MOST_BADGES = 100
MOST_TRENDING = 10
NEXT_WAIT = {"": "3", "3": "10", "10": "30"}
"""Seconds until badges that are unknown ask again, by how long they waited before; then no more."""

View = Callable[[HttpRequest], HttpResponse]


def _live(view: View) -> View:
    """For what may only be read, and is kept nowhere on its way."""

    @require_safe
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        response = view(request)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    return answer


def _wants_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _json(value: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(value), content_type="application/json", status=status)


@_live
def suggest(request: HttpRequest) -> HttpResponse:
    """What the visitor may mean by `q`, while they type."""
    typed = request.GET.get("q", "")[:MOST_TYPED]
    try:
        suggestions = suggesting.suggest(typed, limit=MOST_SUGGESTIONS)
    except store.Unavailable:
        suggestions = []  # the search page works without them
    if _wants_fragment(request):
        return HttpResponse(live_fragments.suggestions(suggestions))
    return _json({"query": typed, "suggestions": [each.as_json() for each in suggestions]})


@_live
def stock(request: HttpRequest) -> HttpResponse:
    """The stock badges of the editions named by `isbn13` (repeated, or separated by commas)."""
    asked = [
        number for value in request.GET.getlist("isbn13") for number in value.split(",") if number
    ]
    if not asked or len(asked) > MOST_BADGES:
        return _refused(f"isbn13: give 1 to {MOST_BADGES} numbers.")
    try:
        numbers = list(dict.fromkeys(isbn.normalize(number) for number in asked))
    except isbn.InvalidNumber as error:
        return _refused(f"isbn13: {error}")
    try:
        levels = live_reading.stock_levels(numbers, on=timezone.localdate())
    except store.Unavailable:
        levels = [StockLevel(number, "unknown") for number in numbers]
    if _wants_fragment(request):
        return HttpResponse(_badges(request, levels))
    return _json({"items": [level.as_json() for level in levels]})


def _refused(detail: str) -> HttpResponse:
    return _json({"status": 400, "detail": detail}, status=400)


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
    path("trending", popular, name="live_trending"),
]
