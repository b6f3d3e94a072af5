"""Checkout: a basket becomes an order, in one transaction or not at all.

However often and from however many places at once the same basket is submitted, it becomes one
order: its row is locked, the order carries its id (unique), and the basket is gone afterwards.
"""

import datetime
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from catalog import prepared
from catalog.models import Edition
from catalog.money import format_money
from orders import allocation, gateways, gift_cards, vouchers
from orders.allocation import Promise, ShortLine
from orders.gateways import Gateway
from orders.models import (
    Basket,
    BasketLine,
    Order,
    OrderLine,
    OrderTaxLine,
    PostalAddress,
    ShippingMethod,
)
from orders.models.basket import BasketGone
from orders.quotes import NotServed, Quote, QuotedLine, Rules
from orders.terms import Terms, Wishes

__all__ = ["Idempotency", "PostalAddress", "ShortLine", "find_repeated", "place_order"]


class CheckoutError(Exception):
    """The basket cannot become an order like this; the message is for the customer."""


class EmptyBasket(CheckoutError):
    """There is nothing to order."""

    def __init__(self) -> None:
        super().__init__(_("The basket is empty."))


class NoBasket(CheckoutError):
    """There is no such basket, or it is another customer's."""

    def __init__(self) -> None:
        super().__init__(_("There is no such basket."))


class OutOfStock(CheckoutError):
    """Not everything can be served; `lines` names what is short."""

    def __init__(self, lines: list[ShortLine]) -> None:
        super().__init__(" ".join(str(line) for line in lines))
        self.lines = lines


class LineNotForSale(CheckoutError):
    """The shop does not sell the edition any more, or not yet."""

    def __init__(self, edition: Edition) -> None:
        super().__init__(_("“%(title)s” is not for sale.") % {"title": edition.display_title})
        self.edition = edition


class AmountChanged(CheckoutError):
    """The customer agreed to pay another amount than the one that holds now."""

    def __init__(self, *, expected: Decimal, actual: Decimal) -> None:
        amounts = {
            "expected": format_money(expected, settings.SHOP_CURRENCY),
            "actual": format_money(actual, settings.SHOP_CURRENCY),
        }
        super().__init__(
            _("It would cost %(actual)s now, not %(expected)s. Please look at it again.") % amounts
        )
        self.expected = expected
        self.actual = actual


class AddressMissing(CheckoutError):
    """The shipping method goes to an address, and there is none."""

    def __init__(self) -> None:
        super().__init__(_("Please give the address that we should send it to."))


class CountryMissing(CheckoutError):
    """The tax depends on where the customer is, and that was not said."""

    def __init__(self) -> None:
        super().__init__(_("Please say in which country you live: the tax depends on it."))


class CountryNotServed(CheckoutError):
    """The shipping method does not go to the country of the address."""


class ConsignmentNotTaken(CheckoutError):
    """The shipping method does not take so much."""


class ShippingMethodUnsuitable(CheckoutError):
    """The shipping method is not offered for what is in the basket."""

    def __init__(self) -> None:
        super().__init__(_("This way of shipping is not offered for this basket."))


class UnknownPaymentMethod(CheckoutError):
    """The shop offers no such way to pay."""

    def __init__(self) -> None:
        super().__init__(_("This way to pay is not offered."))


class IdempotencyConflict(CheckoutError):
    """The key was used before, for another request."""

    def __init__(self) -> None:
        super().__init__(_("This Idempotency-Key was used for another order before."))


@dataclass(frozen=True)
class Idempotency:
    """A client's own name for a request, and a digest of what it asked for."""

    key: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class _Agreement:
    """What the customer was told that it costs; None: not told, so that any amount will do."""

    total_amount: Decimal | None = None
    payable_amount: Decimal | None = None

    def check(self, total_amount: Decimal, payable_amount: Decimal) -> None:
        """Raise AmountChanged unless these are the amounts."""
        told = (self.total_amount, self.payable_amount)
        for expected, actual in zip(told, (total_amount, payable_amount), strict=True):
            if expected is not None and expected != actual:
                raise AmountChanged(expected=expected, actual=actual)


