"""A busy shop: orders with all that can be about an order, made by the real verbs."""

from decimal import Decimal

from catalog.tests.factories import EditionFactory, orderable
from orders import fulfillment, refunds
from orders.models import GiftCard, Order, PaymentAttempt, Voucher
from orders.payments import EventKind, PaymentEvent, record_event
from orders.tests.factories import NOW, make_order


def busy_orders() -> dict[str, Order]:
    """By what sets them apart; their jobs wait."""
    edition = EditionFactory.create(stock=20)
    rare = EditionFactory.create(stock=0)
    orderable(rare)
    Voucher.objects.create(code="TENTH", kind=Voucher.Kind.PERCENTAGE, percent=Decimal(10))
    card = GiftCard.objects.issue(Decimal("50.00"), currency="USD")
    orders = {
        "waiting": make_order({edition: 2}),
        "awaited": make_order({rare: 1}, payment_method="fake"),
        "saved": make_order({edition: 2}, payment_method="fake", voucher_code="TENTH"),
        "given": make_order({edition: 1}, payment_method="fake", gift_card_codes=[card.code]),
        "shipped": make_order({edition: 3}, payment_method="fake"),
        "canceled": make_order({edition: 1}, voucher_code="TENTH"),
    }
    for name in ("awaited", "saved", "shipped"):
        pay(orders[name])
    fulfillment.ship(order=orders["shipped"], at=NOW)
    orders["canceled"].cancel(at=NOW)
    refunds.request_refund(order=orders["saved"], amount=Decimal("3.00"), at=NOW)
    refunds.request_refund(order=orders["given"], amount=Decimal("2.00"), at=NOW)
    return orders


def pay(order: Order) -> None:
    """By a provider whose attempt is known, as at Stripe."""
    PaymentAttempt.objects.create(
        order=order, provider="fake", provider_id=f"pay-{order.pk}", amount=order.payable_amount,
        currency=order.currency, created_at=NOW,
    )  # fmt: skip
    record_event(
        PaymentEvent(
            provider="fake",
            event_id=f"pay-{order.pk}",
            order_number=order.number,
            kind=EventKind.SUCCEEDED,
            amount=order.payable_amount,
            currency=order.currency,
        ),
        at=NOW,
    )
    order.refresh_from_db()
