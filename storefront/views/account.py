"""The customer's own pages: overview, order history, address book, name."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Address, User
from catalog.redirects import see_other
from orders.models import Order
from storefront.forms import MAX_ADDRESSES, AddressForm, NameForm
from storefront.private import private
from storefront.visitor import renew_card

RECENT_ORDERS = 3
ORDERS_ON_A_PAGE = 20


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - login_required has seen to it
    return request.user


@private
@require_safe
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """The latest orders, the address book, name and e-mail address."""
    user = _user(request)
    latest = list(
        Order.objects.of_user(user).prefetch_related("lines", "shipments")[: RECENT_ORDERS + 1]
    )
    context = {
        "orders": latest[:RECENT_ORDERS],
        "has_more_orders": len(latest) > RECENT_ORDERS,
        "addresses": user.addresses.all(),
    }
    return render(request, "storefront/account/overview.html", context)


@private
@require_safe
@login_required
def orders(request: HttpRequest) -> HttpResponse:
    """The order history, newest first."""
    found = Order.objects.of_user(_user(request)).prefetch_related("lines", "shipments")
    page = Paginator(found, ORDERS_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "storefront/account/orders.html", {"page": page})


@private
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def name(request: HttpRequest) -> HttpResponse:
    """How the shop calls the customer."""
    form = NameForm(request.POST or None, instance=User.objects.get(pk=_user(request).pk))
    if form.is_valid():
        request.user = form.save()
        renew_card(request)
        messages.success(request, _("Your name is saved."))
        return see_other(reverse("account"))
    return _form_page(request, form, title=_("Your name"))


@private
@require_safe
@login_required
def addresses(request: HttpRequest) -> HttpResponse:
    """The address book."""
    found = _user(request).addresses.all()
    return render(request, "storefront/account/addresses.html", {"addresses": found})


@private
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def add_address(request: HttpRequest) -> HttpResponse:
    """Another address."""
    user = _user(request)
    if user.addresses.count() >= MAX_ADDRESSES:
        text = _("An address book holds at most %(most)d addresses: please remove one first.")
        messages.warning(request, text % {"most": MAX_ADDRESSES})
        return see_other(reverse("account_addresses"))
    form = AddressForm(request.POST or None, instance=Address(user=user, name=user.name))
    return _save_address(request, form, title=_("New address"))


@private
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit_address(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an address; orders that went there keep what was agreed."""
    address = get_object_or_404(_user(request).addresses, pk=pk)
    form = AddressForm(request.POST or None, instance=address)
    return _save_address(request, form, title=_("Change address"))


@private
@require_POST
@login_required
def remove_address(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget an address."""
    get_object_or_404(_user(request).addresses, pk=pk).delete()
    messages.success(request, _("The address is removed."))
    return see_other(reverse("account_addresses"))


def _save_address(request: HttpRequest, form: AddressForm, *, title: str) -> HttpResponse:
    if form.is_valid():
        form.save()
        messages.success(request, _("The address is saved."))
        return see_other(reverse("account_addresses"))
    return _form_page(request, form, title=title, back=reverse("account_addresses"))


def _form_page(
    request: HttpRequest, form: ModelForm[Any], *, title: str, back: str = ""
) -> HttpResponse:
    context = {"form": form, "title": title, "back": back or reverse("account")}
    status = 422 if form.is_bound else 200
    return render(request, "storefront/account/form.html", context, status=status)
