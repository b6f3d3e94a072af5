"""The basket's page, and what changes the basket."""

import functools
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog import isbn, recommending
from catalog.models import Edition
from catalog.recommending import Beside
from catalog.redirects import see_other
from orders import vouchers
from orders.models import Basket, BasketLine
from orders.models.basket import MAX_QUANTITY, BasketError, BasketGone
from orders.visitor import Card
from storefront import paths
from storefront.forms import BasketForm, NotALine, VoucherForm, read_line
from storefront.private import private
from storefront.same_origin import same_origin
from storefront.templatetags.baskets import Row
from storefront.visitor import (
    find_filled_basket,
    get_basket,
    put_into_basket,
    rebuild_card,
    renew_card,
    signed_in_user,
)

REMOVED = "removed_lines"  # in the session: what the last step removed, which can come back
_NO_VOUCHER: Mapping[str, object] = {"voucher_code": "", "discount": None}
ADDED = "added"  # a cookie: the number of what was put in last, which the page then says once
ADDED_SECONDS = 60  # until then the page must have been asked for


@private
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """What is in the basket, and what it costs."""
    added = request.COOKIES.get(ADDED, "")
    response = _page(request, added=added)
    if added:
        response.delete_cookie(ADDED, path=paths.BASKET)
    return response


