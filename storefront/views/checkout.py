"""The one-page checkout: contact, delivery, payment, voucher and gift cards, order."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from catalog.isbn import is_edition_number
from catalog.redirects import see_other
from orders import gateways, vouchers
from orders.checkout import (
    AmountChanged,
    CheckoutError,
    OutOfStock,
    ShortLine,
    place_order,
)
from orders.gift_cards import MAX_CARDS, GiftCardError
from orders.models import Basket, BasketLine, Order, basket_rows, tables
from orders.models.basket import BasketError, BasketGone
from orders.models.numbers import LONGEST_CODE
from orders.quotes import Rules
from orders.terms import Wishes
from orders.vouchers import VoucherError
from storefront import checkout_changes, checkout_draft, checkout_offer
from storefront.checkout_changes import Change
from storefront.checkout_form import GIFT_CARDS, CheckoutForm
from storefront.private import private
from storefront.sessions import GUEST_BASKET
from storefront.visitor import (
    find_filled_basket,
    may_see,
    remember_order,
    renew_card,
    signed_in_user,
)

CODES = VOUCHER, GIFT_CARD = "voucher", "new_gift_card"  # typed, not applied yet


@dataclass(frozen=True, kw_only=True)
class _Complaint:
    """Why the order was not placed."""

    problems: Sequence[str] = ()
    changes: Sequence[Change] = ()
    shortages: Sequence[ShortLine] = ()


@private
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """Ask for what an order needs; a POST with all of it places the order."""
    basket = find_filled_basket(request)
    # A basket is gone as soon as it is an order: while it is there, its form was not sent before.
    is_current = basket is not None and request.POST.get("basket") == str(basket.pk)
    if not is_current and (order := _order_of_this_form(request)):
        return _go_on(request, order)  # sent twice
    if basket is None or not basket.priced_lines():
        return _empty(request)
    if request.method == "POST":
        return _answer(request, basket)
    return _page(request, basket, _form(request, basket))


def _answer(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Do what the button says that was pressed."""
    if request.POST.get("act") == "basket":
        checkout_draft.keep(basket.pk, request.POST)
        return see_other(reverse("basket"))
    if "take" in request.POST:
        return _take_what_is_left(request, basket)
    if request.POST.get("basket") != str(basket.pk):
        changed = _("Your basket has changed since this page was opened: please look it over.")
        return _page(request, basket, _form(request, basket), _Complaint(problems=[changed]))
    if "act" in request.POST or _typed_codes(request):
        try:
            return _act(request, basket)
        except BasketGone:  # ordered in another tab at this very moment
            order = _order_of_this_form(request)
            return _go_on(request, order) if order else _empty(request)
    return _submit(request, basket)


def _empty(request: HttpRequest) -> HttpResponse:
    return render(request, "storefront/checkout/empty.html")


def _submit(request: HttpRequest, basket: Basket) -> HttpResponse:
    form = _form(request, basket, data=request.POST)
    if not form.is_valid():
        return _page(request, basket, form, status=422)
    if complaint := _untold(request, form):
        return _page(request, basket, form, complaint)
    try:
        order = place_order(
            basket=basket,
            email=form.cleaned_data["email"],
            shipping_method=form.chosen_shipping_method,
            payment_method=form.cleaned_data["payment_method"],
            address=form.address,
            country=form.destination if form.asks_for_country_alone else "",
            user=signed_in_user(request),
            voucher_code=form.offer.wishes.voucher_code,
            gift_card_codes=form.offer.wishes.gift_card_codes,
            expected_total=form.cleaned_data["expected_total"],
            expected_payable=form.cleaned_data["expected_payable"],
            rules=form.offer.terms.rules,
            placed_at=timezone.now(),
        )
    except OutOfStock as error:
        return _page(request, basket, form, _Complaint(shortages=error.lines))
    except (CheckoutError, BasketError, VoucherError, GiftCardError) as error:
        form = _form(request, basket)  # prices may be others now
        changed = _untold(request, form) if isinstance(error, AmountChanged) else None
        return _page(request, basket, form, changed or _Complaint(problems=[str(error)]))
    form.keep_address()
    return _go_on(request, order)


