"""The pick list: a page to print and to walk the shelves with."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Location
from orders import picking
from orders.models import Order


def show(request: HttpRequest) -> HttpResponse:
    """All that is to be fetched, or what is to be fetched from the location that was chosen."""
    if not request.user.has_perm("orders.view_order"):
        raise PermissionDenied
    code = request.GET.get("location", "")[:40]
    location = Location.objects.filter(code=code).first() if code else None
    context = {
        **admin.site.each_context(request),
        "title": _("Pick list"),
        "opts": Order._meta,
        "lists": picking.pick_lists(on=timezone.localdate(), location=location),
        "locations": Location.objects.all(),
        "chosen": location,
        "printed_at": timezone.now(),
    }
    return render(request, "admin/orders/order/pick_list.html", context)
