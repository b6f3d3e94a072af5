"""Checkout: a basket becomes an order, in one transaction or not at all.

However often and from however many places at once the same basket is submitted, it becomes one
order: its row is locked, the order carries its id (unique), and the basket is gone afterwards.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import Edition
from orders import allocation, gateways, pricing
from orders.allocation import Promise, ShortLine
from orders.gateways import Gateway
from orders.models import (
    Basket,
    BasketLine,
    Order,
    OrderLine,
    PostalAddress,
    Seller,
    ShippingMethod,
)
from orders.models.basket import BasketGone
from orders.pricing import LinePrice

__all__ = ["Idempotency", "PostalAddress", "ShortLine", "find_repeated", "place_order"]


class CheckoutError(Exception):
    """The basket cannot become an order like this; the message is for the customer."""


class EmptyBasket(CheckoutError):
    """There is nothing to order."""

    def __init__(self) -> None:
        super().__init__(_("The basket is empty."))


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
    """The customer agreed to another total than the one that holds now."""

    def __init__(self, *, expected: Decimal, actual: Decimal) -> None:
        super().__init__(
            _(
                "The total has changed from %(expected)s to %(actual)s %(currency)s."
                " Please look at it again."
            )
            % {"expected": expected, "actual": actual, "currency": settings.SHOP_CURRENCY}
        )
        self.expected = expected
        self.actual = actual


class AddressMissing(CheckoutError):
    """The shipping method goes to an address, and there is none."""

    def __init__(self) -> None:
        super().__init__(_("Please give the address that we should send it to."))


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
class _Submission:
    """What the customer wants, besides the books."""

    email: str
    user: User | None
    shipping_method: ShippingMethod
    gateway: Gateway
    address: PostalAddress | None
    expected_total: Decimal | None
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
    expected_total: Decimal | None = None,
    idempotency: Idempotency | None = None,
) -> Order:
    """Make the basket an order that holds its stock.

    A basket that has become an order already, and a request with the same idempotency key and
    digest as an earlier one, give that order again.

    Raises a CheckoutError when it cannot be; nothing is written then.
    """
    submission = _Submission(
        email=email,
        user=user,
        shipping_method=shipping_method,
        gateway=_gateway(payment_method),
        address=address,
        expected_total=expected_total,
        idempotency=idempotency,
        placed_at=placed_at,
    )
    try:
        return _earlier_order(basket.pk, idempotency) or _place(basket, submission)
    except IntegrityError:
        # The same key, at the same moment, from another basket: the other one was quicker.
        if order := _earlier_order(basket.pk, idempotency):
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
        # Whoever held the lock has ordered it, or it never had anything in it.
        order = _earlier_order(basket.pk, submission.idempotency)
        if order:
            return order
        raise EmptyBasket from None
    lines = basket.priced_lines()
    _check(basket, lines, submission)
    prices = _prices(lines, submission.placed_at)
    order = _create(basket, prices.values(), submission)
    try:
        promises = allocation.promise(
            {line.edition: line.quantity for line in lines},
            location=submission.shipping_method.location,
            may_split=Seller.objects.current().splits_orders,
            reference=order.number,
            on=timezone.localdate(submission.placed_at),
        )
    except allocation.Shortage as shortage:
        raise OutOfStock(shortage.lines) from shortage
    order_lines = [_copy(order, line, prices[line.pk], promises[line.edition_id]) for line in lines]
    OrderLine.objects.bulk_create(order_lines)
    allocation.keep(order_lines, promises)
    Basket.objects.filter(pk=basket.pk).delete()  # so that `basket` itself still knows its id
    order.confirm()
    return order


def _check(basket: Basket, lines: Sequence[BasketLine], submission: _Submission) -> None:
    if not lines:
        raise EmptyBasket
    method = submission.shipping_method
    if not ShippingMethod.objects.for_basket(basket).filter(pk=method.pk).exists():
        raise ShippingMethodUnsuitable
    if method.requires_address and submission.address is None:
        raise AddressMissing


def _prices(lines: Sequence[BasketLine], placed_at: datetime.datetime) -> dict[int, LinePrice]:
    """What each line costs, by its id."""
    day = timezone.localdate(placed_at)
    in_force = pricing.prices_in_force((line.edition_id for line in lines), day=day)
    prices = {}
    for line in lines:
        price = in_force.get(line.edition_id)
        if price is None or not line.edition.is_offered or line.edition.is_forthcoming:
            raise LineNotForSale(line.edition)
        prices[line.pk] = LinePrice(price.amount, line.quantity, price.tax_rate)
    return prices


def _create(basket: Basket, prices: Iterable[LinePrice], submission: _Submission) -> Order:
    method = submission.shipping_method
    totals = pricing.totals(prices, shipping_amount=method.amount)
    expected = submission.expected_total
    if expected is not None and expected != totals.total_amount:
        raise AmountChanged(expected=expected, actual=totals.total_amount)
    address = submission.address if method.requires_address else None
    idempotency = submission.idempotency
    return Order.objects.create(
        user=submission.user,
        email=submission.email,
        basket_id=basket.pk,
        idempotency_key=idempotency.key if idempotency else None,
        request_digest=idempotency.digest if idempotency else "",
        shipping_method=method.code,
        shipping_method_name=method.name,
        collection_point=_collection_point(method),
        location=method.location,
        payment_method=submission.gateway.method.code,
        currency=settings.SHOP_CURRENCY,
        subtotal_amount=totals.subtotal_amount,
        shipping_amount=totals.shipping_amount,
        tax_amount=totals.tax_amount,
        total_amount=totals.total_amount,
        placed_at=submission.placed_at,
        expires_at=submission.placed_at + submission.gateway.hold,
        **{f"shipping_{name}": value for name, value in asdict(address).items()} if address else {},
    )


def _collection_point(method: ShippingMethod) -> str:
    location = method.location
    return f"{location.name}\n{location.address}".strip() if location else ""


def _copy(order: Order, line: BasketLine, price: LinePrice, promise: Promise) -> OrderLine:
    edition = line.edition
    return OrderLine(
        order=order,
        edition=edition,
        isbn13=edition.isbn13,
        title=edition.display_title,
        byline=edition.work.byline[:1000],
        format=edition.format,
        unit_amount=price.unit_amount,
        quantity=price.quantity,
        tax_rate=price.tax_rate,
        tax_amount=price.tax_amount,
        total_amount=price.total_amount,
        supply=promise.supply,
        awaited_quantity=promise.awaited,
        promised_date=promise.promised_date,
    )