@dataclass(frozen=True, kw_only=True)
class _Submission:
    """What the customer wants, besides the books."""

    wishes: Wishes
    shipping_method: ShippingMethod
    gateway: Gateway
    address: PostalAddress | None
    agreement: _Agreement
    rules: Rules | None
    idempotency: Idempotency | None
    placed_at: datetime.datetime


def place_order(
    *,
    basket: Basket,
    email: str,
    shipping_method: ShippingMethod,
    payment_method: str,
    address: PostalAddress | None,
    placed_at: datetime.datetime,
    user: User | None = None,
    country: str = "",
    voucher_code: str = "",
    gift_card_codes: Sequence[str] = (),
    expected_total: Decimal | None = None,
    expected_payable: Decimal | None = None,
    rules: Rules | None = None,
    idempotency: Idempotency | None = None,
) -> Order:
    """Make the basket an order that holds its stock, or give the order that it has become.

    So does a request with the idempotency key and digest of an earlier one. `country` is where
    the customer is, of an order with nothing to send. `rules` were read just now: they hold where
    they are for the country that it goes to.

    Raises a CheckoutError, VoucherError or GiftCardError, with nothing written.
    """
    wishes = Wishes(
        country=address.country if address else country, email=email, user=user,
        voucher_code=voucher_code, gift_card_codes=gift_card_codes,
    )  # fmt: skip
    submission = _Submission(
        wishes=wishes,
        shipping_method=shipping_method,
        gateway=_gateway(payment_method),
        address=address,
        agreement=_Agreement(total_amount=expected_total, payable_amount=expected_payable),
        rules=rules,
        idempotency=idempotency,
        placed_at=placed_at,
    )
    return _place_once(basket, submission)


def _place_once(basket: Basket, submission: _Submission) -> Order:
    try:
        return _place(basket, submission)
    except IntegrityError:
        # The same key, at the same moment, from another basket: the other one was quicker.
        if order := _earlier_order(basket.pk, submission.idempotency):
            return order
        raise


def _gateway(payment_method: str) -> Gateway:
    gateway = gateways.find(payment_method)
    if gateway is None:
        raise UnknownPaymentMethod
    return gateway


def find_repeated(idempotency: Idempotency) -> Order | None:
    """The order that this very request has made before. Raises IdempotencyConflict."""
    order = Order.objects.filter(idempotency_key=idempotency.key).first()
    if order and order.request_digest != idempotency.digest:
        raise IdempotencyConflict
    return order


def _earlier_order(basket_id: UUID, idempotency: Idempotency | None) -> Order | None:
    order = find_repeated(idempotency) if idempotency else None
    return order or Order.objects.of_basket(basket_id)


@transaction.atomic
def _place(basket: Basket, submission: _Submission) -> Order:
    try:
        basket.lock()
    except BasketGone:
        return _order_of_gone(basket, submission)
    if not _is_theirs(basket, submission):
        raise NoBasket
    day = timezone.localdate(submission.placed_at)
    lines = basket.lines_to_order(day=day)
    _check(lines, submission)
    method = submission.shipping_method
    terms = _terms(lines, submission)
    quote = _quote(terms, method)
    submission.agreement.check(quote.total_amount, quote.payable_amount)
    order = _create(basket, method, quote, submission)
    tax_lines = [
        OrderTaxLine(order=order, country=quote.tax_country, **asdict(line))
        for line in quote.tax_lines
    ]
    prepared.insert(tax_lines)
    basket.discard()
    try:  # late, because whoever wants the same copies waits from here on
        promises = allocation.promise(
            {line.edition: line.quantity for line in lines},
            location=method.location,
            may_split=terms.rules.seller.splits_orders,
            reference=order.number,
            on=day,
        )
    except allocation.Shortage as shortage:
        raise OutOfStock(shortage.lines) from shortage
    order_lines = [_copy(order, line, promises[line.edition.pk]) for line in quote.lines]
    prepared.insert(order_lines)
    allocation.keep(order_lines, promises)
    order.remember(lines=order_lines, tax_lines=tax_lines)
    _redeem(order, terms, quote, submission)
    order.confirm()
    return order


