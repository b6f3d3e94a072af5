"""Cancellation: by the customer until something is packed, or of single copies that cannot come.

Staff ends a whole order by `Order.cancel`, which these stand on.
"""

import datetime
import hashlib
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from catalog.models import Location
from orders import fulfillment, readiness, refunds, restitution
from orders.models import (
    Allocation,
    GiftCard,
    Order,
    OrderEvent,
    OrderLine,
    OrderMessage,
    Payment,
    ReturnLine,
    WrongState,
)
from orders.models.gift_card import GiftCardUsed
from orders.pricing import ZERO, part

Kind = OrderEvent.Kind
OPEN = (Order.Status.AWAITING_PAYMENT, Order.Status.PAID)
PAID_FOR = (Order.Status.PAID, Order.Status.SHIPPED, Order.Status.COMPLETED)


class NotCancelable(Exception):
    """More was to be canceled than can be; `most` says how many copies can, by number."""

    def __init__(self, most: Mapping[str, int]) -> None:
        super().__init__(most)
        self.most = dict(most)

    def __str__(self) -> str:
        texts = (
            ngettext(
                "Of %(isbn13)s at most %(n)d copy can be canceled; others are packed or gone.",
                "Of %(isbn13)s at most %(n)d copies can be canceled; others are packed or gone.",
                number,
            )
            % {"isbn13": isbn13, "n": number}
            for isbn13, number in self.most.items()
        )
        return " ".join(texts)


class CanceledOtherwise(Exception):
    """Somebody was quicker, and canceled other copies."""

    def __str__(self) -> str:
        return _("Copies of this order have just been canceled: please look again.")


def is_open_to_customer(order: Order) -> bool:
    """Whether its customer can still cancel it: it is not paid, or nothing of it is packed, has
    left, or was used.
    """
    if order.status != Order.Status.PAID:
        return order.status == Order.Status.AWAITING_PAYMENT
    return not order.shipments.exists() and not has_used_gift_card(order)


def has_used_gift_card(order: Order) -> bool:
    """Whether a gift card that it sold was used; one that was taken back was not."""
    sells_cards = any(line.is_gift_card for line in order.lines.all())
    return sells_cards and GiftCard.objects.sold_by(order).used().exists()


@transaction.atomic
def cancel_for_customer(*, order: Order, at: datetime.datetime, actor: User | None = None) -> None:
    """End it as its customer wishes; what was paid goes back.

    Raises WrongState once something is packed.
    """
    order.lock()  # it may be paid, or packed, at this moment
    if not is_open_to_customer(order):
        raise WrongState(order, _("canceled"))
    order.cancel(actor=actor, reason=_("Canceled by the customer."), at=at)


def gives_money_back(order: Order) -> bool:
    """Whether money goes back when it is canceled, or a part of it; the balance of a gift card that
    an unpaid order holds is merely set free.
    """
    kept = Payment.objects.kept(order)
    return any(order.paid_at or not payment.is_by_gift_card for payment in kept)


def cancelable(order: Order) -> dict[OrderLine, int]:
    """How many copies of each line are still here and in no parcel: those that have yet to come
    too, files that nobody was sent, and gift cards that nobody has used, however long ago they
    were sent.
    """
    if order.status == Order.Status.CANCELED:
        return {}
    unpacked: dict[int, int] = {}
    for each in readiness.packable(order):
        unpacked[each.line.pk] = unpacked.get(each.line.pk, 0) + each.quantity
    untouched = _untouched_cards(order)
    found = {}
    for line in order.lines.all():
        if line.is_gift_card and order.paid_at:
            quantity = untouched[line.pk]
        elif line.is_digital:
            is_sent = order.status == Order.Status.COMPLETED
            quantity = 0 if is_sent else line.quantity - line.canceled_quantity
        else:
            quantity = unpacked.get(line.pk, 0) + line.awaited_quantity
        if quantity:
            found[line] = quantity
    return found


def _untouched_cards(order: Order) -> Counter[int | None]:
    """How many of the gift cards of each line nobody has used, by the line's id."""
    if not any(line.is_gift_card for line in order.lines.all()):
        return Counter()
    cards = GiftCard.objects.sold_by(order).untouched()
    return Counter(cards.values_list("order_line_id", flat=True))


@transaction.atomic
def cancel_copies(
    *,
    order: Order,
    copies: Mapping[str, int],
    at: datetime.datetime,
    actor: User | None = None,
    reason: str = "",
    key: str = "",
) -> None:
    """Take these copies, numbers by isbn13, out of a paid order; their price goes back.

    Where nothing else is left of it, the whole order is canceled. With the `key` of an earlier call
    nothing is canceled again. Raises NotCancelable; WrongState where it is not paid or a gift card
    was used; or CanceledOtherwise where the key canceled other copies; with nothing written.
    """
    order.lock()
    if was_canceled(order, key, copies):
        return
    reference = _reference(key, copies) if key else ""
    if order.status not in PAID_FOR or not copies:
        raise WrongState(order, _("canceled in part"))
    wanted = _choose(cancelable(order), copies)
    is_all = all(
        wanted.get(line, 0) == line.quantity - line.canceled_quantity for line in order.lines.all()
    )
    if is_all and order.status == Order.Status.PAID:
        order.cancel(actor=actor, reason=reason, at=at, reference=reference)
        return
    _take_out(order, wanted, actor=actor)
    parts = _count(order, wanted)
    titles = ", ".join(f"{n} × {line.title}" for line, n in wanted.items())
    note = f"{titles} ({reason})" if reason else titles
    event = order.record(Kind.LINES_CANCELED, actor=actor, note=note, at=at, reference=reference)
    order.tell(OrderMessage.Kind.LINES_CANCELED, str(event.pk))
    _return(order, parts, key=f"event-{event.pk}", reason=titles, actor=actor, at=at)
    fulfillment.settle_parcels(order=order, at=at, actor=actor)


