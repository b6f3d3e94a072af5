"""Live answers about the catalogue, from Redis alone: suggestions, stock badges, what is popular.

JSON by default; an HTML fragment where htmx asks.
"""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from caching import store
from catalog import isbn, live_reading, suggesting, trending
from catalog.models.availability import StockLevel

MOST_SUGGESTIONS = 8
MOST_TYPED = 100  # characters; nobody types more into a search box, and no key should grow
MOST_BADGES = 100
MOST_TRENDING = 10
NEXT_WAIT = {"": "3", "3": "10", "10": "30"}
"""Seconds until badges that are unknown ask again, by how long they waited before; then no more."""


def _wants_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


@never_cache
@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """What the visitor may mean by `q`, while they type."""
    typed = request.GET.get("q", "")[:MOST_TYPED]
    try:
        suggestions = suggesting.suggest(typed, limit=MOST_SUGGESTIONS)
    except store.Unavailable:
        suggestions = []  # the search page works without them
    if _wants_fragment(request):
        context = {"query": typed, "suggestions": suggestions}
        return render(request, "storefront/fragments/suggestions.html", context)
    return JsonResponse({"query": typed, "suggestions": suggesting.as_json(suggestions)})


@never_cache
@require_safe
def stock(request: HttpRequest) -> HttpResponse:
    """The stock badges of the editions named by `isbn13` (repeated, or separated by commas)."""
    asked = [
        number for value in request.GET.getlist("isbn13") for number in value.split(",") if number
    ]
    if not asked or len(asked) > MOST_BADGES:
        detail = f"isbn13: give 1 to {MOST_BADGES} numbers."
        return JsonResponse({"status": 400, "detail": detail}, status=400)
    try:
        numbers = list(dict.fromkeys(isbn.normalize(number) for number in asked))
    except isbn.InvalidNumber as error:
        return JsonResponse({"status": 400, "detail": f"isbn13: {error}"}, status=400)
    try:
        levels = live_reading.stock_levels(numbers, on=timezone.localdate())
    except store.Unavailable:
        levels = [StockLevel(number, "unknown") for number in numbers]
    if _wants_fragment(request):
        offered = request.GET.get("offered", "")
        context = {
            "levels": levels,
            "unknown": [level.isbn13 for level in levels if level.state == "unknown"],
            "offered": offered if offered in numbers else "",
            "wait": NEXT_WAIT.get(request.GET.get("waited", "")),
        }
        return render(request, "storefront/fragments/stock.html", context)
    return JsonResponse({"items": [{**asdict(level), "label": level.label} for level in levels]})


@never_cache
@require_safe
def popular(request: HttpRequest) -> HttpResponse:
    """What visitors want these days."""
    try:
        items = trending.trending(today=timezone.localdate(), limit=MOST_TRENDING)
    except store.Unavailable:
        items = []
    if _wants_fragment(request):
        return render(request, "storefront/fragments/trending.html", {"items": items})
    return JsonResponse({"items": items})


urlpatterns = [
    path("suggest", suggest, name="live_suggest"),
    path("stock", stock, name="live_stock"),
    path("trending", popular, name="live_trending"),
]