def _terms(lines: Sequence[BasketLine], submission: _Submission) -> Terms:
    rules, wishes = submission.rules, submission.wishes
    known = rules if rules and rules.country == wishes.country else None
    return Terms.read(lines, wishes, at=submission.placed_at, rules=known)


def _check(lines: Sequence[BasketLine], submission: _Submission) -> None:
    if not lines:
        raise EmptyBasket
    for line in lines:
        if not line.edition.is_for_sale:
            raise LineNotForSale(line.edition)
    method = submission.shipping_method
    if not method.suits(lines):
        raise ShippingMethodUnsuitable
    if method.requires_address and submission.address is None:
        raise AddressMissing


def _order_of_gone(basket: Basket, submission: _Submission) -> Order:
    """What the basket has become: whoever held its lock has ordered it, or there was none."""
    order = _earlier_order(basket.pk, submission.idempotency)
    if order is None or not _is_theirs(order, submission):
        raise NoBasket
    return order


def _is_theirs(which: Basket | Order, submission: _Submission) -> bool:
    """Whether it is a guest's, which is whose who knows its id, or this customer's own."""
    user = submission.wishes.user
    return which.user_id is None or (user is not None and user.pk == which.user_id)


def _quote(terms: Terms, method: ShippingMethod) -> Quote:
    rules = terms.rules
    if not (rules.country or method.is_collection) and rules.taxes.depends_on_destination:
        raise CountryMissing
    try:
        return terms.quote(method)
    except NotServed as refusal:
        kind = CountryNotServed if refusal.is_about_country else ConsignmentNotTaken
        raise kind(str(refusal)) from refusal


def _create(basket: Basket, method: ShippingMethod, quote: Quote, submission: _Submission) -> Order:
    address = submission.address if method.requires_address else None
    idempotency, wishes = submission.idempotency, submission.wishes
    order = Order(
        user=wishes.user,
        email=wishes.email,
        basket_id=basket.pk,
        idempotency_key=idempotency.key if idempotency else None,
        request_digest=idempotency.digest if idempotency else "",
        shipping_method=method.code,
        shipping_method_name=method.name,
        collection_point=_collection_point(method),
        location=method.location,
        payment_method=submission.gateway.method.code,
        currency=settings.SHOP_CURRENCY,
        subtotal_amount=quote.subtotal_amount,
        discount_amount=quote.discount_amount,
        voucher_code=quote.voucher_code,
        shipping_amount=quote.shipping_amount,
        tax_amount=quote.tax_amount,
        tax_country=quote.tax_country,
        total_amount=quote.total_amount,
        placed_at=submission.placed_at,
        expires_at=submission.placed_at + submission.gateway.hold,
        **{f"shipping_{name}": value for name, value in asdict(address).items()} if address else {},
    )
    prepared.insert([order])
    return order


def _collection_point(method: ShippingMethod) -> str:
    location = method.location
    return f"{location.name}\n{location.address}".strip() if location else ""


def _copy(order: Order, line: QuotedLine, promise: Promise) -> OrderLine:
    edition = line.edition
    return OrderLine(
        order=order,
        edition=edition,
        isbn13=edition.isbn13,
        title=edition.display_title,
        byline=edition.work.byline[:1000],
        format=edition.format,
        unit_amount=line.unit_amount,
        quantity=line.quantity,
        tax_rate=line.tax_rate,
        tax_amount=line.tax_amount,
        total_amount=line.total_amount,
        discount_amount=line.discount_amount,
        supply=promise.supply,
        awaited_quantity=promise.awaited,
        promised_date=promise.promised_date,
    )


def _redeem(order: Order, terms: Terms, quote: Quote, submission: _Submission) -> None:
    """Use up the voucher and what the gift cards give: last, so that their rows are locked briefly.

    Raises AmountChanged when the cards give another amount than the customer was told.
    """
    at = submission.placed_at
    if terms.discount and order.voucher_code:
        vouchers.redeem(terms.discount, order, saved_amount=quote.saved_amount, at=at)
    if terms.cards:
        gift_cards.redeem(terms.cards, order, at=at)
        submission.agreement.check(order.total_amount, order.payable_amount)
