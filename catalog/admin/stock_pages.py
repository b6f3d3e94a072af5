"""An edition's stock for staff: what lies where, why, and what can be done about it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.admin.stock_forms import FORMS, StockForm
from catalog.models import Edition, Location, Stock, StockMovement
from catalog.models.stock import InsufficientStock
from catalog.redirects import see_other

PAGE_SIZE = 50  # movements


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Why there are as many as there are: the stock by location, and all that moved."""
    edition = _edition(request, pk, "catalog.view_stock")
    movements = StockMovement.objects.filter(stock__edition=edition)
    location = _location(request)
    if location:
        movements = movements.filter(stock__location=location)
    ledger = movements.with_balances().select_related(
        "stock__location", "other_location", "stocktake", "actor"
    )
    stocks = edition.stocks.select_related("location").order_by("location")
    context = {
        **admin.site.each_context(request),
        "title": _("Stock"),
        "subtitle": str(edition),
        "opts": Edition._meta,
        "edition": edition,
        "supply": edition.own_supply,
        "stocks": stocks,
        "total": stocks.order_by().aggregate(
            on_hand=Sum("on_hand", default=0), allocated=Sum("allocated", default=0)
        ),
        "location": location,
        "page": Paginator(ledger.order_by("-id"), PAGE_SIZE).get_page(request.GET.get("page")),
        "may_change": request.user.has_perm("catalog.change_stock"),
    }
    context["total"]["available"] = context["total"]["on_hand"] - context["total"]["allocated"]
    return render(request, "admin/catalog/edition/stock.html", context)


def change(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Receive, adjust, write off or count."""
    edition = _edition(request, pk, "catalog.change_stock")
    if action not in FORMS:
        raise Http404
    form = FORMS[action](
        request.POST if request.method == "POST" else None, initial={"location": _location(request)}
    )
    if request.method == "POST" and form.is_valid() and _apply(request, form, edition):
        return see_other(reverse("admin:catalog_edition_stock", args=[edition.pk]))
    context = {
        **admin.site.each_context(request),
        "title": form.title,
        "subtitle": str(edition),
        "opts": Edition._meta,
        "edition": edition,
        "form": form,
    }
    return render(request, "admin/catalog/edition/stock_change.html", context)


def _edition(request: HttpRequest, pk: int, permission: str) -> Edition:
    if not request.user.has_perm(permission):
        raise PermissionDenied
    edition = get_object_or_404(Edition.objects.select_related("work", "supply"), pk=pk)
    if edition.is_digital:
        raise Http404  # files take no stock
    return edition


def _location(request: HttpRequest) -> Location | None:
    """The location that is asked for; one that is not there is no answer to a bookmark."""
    code = request.GET.get("location", "")
    return get_object_or_404(Location, code=code) if code else None


def _apply(request: HttpRequest, form: StockForm, edition: Edition) -> bool:
    """Do it, unless it was done; whether nothing is left to correct in the form."""
    location = form.cleaned_data["location"]
    try:
        with transaction.atomic():
            if not form.claim(request):
                return True
            stock = Stock.objects.at([(edition, location)]).select_related("edition").get()
            form.apply(stock, request.user)
    except InsufficientStock:
        form.add_error("quantity", _too_few(edition.stocks.filter(location=location).first()))
        return False
    values: dict[str, Any] = {
        "location": location, "on_hand": stock.on_hand, "available": stock.available,
    }  # fmt: skip
    messages.success(
        request,
        _("%(location)s now has %(on_hand)d copies, %(available)d of them available.") % values,
    )
    return True


def _too_few(stock: Stock | None) -> str:
    """Why so many cannot go: they are promised, or were never there."""
    if stock is not None and stock.allocated:
        text = _("Fewer copies would be left than are promised to orders (%(n)d).")
        return text % {"n": stock.allocated}
    there = stock.on_hand if stock is not None else 0
    text = ngettext("Only %(n)d copy lies here.", "Only %(n)d copies lie here.", there)
    return text % {"n": there} if there else _("No copy lies here.")
