"""The one-page checkout: contact, delivery, payment, order."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.isbn import is_edition_number
from orders import gateways, pricing
from orders.checkout import CheckoutError, OutOfStock, ShortLine, place_order
from orders.models import Basket, BasketLine, Order, ShippingMethod
from orders.models.basket import BasketError
from storefront.checkout_form import CheckoutForm
from storefront.views.redirects import see_other
from storefront.visitor import (
    GUEST_BASKET,
    find_basket,
    may_see,
    remember_order,
    renew_card,
    signed_in_user,
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """Ask for what an order needs; a POST with all of it places the order."""
    if order := _order_of_this_form(request):
        return _go_on(request, order)  # sent twice
    basket = find_basket(request)
    lines = basket.priced_lines() if basket else []
    if basket is None or not lines:
        if order := _order_of_this_form(request):
            return _go_on(request, order)  # sent twice, and the other one won meanwhile
        return render(request, "storefront/checkout/empty.html")
    if request.method != "POST":
        return _page(request, basket, lines, _form(request, basket, lines))
    if "take" in request.POST:
        return _take_what_is_left(request, basket)
    return _submit(request, basket, lines)


def _submit(request: HttpRequest, basket: Basket, lines: Sequence[BasketLine]) -> HttpResponse:
    form = _form(request, basket, lines, data=request.POST)
    if request.POST.get("basket") != str(basket.pk):
        changed = _("Your basket has changed since this page was opened: please look it over.")
        form = _form(request, basket, lines, typed=request.POST)
        return _page(request, basket, lines, form, problems=[changed], status=409)
    if not form.is_valid():
        return _page(request, basket, lines, form, status=422)
    try:
        order = place_order(
            basket=basket,
            email=form.cleaned_data["email"],
            shipping_method=form.chosen_shipping_method,
            payment_method=form.cleaned_data["payment_method"],
            address=form.address,
            user=signed_in_user(request),
            expected_total=form.cleaned_data["expected_total"],
            placed_at=timezone.now(),
        )
    except OutOfStock as error:
        return _page(request, basket, lines, form, shortages=error.lines, status=409)
    except (CheckoutError, BasketError) as error:
        fresh = basket.priced_lines()  # prices may be others now
        form = _form(request, basket, fresh, typed=request.POST)
        return _page(request, basket, fresh, form, problems=[str(error)], status=409)
    form.keep_address()
    return _go_on(request, order)


def _go_on(request: HttpRequest, order: Order) -> HttpResponse:
    """To where the order is paid, or to its page."""
    if request.session.get(GUEST_BASKET) == str(order.basket_id):
        del request.session[GUEST_BASKET]
    if not may_see(request, order):
        remember_order(request, order)
    renew_card(request)
    return see_other(gateways.start(order) or order.get_absolute_url())


def _order_of_this_form(request: HttpRequest) -> Order | None:
    """The order that the form has become already: somebody pressed the button twice."""
    try:
        basket_id = UUID(request.POST.get("basket", ""))
    except ValueError:
        return None
    order = Order.objects.of_basket(basket_id)
    # This session may still name the basket while the answer with the order is on its way.
    is_theirs = request.session.get(GUEST_BASKET) == str(basket_id)
    return order if order is not None and (is_theirs or may_see(request, order)) else None


def _take_what_is_left(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Put a short line right with one click, and keep what was typed into the form."""
    isbn13, _colon, quantity = request.POST["take"].partition(":")
    number = isbn13 if is_edition_number(isbn13) else ""
    line = basket.lines.select_related("edition__work").filter(edition__isbn13=number).first()
    if line is not None and quantity.isascii() and quantity.isdigit() and len(quantity) < 5:
        try:
            basket.set_quantity(line.edition, int(quantity))
        except BasketError as error:
            messages.error(request, str(error))
        renew_card(request)
    lines = basket.priced_lines()
    if not lines:
        return render(request, "storefront/checkout/empty.html")
    return _page(request, basket, lines, _form(request, basket, lines, typed=request.POST))


def _form(
    request: HttpRequest,
    basket: Basket,
    lines: Sequence[BasketLine],
    *,
    data: QueryDict | None = None,
    typed: QueryDict | None = None,
) -> CheckoutForm:
    """With `data` it is checked; with `typed` it only shows what was typed before."""
    return CheckoutForm(
        subtotal_amount=sum((line.total_amount for line in lines), start=Decimal("0.00")),
        shipping_methods=list(ShippingMethod.objects.suiting(lines).with_rates()),
        payment_methods=gateways.payment_methods(),
        user=signed_in_user(request),
        data=data,
        initial=typed.dict() if typed else None,
    )


def _page(
    request: HttpRequest,
    basket: Basket,
    lines: Sequence[BasketLine],
    form: CheckoutForm,
    *,
    problems: Sequence[str] = (),
    shortages: Sequence[ShortLine] = (),
    status: int = 200,
) -> HttpResponse:
    context = {
        "basket": basket,
        "tax_amount": sum(
            (pricing.contained_tax(line.total_amount, line.tax_rate) for line in lines),
            start=Decimal("0.00"),
        ),
        "lines": lines,
        "form": form,
        "problems": problems,
        "shortages": shortages,
        "has_problems": any(line.problem for line in lines),
        "has_files": any(line.edition.is_digital for line in lines),
    }
    return render(request, "storefront/checkout/page.html", context, status=status)