@private
@require_POST
@same_origin  # no CSRF token: the form stands on pages that are cached for everyone
def add(request: HttpRequest) -> HttpResponse:
    """Put copies of an edition in."""
    try:
        number, quantity = read_line(request.POST)
        line = _add(request, number, quantity)
    except NotALine as unreadable:
        return _refuse(request, unreadable.errors, status=422)
    except Edition.DoesNotExist:
        text = _("We know no book with the ISBN %(isbn)s: please check the number.")
        return _refuse(request, [text % {"isbn": isbn.hyphenated(number)}], status=404)
    except BasketError as error:
        return _refuse(request, [str(error)], status=422)
    card = renew_card(request, basket=line.basket, wanted=number)
    if _is_from_htmx(request):
        return _fragment(request, card, line=line)
    response = see_other(paths.BASKET)
    response.set_cookie(
        ADDED, number, max_age=ADDED_SECONDS, path=paths.BASKET, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
    return response


@private
@require_POST
@same_origin  # so that the basket outlives who signs in or out beside it, and needs no token either
def change(request: HttpRequest) -> HttpResponse:
    """Save all that was typed, and do what else the button says that was pressed."""
    request.session.pop(REMOVED, None)  # only what this step removes can come back after it
    basket = find_filled_basket(request)
    form = BasketForm(basket.priced_lines() if basket else (), request.POST)
    voucher_form = VoucherForm(request.POST)
    problems = _bring_back(request, form.brought_back)
    if basket is not None:
        try:
            _save(request, basket, form, voucher_form)
        except BasketError as error:
            problems.append(str(error))
    if problems or form.errors or voucher_form.errors:
        return _page(request, problems, 422, form, voucher_form)
    if "checkout" in request.POST and basket is not None and _is_ready(basket):
        return see_other(paths.CHECKOUT)
    return see_other(f"{paths.BASKET}{'#voucher' if voucher_form.is_bound else ''}")


@private
@require_POST
def outdated(request: HttpRequest, isbn13: str = "") -> HttpResponse:
    """Show the basket to who presses a button of a page that the release before has given."""
    return _refuse(request, [_("The shop has changed meanwhile. Please try again.")], status=409)


def _bring_back(request: HttpRequest, quantities: Mapping[str, int]) -> list[str]:
    """Put lines back in that were removed; in words, what keeps some of them from that."""
    if not quantities:
        return []
    basket, problems = get_basket(request), []
    editions = Edition.objects.select_related("work").in_bulk(quantities, field_name="isbn13")
    for number in filter(editions.__contains__, quantities):
        try:
            basket.set_quantity(editions[number], quantities[number])
        except BasketError as error:
            problems.append(str(error))
    renew_card(request)
    return problems


def _save(
    request: HttpRequest, basket: Basket, form: BasketForm, voucher_form: VoucherForm
) -> None:
    """Save what of it is right. Raises BasketError; what was saved before that stays."""
    _set_quantities(request, basket, form, form.removal)
    if form.is_valid():
        _set_quantities(request, basket, form, form.changed)
    if "remove_voucher" in request.POST:
        vouchers.keep(basket, "")
    voucher_form.use_for(basket)


def _set_quantities(
    request: HttpRequest, basket: Basket, form: BasketForm, quantities: Mapping[str, int]
) -> None:
    if not quantities:
        return
    basket.set_quantities(quantities)
    removed = [line for line in form.lines if quantities.get(line.edition.isbn13) == 0]
    if removed:
        request.session[REMOVED] = [
            *request.session.get(REMOVED, ()), *map(_as_removed, removed)
        ]  # fmt: skip
    renew_card(request)


def _as_removed(line: BasketLine) -> dict[str, str | int]:
    edition = line.edition
    return {
        "isbn13": edition.isbn13, "title": edition.display_title, "quantity": line.quantity,
    }  # fmt: skip


def _is_ready(basket: Basket) -> bool:
    lines = basket.priced_lines()
    return bool(lines) and not any(line.problem for line in lines)


@private
@require_safe
def visitor(request: HttpRequest) -> HttpResponse:
    """The header's fragment from PostgreSQL; writes the visitor card that Redis has lost."""
    context = {"card": rebuild_card(request), "is_to_be_rebuilt": False}
    return render(request, "storefront/fragments/visitor.html", context)


def _add(request: HttpRequest, isbn13: str, quantity: int) -> BasketLine:
    try:
        return put_into_basket(request, isbn13, quantity)
    except BasketGone:  # it became an order in another tab; the next one starts now
        return put_into_basket(request, isbn13, quantity)


def _page(
    request: HttpRequest,
    errors: list[str] | None = None,
    status: int = 200,
    form: BasketForm | None = None,
    voucher_form: VoucherForm | None = None,
    added: str = "",
) -> HttpResponse:
    basket = find_filled_basket(request, with_beside=True)
    lines = basket.priced_lines() if basket else []
    context: dict[str, Any] = {
        "voucher_form": voucher_form or _blank_voucher_form(),
        **(_voucher(request, basket, lines) if basket and basket.voucher_code else _NO_VOUCHER),
        "rows": _rows(lines, form),
        "added": _with_number(lines, added),
        "errors": [*(errors or ()), *_in_words(form), *_in_words(voucher_form)],
        "has_problems": any(line.problem for line in lines),
        "subtotal_amount": sum((line.total_amount for line in lines), start=Decimal("0.00")),
        "max_quantity": MAX_QUANTITY,
        "removed": request.session.pop(REMOVED, ()),
        "recommendations": _beside(basket) if basket else [],
    }
    return render(request, "storefront/basket.html", context, status=status)


@functools.cache
def _blank_voucher_form() -> VoucherForm:
    """The same for everyone: nothing is asked of it but how it is written."""
    return VoucherForm()


def _rows(lines: Sequence[BasketLine], form: BasketForm | None) -> list[Row]:
    if form is None:
        return [Row(line, line.quantity) for line in lines]
    return [Row(line, form.typed(line), form.problem(line)) for line in lines]


def _with_number(lines: Sequence[BasketLine], isbn13: str) -> BasketLine | None:
    return next((line for line in lines if line.edition.isbn13 == isbn13), None)


def _beside(basket: Basket) -> list[Beside]:
    """What goes with what is in the basket."""
    works = {line.edition.work_id for line in basket.priced_lines()}
    return recommending.beside_known(works, basket.found_beside)


def _voucher(
    request: HttpRequest, basket: Basket, lines: Sequence[BasketLine]
) -> dict[str, object]:
    """What the basket's voucher does, or why it does nothing."""
    shown: dict[str, object] = {"voucher_code": basket.voucher_code}
    try:
        found = vouchers.find(basket.voucher_code)
        priced = [line for line in lines if line.unit_amount is not None]
        discount = vouchers.discount(found, priced, at=timezone.now(), user=signed_in_user(request))
    except vouchers.VoucherError as error:
        return {**shown, "voucher_problem": str(error)}
    subtotal = sum((line.total_amount for line in lines), start=Decimal("0.00"))
    return {**shown, "discount": discount, "reduced_amount": subtotal - discount.amount}


def _refuse(request: HttpRequest, errors: list[str], *, status: int) -> HttpResponse:
    """Say what is wrong, on the basket's page or in the announcement that htmx shows."""
    if _is_from_htmx(request):
        return _fragment(request, None, errors=errors, status=422)  # htmx swaps no 404
    return _page(request, errors, status)


def _fragment(
    request: HttpRequest, card: Card | None, *, status: int = 200, **context: object
) -> HttpResponse:
    return render(
        request, "storefront/fragments/added.html", {"card": card, **context}, status=status
    )


def _is_from_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _in_words(form: BaseForm | None) -> list[str]:
    """The form's errors, each with the name of its field."""
    if form is None:
        return []
    return [
        f"{form.fields[name].label}: {error}"
        for name, errors in form.errors.items()
        for error in errors
    ]