def was_canceled(order: Order, key: str, copies: Mapping[str, int]) -> bool:
    """Whether these copies were canceled with this key. Raises CanceledOtherwise if others were."""
    kinds = (Kind.LINES_CANCELED, Kind.CANCELED)
    found = order.events.filter(kind__in=kinds, reference__startswith=f"{key}/")
    earlier = found.first() if key else None
    if earlier and earlier.reference != _reference(key, copies):
        raise CanceledOtherwise
    return earlier is not None


def _reference(key: str, copies: Mapping[str, int]) -> str:
    """By which the event is found again: the key, and which copies they were in short."""
    chosen = " ".join(f"{number}:{n}" for number, n in sorted(copies.items()))
    return f"{key}/{hashlib.sha256(chosen.encode()).hexdigest()[:16]}"


def _choose(most: Mapping[OrderLine, int], copies: Mapping[str, int]) -> dict[OrderLine, int]:
    by_number = {line.isbn13: line for line in most}
    wanted = {by_number[number]: n for number, n in copies.items() if number in by_number}
    if len(wanted) < len(copies) or any(not 0 < n <= most[line] for line, n in wanted.items()):
        counted = {line.isbn13: n for line, n in most.items()}
        raise NotCancelable({number: counted.get(number, 0) for number in copies})
    return wanted


def value_of(line: OrderLine, copies: int) -> Decimal:
    """What the customer paid for the next `copies` copies of the line that go out of the order.

    Those canceled or refunded before are counted first, so the last takes what rounding left.
    """
    returned = ReturnLine.objects.filter(order_line=line, refund_amount__isnull=False)
    before = line.canceled_quantity + sum(each.received_quantity for each in returned)
    return part(line.charged_amount, of=line.quantity, after=before, copies=copies)


def has_goods_left(order: Order, *, besides: Mapping[int, int] | None = None) -> bool:
    """Whether the customer keeps, or is still to get, any printed copy.

    `besides` are copies that go out now, by the line's id.
    """
    refunded: dict[int, int] = dict(besides or {})
    for each in ReturnLine.objects.filter(order_line__order=order, refund_amount__isnull=False):
        refunded[each.order_line_id] = refunded.get(each.order_line_id, 0) + each.received_quantity
    return any(
        line.quantity > line.canceled_quantity + refunded.get(line.pk, 0)
        for line in order.lines.all()
        if not line.is_digital
    )


def _take_out(order: Order, wanted: Mapping[OrderLine, int], *, actor: User | None) -> None:
    """Take the promises back: of what has yet to come first, of what is packed never."""
    awaited: dict[OrderLine, int] = {}
    released: dict[tuple[int, Location], int] = {}
    left = {line.pk: n for line, n in wanted.items() if not line.is_digital}
    for line in order.lines.with_promises().filter(pk__in=left):
        if come_later := min(left[line.pk], line.awaited_quantity):
            awaited[line] = come_later
            left[line.pk] -= come_later
    for each in reversed(readiness.packable(order)):
        if taken := min(left.get(each.line.pk, 0), each.quantity):
            released[(each.line.pk, each.location)] = taken
            left[each.line.pk] -= taken
    allocations = Allocation.objects.filter(order_line__in=wanted).with_places()
    promised = {(row.order_line_id, row.stock.location): row for row in allocations}
    Allocation.objects.all().release(
        {promised[place]: n for place, n in released.items()},
        reference=order.number,
        actor=actor,
    )
    OrderLine.objects.all().withdraw(awaited)
    for line, quantity in wanted.items():
        line.awaited_quantity -= awaited.get(line, 0)
        if line.is_gift_card:
            _void(order, line, quantity, actor=actor)


def _count(order: Order, wanted: Mapping[OrderLine, int]) -> list[restitution.Part]:
    """Count the copies as canceled; what goes back is their price, and shipping with the last."""
    parts = [restitution.Part(value_of(line, n), line, n) for line, n in wanted.items()]
    for line, quantity in wanted.items():
        line.canceled_quantity += quantity
        line.save(update_fields=["canceled_quantity"])
    if not all(line.is_digital for line in wanted) and not has_goods_left(order):
        parts.append(restitution.Part(restitution.unreturned_shipping(order)))
    return parts


def _void(order: Order, line: OrderLine, quantity: int, *, actor: User | None) -> None:
    try:
        GiftCard.objects.take_back(line, quantity, reason=order.number, actor=actor)
    except GiftCardUsed as used:
        raise WrongState(order, _("canceled in part"), str(used)) from used


def _return(
    order: Order,
    parts: list[restitution.Part],
    *,
    key: str,
    reason: str,
    actor: User | None,
    at: datetime.datetime,
) -> None:
    """Have the money go back: by itself where it can, else by the hands of staff."""
    amount = min(sum((part.amount for part in parts), ZERO), order.refundable_amount)
    if amount <= 0:
        return
    requests = refunds.request_refund(
        order=order, amount=amount, key=key, reason=reason, actor=actor, at=at, is_owed=True
    )
    restitution.write_down(requests, parts)