def _untold(request: HttpRequest, form: CheckoutForm) -> _Complaint | None:
    """What the customer has not been told yet; None: they know what they would pay."""
    code = request.POST.get("shipping_method", "")
    choice = form.offer.choice(code)
    if choice is None:
        return None
    if changes := checkout_changes.find(request.POST, form.offer, choice):
        return _Complaint(changes=changes)
    if checkout_changes.is_without_amount(request.POST, choice):
        return _Complaint(
            problems=[_("Now we know what it costs there: please look at the total.")]
        )
    return None


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
    order = Order.objects.of_basket(basket_id) if basket_rows.is_ordered(basket_id) else None
    return order if order is not None and may_see(request, order) else None


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
    if not basket.priced_lines():
        return _empty(request)
    return _page(request, basket, _form(request, basket))


def _act(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Take a voucher or a gift card in or out, or only say what it costs now.

    Raises BasketGone.
    """
    act, _colon, place = request.POST.get("act", "").partition(":")
    codes = _gift_card_codes(request.POST)
    typed = {} if act == "update" else _typed_codes(request)
    refused: dict[str, str] = {}
    if act == "remove_voucher":
        vouchers.keep(basket, "")
        typed.pop(VOUCHER, None)
    elif VOUCHER in typed:
        try:
            vouchers.keep(basket, typed[VOUCHER])
        except VoucherError as error:
            refused[VOUCHER] = str(error)
    if act == "remove_gift_card":
        codes = [code for n, code in enumerate(codes) if str(n) != place]
        typed.pop(GIFT_CARD, None)
    elif GIFT_CARD in typed:
        codes.append(typed[GIFT_CARD])
    form = _form(request, basket, codes=codes)
    for problem in form.offer.gift_card_problems:
        if GIFT_CARD in typed and problem.code in ("", typed[GIFT_CARD]):
            refused[GIFT_CARD] = str(problem)
    form.answer_codes(typed, refused)
    is_wrong = refused or form.offer.gift_card_problems
    status = 422 if is_wrong and act != "update" else 200
    return _page(request, basket, form, status=status, has_acted=True)


def _typed_codes(request: HttpRequest) -> dict[str, str]:
    """What was typed and not applied, by field: it counts before anything is bought."""
    typed = {name: request.POST.get(name, "").strip()[:LONGEST_CODE] for name in CODES}
    return {name: code for name, code in typed.items() if code}


def _gift_card_codes(typed: MultiValueDict[str, str]) -> list[str]:
    codes = typed.getlist(GIFT_CARDS)[: MAX_CARDS + 1]
    return [code.strip()[:LONGEST_CODE] for code in codes if code.strip()]


def _form(
    request: HttpRequest,
    basket: Basket,
    *,
    data: QueryDict | None = None,
    codes: Sequence[str] | None = None,
) -> CheckoutForm:
    """With `data` it is checked; without it shows what was typed before."""
    lines = basket.priced_lines()
    user = signed_in_user(request)
    typed = request.POST if request.method == "POST" else checkout_draft.read(basket.pk)
    known = tables.read()
    methods = known.suiting(lines)
    form = CheckoutForm(
        shipping_methods=methods,
        payment_methods=gateways.payment_methods(),
        user=user,
        usual_country=known.seller.country,
        data=data,
        initial=dict(typed.items()),
    )
    wishes = Wishes(
        country=form.destination,
        email=str(form["email"].value() or ""),
        user=user,
        voucher_code=basket.voucher_code,
        gift_card_codes=_gift_card_codes(typed) if codes is None else codes,
    )
    at = timezone.now()
    rules = Rules.read(wishes.country, day=timezone.localdate(at), known=known)
    form.attach(checkout_offer.read(lines, methods, wishes, rules, at=at))
    return form


def _page(
    request: HttpRequest,
    basket: Basket,
    form: CheckoutForm,
    complaint: _Complaint | None = None,
    *,
    status: int = 0,
    has_acted: bool = False,
) -> HttpResponse:
    lines: Sequence[BasketLine] = basket.priced_lines()
    context = {
        "basket": basket,
        "lines": lines,
        "form": form,
        "offer": form.offer,
        "shown": checkout_changes.shown(form.offer),
        "complaint": complaint,
        "problems": complaint.problems if complaint else (),
        "gift_card_problems": [
            problem
            for problem in map(str, form.offer.gift_card_problems)
            if problem not in form.errors.get(GIFT_CARD, ())
        ],
        "has_acted": has_acted,
        "has_problems": any(line.problem for line in lines),
        "has_files": any(
            line.edition.is_digital and not line.edition.is_gift_card for line in lines
        ),
    }
    return render(
        request,
        "storefront/checkout/page.html",
        context,
        status=status or (409 if complaint else 200),
    )
