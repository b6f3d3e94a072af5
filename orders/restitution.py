"""Restitution: what money that goes back is for, line by line, however many ways it takes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from orders.models import Order, OrderLine, RefundLine, RefundRequest, Return
from orders.pricing import ZERO

Kind = RefundLine.Kind


@dataclass(frozen=True)
class Part:
    """Some copies of a line, or shipping where there is none."""

    amount: Decimal
    order_line: OrderLine | None = None
    quantity: int = 0


def write_down(
    requests: Sequence[RefundRequest], parts: Iterable[Part], *, of_return: Return | None = None
) -> None:
    """Say what the requests are for, which together give back all parts, or less.

    What they give less is taken off the first of them. Call it in the transaction that asks.
    """
    left = [part for part in parts if part.amount]
    wanted = sum((part.amount for part in left), ZERO)
    deduction = wanted - sum((request.amount for request in requests), ZERO)
    lines: list[RefundLine] = []
    for request in requests:
        room = request.amount + deduction
        while room:
            part, *left = left
            taken = min(part.amount, room)
            lines.append(_line(request, part, taken))
            room -= taken
            if taken < part.amount:  # the rest goes another way
                left = [Part(part.amount - taken, part.order_line), *left]
        if deduction:
            lines.append(RefundLine(request=request, kind=Kind.DEDUCTION, amount=-deduction))
            deduction = ZERO
        request.of_return = of_return
        request.save(update_fields=["of_return"])
    RefundLine.objects.bulk_create(lines)


def _line(request: RefundRequest, part: Part, amount: Decimal) -> RefundLine:
    return RefundLine(
        request=request,
        kind=Kind.GOODS if part.order_line else Kind.SHIPPING,
        order_line=part.order_line,
        quantity=part.quantity,
        amount=amount,
    )


def unreturned_shipping(order: Order) -> Decimal:
    """What was paid for shipping, less what went back of it, or is about to."""
    back = RefundLine.objects.filter(request__order=order, kind=Kind.SHIPPING).total()
    return max(order.shipping_amount - back, ZERO)


def given_besides(order: Order) -> Decimal:
    """What went back, or is about to, for nothing that came back: goodwill, a lower price.

    Less what was deducted for it from what did come back; without money that came in too much.
    """
    loose = order.refund_requests.filter(lines=None, currency=order.currency)
    given = sum((each.amount for each in loose.exclude(status="failed")), ZERO)
    came = order.payments.filter(currency=order.currency)
    too_much = sum((each.amount for each in came), ZERO) - order.total_amount
    deducted = -RefundLine.objects.filter(request__order=order, kind=Kind.DEDUCTION).total()
    return max(given - max(too_much, ZERO) - deducted, ZERO)
