"""The audit of the gift cards: balances equal their ledger, and the ledger what orders say."""

from collections.abc import Iterator
from typing import Any

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce

from bookstore.audit.amounts import NOTHING
from orders.models import GiftCard, GiftCardMovement, Order, Payment, Refund
from orders.models.gift_card import GIFT_CARD

Kind = GiftCardMovement.Kind


def _balance_equals_its_movements() -> Iterator[str]:
    rows: QuerySet[Any] = GiftCard.objects.annotate(
        moved=Coalesce(Sum("movements__amount"), Value(NOTHING))
    )
    for card in rows.exclude(balance_amount=F("moved")).iterator():
        yield f"gift card {card}: balance {card.balance_amount}; its movements say {card.moved}"


def _what_a_card_paid_it_lost() -> Iterator[str]:
    spent = GiftCardMovement.objects.filter(
        pk=Cast(OuterRef("event_id"), BigIntegerField()),
        order=OuterRef("order"),
        amount=-OuterRef("amount"),
        kind=Kind.REDEEM,
    )
    paid = Payment.objects.filter(provider=GIFT_CARD).select_related("order")
    for payment in paid.exclude(Exists(spent)).iterator():
        yield f"order {payment.order.number}: {payment.amount} by gift card that no card lost"


def _what_a_card_got_back_the_order_gave() -> Iterator[str]:
    got = GiftCardMovement.objects.filter(
        pk=Cast(OuterRef("event_id"), BigIntegerField()),
        order=OuterRef("order"),
        amount=OuterRef("amount"),
        kind=Kind.GIVE_BACK,
    )
    given = Refund.objects.filter(provider=GIFT_CARD).select_related("order")
    for refund in given.exclude(Exists(got)).iterator():
        yield f"order {refund.order.number}: {refund.amount} went back to no gift card"


def _what_a_card_lost_or_got_an_order_knows() -> Iterator[str]:
    for kind, events in ((Kind.REDEEM, Payment), (Kind.GIVE_BACK, Refund)):
        known = events._default_manager.filter(provider=GIFT_CARD).annotate(
            movement=Cast("event_id", BigIntegerField())
        )
        rows = GiftCardMovement.objects.filter(kind=kind).select_related("gift_card", "order")
        unknown = rows.exclude(Exists(known.filter(movement=OuterRef("pk"))))
        for movement in unknown.iterator():
            yield (
                f"gift card {movement.gift_card}: {movement.amount:+} for order {movement.order},"
                " which does not know of it"
            )


def _orders_were_paid_as_much_by_gift_card_as_they_say() -> Iterator[str]:
    rows: QuerySet[Any] = Order.objects.annotate(
        given=Coalesce(
            Sum("payments__amount", filter=Q(payments__provider=GIFT_CARD)), Value(NOTHING)
        )
    )
    # One that expired and lives on was paid by its cards twice, and given back once.
    for order in rows.filter(given__lt=F("gift_card_amount")).iterator():
        yield (
            f"order {order.number}: {order.gift_card_amount} by gift card; payments say"
            f" {order.given}"
        )


CHECKS = (
    _balance_equals_its_movements,
    _what_a_card_paid_it_lost,
    _what_a_card_got_back_the_order_gave,
    _what_a_card_lost_or_got_an_order_knows,
    _orders_were_paid_as_much_by_gift_card_as_they_say,
)
