"""The audit: proves that stock and money add up, across every app.

Each check is one query over all rows that returns only what is broken, so that the audit stays
quick in a large shop. A check says what must hold; its findings name the row and the two numbers.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from catalog.models import Edition, SearchEntry, Stock, Work
from orders.models import Order, OrderEvent, OrderLine, Payment, Refund

NOTHING = Decimal("0.00")


def findings() -> Iterator[str]:
    """A line for every row that breaks an invariant; nothing when all is right."""
    for check in CHECKS:
        yield from check()


def _stock_equals_its_movements() -> Iterator[str]:
    rows: QuerySet[Any] = Stock.objects.select_related("edition", "location").annotate(
        moved_on_hand=Coalesce(Sum("movements__on_hand_change"), 0),
        moved_allocated=Coalesce(Sum("movements__allocated_change"), 0),
    )
    broken = rows.exclude(on_hand=F("moved_on_hand"), allocated=F("moved_allocated"))
    for stock in broken.iterator():
        yield (
            f"stock {stock.edition.isbn13} at {stock.location.code}: on hand {stock.on_hand},"
            f" allocated {stock.allocated}; its movements say {stock.moved_on_hand},"
            f" {stock.moved_allocated}"
        )


def _allocated_equals_what_open_orders_hold() -> Iterator[str]:
    held = (
        OrderLine.objects.holding_stock()
        .filter(stock=OuterRef("pk"))
        .order_by()
        .values("stock")
        .annotate(held=Sum("open_quantity"))
        .values("held")
    )
    rows: QuerySet[Any] = Stock.objects.select_related("edition", "location").annotate(
        held=Coalesce(Subquery(held), 0)
    )
    for stock in rows.exclude(allocated=F("held")).iterator():
        yield (
            f"stock {stock.edition.isbn13} at {stock.location.code}: allocated {stock.allocated};"
            f" open orders hold {stock.held}"
        )


def _order_equals_its_lines() -> Iterator[str]:
    rows: QuerySet[Any] = Order.objects.annotate(
        lines_amount=Coalesce(Sum("lines__total_amount"), NOTHING)
    )
    for order in rows.exclude(subtotal_amount=F("lines_amount")).iterator():
        yield (
            f"order {order.number}: subtotal {order.subtotal_amount};"
            f" its lines say {order.lines_amount}"
        )


def _with_money() -> QuerySet[Any]:
    """Orders with `paid` and `refunded`, in their own currency."""

    def total(events: type[Payment] | type[Refund]) -> Coalesce:
        sums = (
            events._default_manager.filter(order=OuterRef("pk"), currency=OuterRef("currency"))
            .order_by()
            .values("order")
            .annotate(total=Sum("amount"))
            .values("total")
        )
        return Coalesce(Subquery(sums), Value(NOTHING))

    return Order.objects.annotate(paid=total(Payment), refunded=total(Refund))


def _paid_orders_are_covered() -> Iterator[str]:
    paid = _with_money().filter(paid_at__isnull=False)
    for order in paid.filter(paid__lt=F("total_amount")).iterator():
        yield f"order {order.number}: paid, total {order.total_amount}; received {order.paid}"


def _no_refund_exceeds_what_was_paid() -> Iterator[str]:
    for order in _with_money().filter(refunded__gt=F("paid")).iterator():
        yield f"order {order.number}: refunded {order.refunded} of {order.paid}"


def _odd_money_is_shown_to_staff() -> Iterator[str]:
    owed = _with_money().annotate(kept=F("paid") - F("refunded"))
    canceled = Q(status=Order.Status.CANCELED, kept__gt=0)
    waiting = Q(status=Order.Status.AWAITING_PAYMENT, kept__gt=0)
    too_much = Q(kept__gt=F("total_amount"))
    settled = Exists(OrderEvent.objects.filter(order=OuterRef("pk"), kind=OrderEvent.Kind.SETTLED))
    rows: QuerySet[Any] = owed.filter(canceled | waiting | too_much, needs_attention=False).exclude(
        settled
    )
    for order in rows.iterator():
        yield (
            f"order {order.number}: {order.status}, total {order.total_amount}, holds"
            f" {order.kept}, and nobody is told"
        )


def _offered_works_are_found() -> Iterator[str]:
    entries = SearchEntry.objects.filter(work=OuterRef("pk"))
    offered = Work.objects.filter(Exists(Edition.objects.offered().of_outer_work()))
    for work in offered.exclude(Exists(entries)).iterator():
        yield f"work {work.key}: offered, and not in the search index"


CHECKS: tuple[Callable[[], Iterator[str]], ...] = (
    _stock_equals_its_movements,
    _allocated_equals_what_open_orders_hold,
    _order_equals_its_lines,
    _paid_orders_are_covered,
    _no_refund_exceeds_what_was_paid,
    _odd_money_is_shown_to_staff,
    _offered_works_are_found,
)
