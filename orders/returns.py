"""Returns: what customers send back, from their word to the money.

A customer says what comes back; staff receives it, on the shelf or written off, sees what it is
worth, and refunds it; or declines it. Nothing comes back twice, and nothing is refunded twice.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from catalog.models import Location, Stock
from orders import cancellation, refunds, restitution
from orders.models import (
    Consignment,
    Order,
    OrderEvent,
    OrderLine,
    OrderMessage,
    Payment,
    Return,
    ReturnLine,
    ShippingMethod,
    tables,
)
from orders.models.shipping import weight_of
from orders.pricing import ZERO

Status = Return.Status
MAY_RETURN = (Order.Status.PAID, Order.Status.SHIPPED, Order.Status.COMPLETED)


class NotReturnable(Exception):
    """More was to come back than the customer has; `most` says how many copies, by number."""

    def __init__(self, most: Mapping[str, int]) -> None:
        super().__init__(most)
        self.most = dict(most)

    def __str__(self) -> str:
        texts = (
            ngettext(
                "Of %(isbn13)s at most %(n)d copy can come back.",
                "Of %(isbn13)s at most %(n)d copies can come back.",
                number,
            )
            % {"isbn13": isbn13, "n": number}
            for isbn13, number in self.most.items()
        )
        return " ".join(texts) or _("Nothing of this order can come back.")


class WrongReturnState(Exception):
    """The return has gone too far for this, or not far enough; the message is for staff."""

    def __init__(self, of_return: Return, wish: str) -> None:
        super().__init__(
            _("Return %(number)s is “%(status)s”: it cannot be %(wish)s.")
            % {
                "number": of_return.number,
                "status": of_return.get_status_display(),
                "wish": wish,
            }
        )
        self.of_return = of_return


class NotSold(Exception):
    """Copies of what the shop has no more cannot go back on a shelf; the message is for staff."""

    def __str__(self) -> str:
        return _("This edition is no longer in the catalogue: its copies can only be written off.")


@dataclass(frozen=True)
class Restitution:
    """What goes back for a return, and by which ways."""

    lines: Mapping[ReturnLine, Decimal]
    shipping_amount: Decimal
    deduction_amount: Decimal
    amount: Decimal
    """In all; never more than came in and did not go back."""

    ways: list[tuple[Payment, Decimal]]

    @property
    def goods_amount(self) -> Decimal:
        """What the copies cost, each with its share of the discount."""
        return sum(self.lines.values(), ZERO)

    @property
    def parts(self) -> list[restitution.Part]:
        """What the money is for, before anything is deducted."""
        goods = [
            restitution.Part(amount, line.order_line, line.received_quantity)
            for line, amount in self.lines.items()
        ]
        return [*goods, restitution.Part(self.shipping_amount)]


def returnable(order: Order) -> dict[OrderLine, int]:
    """How many copies of each line the customer has, of which none is on its way back."""
    if order.status not in MAY_RETURN:
        return {}
    back: dict[int, int] = {}
    for line in ReturnLine.objects.filter(of_return__order=order).select_related("of_return"):
        back[line.order_line_id] = back.get(line.order_line_id, 0) + _counted(line)
    found = {
        line: line.shipped_quantity - back.get(line.pk, 0) for line in order.lines.with_shipped()
    }
    return {line: quantity for line, quantity in found.items() if quantity > 0}


@transaction.atomic
def request_return(
    *,
    order: Order,
    copies: Mapping[str, int],
    at: datetime.datetime,
    reason: str = "",
    actor: User | None = None,
    key: str = "",
) -> Return:
    """Write down that these copies, numbers by isbn13, are to come back.

    With the `key` of an earlier call it gives that one's return. Raises NotReturnable.
    """
    order.lock()
    if key and (earlier := order.returns.filter(key=key).first()):
        return earlier
    lines = choose(returnable(order), copies)
    made = order.returns.create(
        reason=reason, email=order.email, actor=actor, requested_at=at, key=key
    )
    ReturnLine.objects.bulk_create(
        ReturnLine(of_return=made, order_line=line, quantity=n) for line, n in lines.items()
    )
    order.record(OrderEvent.Kind.RETURN_REQUESTED, actor=actor, note=_summary(made), at=at)
    order.tell(OrderMessage.Kind.RETURN_REQUESTED, made.number)
    return made


def choose(most: Mapping[OrderLine, int], copies: Mapping[str, int]) -> dict[OrderLine, int]:
    """The lines that `copies`, numbers by isbn13, mean. Raises NotReturnable."""
    by_number = {line.isbn13: (line, n) for line, n in most.items()}
    short = {
        isbn13: by_number[isbn13][1] if isbn13 in by_number else 0
        for isbn13, wanted in copies.items()
        if isbn13 not in by_number or not 0 < wanted <= by_number[isbn13][1]
    }
    if short or not copies:
        raise NotReturnable(short)
    return {by_number[isbn13][0]: wanted for isbn13, wanted in copies.items()}


@transaction.atomic
def receive(
    *,
    of_return: Return,
    restocked: Mapping[str, int],
    written_off: Mapping[str, int],
    location: Location | None,
    at: datetime.datetime,
    actor: User | None = None,
    note: str = "",
) -> None:
    """Take the copies in: some go on the shelf at `location`, others are written off.

    Fewer than announced may come; the others then count as not sent. Nothing happens when it was
    received before. Raises WrongReturnState, NotReturnable for more than announced or none, or
    NotSold.
    """
    _lock(of_return)
    if of_return.status in (Status.RECEIVED, Status.REFUNDED):
        return
    if of_return.status != Status.REQUESTED:
        raise WrongReturnState(of_return, _("received"))
    lines = list(of_return.lines.select_related("order_line__edition"))
    _check_received(lines, restocked, written_off)
    for line in lines:
        line.restocked_quantity = restocked.get(line.order_line.isbn13, 0)
        line.written_off_quantity = written_off.get(line.order_line.isbn13, 0)
        line.save(update_fields=["restocked_quantity", "written_off_quantity"])
    _restock(of_return, lines, location, actor=actor)
    of_return.status, of_return.received_at, of_return.note = Status.RECEIVED, at, note
    of_return.save(update_fields=["status", "received_at", "note"])
    order = of_return.order
    text = _summary(of_return, note)
    order.record(OrderEvent.Kind.RETURN_RECEIVED, actor=actor, note=text, at=at)
    order.tell(OrderMessage.Kind.RETURN_RECEIVED, of_return.number)


def propose(
    of_return: Return,
    *,
    with_shipping: bool | None = None,
    deduction_amount: Decimal = ZERO,
) -> Restitution:
    """What a received return is worth: each line with its share of the discount, to the cent.

    Shipping goes back, as far as the standard way costs, when the customer keeps nothing, or as
    `with_shipping` says. Raises refunds.RefundTooLarge for a deduction of more than all.
    """
    order = of_return.order
    lines = list(of_return.lines.select_related("order_line"))
    worth = {line: cancellation.value_of(line.order_line, line.received_quantity) for line in lines}
    if with_shipping is None:
        besides = {line.order_line_id: line.received_quantity for line in lines}
        with_shipping = any(besides.values()) and not cancellation.has_goods_left(
            order, besides=besides
        )
    shipping = standard_shipping(order) if with_shipping else ZERO
    whole = sum(worth.values(), ZERO) + shipping
    if not 0 <= deduction_amount <= whole:
        raise refunds.RefundTooLarge(wanted=deduction_amount, most=whole, currency=order.currency)
    amount = min(whole - deduction_amount, order.refundable_amount)
    ways = refunds.plan(order, amount) if amount else []
    return Restitution(worth, shipping, deduction_amount, amount, ways)


def standard_shipping(order: Order) -> Decimal:
    """What goes back of the shipping when nothing is kept: as much as the cheapest way that is
    offered, for whoever chose a dearer one has that for nothing.
    """
    left = restitution.unreturned_shipping(order)
    weight = sum(
        weight_of(line.edition) * line.quantity
        for line in order.lines.select_related("edition")
        if line.edition
    )
    consignment = Consignment(
        zone=tables.read().zone_of(order.shipping_country),
        weight_grams=weight,
        value_amount=order.subtotal_amount - order.discount_amount,
    )
    offered = ShippingMethod.objects.offered().filter(requires_address=True).with_rates()
    amounts = {
        method.code: amount
        for method in offered
        if (amount := method.amount_for(consignment)) is not None
    }
    chosen = amounts.get(order.shipping_method)
    if chosen is None or chosen == min(amounts.values()):
        return left
    return min(left, *amounts.values())


@transaction.atomic
def refund(
    *,
    of_return: Return,
    at: datetime.datetime,
    actor: User | None = None,
    with_shipping: bool | None = None,
    deduction_amount: Decimal = ZERO,
    note: str = "",
) -> Restitution | None:
    """Give the customer the money back, as `propose` computes it; once.

    None when it was refunded before. Raises WrongReturnState, or a refunds.RefundError.
    """
    _lock(of_return)
    if of_return.status == Status.REFUNDED:
        return None
    if of_return.status != Status.RECEIVED:
        raise WrongReturnState(of_return, _("refunded"))
    order = of_return.order
    worth = propose(of_return, with_shipping=with_shipping, deduction_amount=deduction_amount)
    for line, amount in worth.lines.items():
        line.refund_amount = amount
        line.save(update_fields=["refund_amount"])
    if worth.amount:
        requests = refunds.request_refund(
            order=order,
            amount=worth.amount,
            key=f"return-{of_return.number}",
            reason=_("Return %(number)s") % {"number": of_return.number},
            actor=actor,
            at=at,
        )
        restitution.write_down(requests, worth.parts, of_return=of_return)
    of_return.status, of_return.ended_at = Status.REFUNDED, at
    of_return.shipping_amount = worth.shipping_amount
    of_return.note = note or of_return.note
    of_return.save()
    return worth


@transaction.atomic
def decline(
    *, of_return: Return, reason: str, at: datetime.datetime, actor: User | None = None
) -> None:
    """Refuse it for a reason that the customer is told; nothing has come, or it goes back.

    Nothing happens when it was declined before. Raises WrongReturnState once it was received.
    """
    _lock(of_return)
    if of_return.status == Status.DECLINED:
        return
    if of_return.status != Status.REQUESTED:
        raise WrongReturnState(of_return, _("declined"))
    of_return.status, of_return.ended_at, of_return.note = Status.DECLINED, at, reason
    of_return.save(update_fields=["status", "ended_at", "note"])
    order = of_return.order
    text = _summary(of_return, reason)
    order.record(OrderEvent.Kind.RETURN_DECLINED, actor=actor, note=text, at=at)
    order.tell(OrderMessage.Kind.RETURN_DECLINED, of_return.number)


def _counted(line: ReturnLine) -> int:
    """How many copies the line stands for: those announced, and once they came, those that did."""
    match line.of_return.status:
        case Status.DECLINED:
            return 0
        case Status.REQUESTED:
            return line.expected_quantity
        case _:
            return line.received_quantity


def _lock(of_return: Return) -> None:
    of_return.order.lock()
    of_return.refresh_from_db(fields=["status", "note", "ended_at"])


def _check_received(
    lines: list[ReturnLine], restocked: Mapping[str, int], written_off: Mapping[str, int]
) -> None:
    most = {line.order_line.isbn13: line.expected_quantity for line in lines}
    came = {
        isbn13: restocked.get(isbn13, 0) + written_off.get(isbn13, 0)
        for isbn13 in {*restocked, *written_off}
    }
    parts = [*restocked.values(), *written_off.values()]
    short = {isbn13: most.get(isbn13, 0) for isbn13, n in came.items() if n > most.get(isbn13, 0)}
    if short or not any(parts) or min(parts) < 0:
        raise NotReturnable(short)


def _restock(
    of_return: Return,
    lines: list[ReturnLine],
    location: Location | None,
    *,
    actor: User | None,
) -> None:
    shelved = {line.order_line: line.restocked_quantity for line in lines}
    shelved = {line: quantity for line, quantity in shelved.items() if quantity}
    if not shelved:
        return
    if location is None or any(line.edition is None for line in shelved):
        raise NotSold
    by_edition = {line.edition: quantity for line, quantity in shelved.items() if line.edition}
    rows = Stock.objects.at((edition, location) for edition in by_edition)
    for row in rows.select_related("edition").in_locking_order():
        row.take_back(
            by_edition[row.edition],
            reference=of_return.order.number,
            reason=_("Return %(number)s") % {"number": of_return.number},
            actor=actor,
        )


def _summary(of_return: Return, note: str = "") -> str:
    """For the order's history: the return's number, and what was said."""
    return f"{of_return.number} ({note})" if note else of_return.number
