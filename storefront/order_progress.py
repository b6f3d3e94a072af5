"""How far an order is, as its customer wants to know it: steps, parcels and what is left to do."""

import datetime
from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders import cancellation, gateways, readiness, returns, withdrawal
from orders.models import GiftCard, Order, OrderEvent, OrderLine, RefundRequest, Return
from orders.models.gift_card import GIFT_CARD

Kind = OrderEvent.Kind
SHOWN_EVENTS = frozenset(
    {
        Kind.PLACED,
        Kind.PAYMENT_FAILED,
        Kind.PAYMENT_PROCESSING,
        Kind.PAID,
        Kind.PACKED,
        Kind.SERVED,
        Kind.READY,
        Kind.SHIPPED,
        Kind.HANDED_OVER,
        Kind.DELIVERED,
        Kind.COMPLETED,
        Kind.CANCELED,
        Kind.EXPIRED,
        Kind.LINES_CANCELED,
        Kind.RETURN_REQUESTED,
        Kind.RETURN_RECEIVED,
        Kind.RETURN_DECLINED,
        Kind.WITHDRAWN,
        Kind.REALLOCATED,
        Kind.REFUND_REQUESTED,
        Kind.REFUNDED,
    }
)
"""The rest is between the shop and its payment providers."""
NOTES_SHOWN = frozenset({Kind.SHIPPED, Kind.LINES_CANCELED, Kind.SERVED})


class Step(NamedTuple):
    """One of the few steps from the order to the book in hand."""

    label: str | Promise
    at: datetime.datetime | None
    is_current: bool


Milestone = tuple[str | Promise, datetime.datetime | None]
"""What a step is called, and when it was reached; None: not yet."""


@dataclass(frozen=True)
class LineProgress:
    """Where the copies of a line are."""

    line: OrderLine
    left: int
    awaited: int
    canceled: int
    returned: int

    @property
    def is_split(self) -> bool:
        """Whether some have left and others have not."""
        return 0 < self.left < self.line.quantity - self.canceled


def steps(order: Order, *, on: datetime.date) -> list[Step]:
    """From placing to the end, as seen that day; the current one is the first still to come."""
    if order.canceled_at:
        found: list[Milestone] = [
            (_("Placed"), order.placed_at),
            (_("Canceled"), order.canceled_at),
        ]
    else:
        found = [(_("Paid"), order.paid_at), *_wait(order, on), *_last_steps(order)]
        if order.status == Order.Status.AWAITING_PAYMENT and readiness.may_be_packed(order):
            *before, collected = found[1:]
            found = [*before, found[0], collected]  # paid when it is collected
        found = [(_("Placed"), order.placed_at), *found]
    current = next((place for place, (_label, at) in enumerate(found) if at is None), -1)
    return [Step(label, at, place == current) for place, (label, at) in enumerate(found)]


def _wait(order: Order, on: datetime.date) -> list[Milestone]:
    """What has to come, or to be published, before the rest can be packed."""
    if order.packed_at or order.shipped_at:
        return []
    lines = [line for line in order.lines.all() if line.kept_quantity]
    days = [line.promised_date for line in lines if line.awaited_quantity and line.promised_date]
    days += [day for line in lines if (day := readiness.out_date(line)) and day > on]
    if not days:
        return []
    return [(gettext("Expected on %(day)s") % {"day": date_format(max(days))}, None)]


def _issued_at(order: Order) -> datetime.datetime | None:
    """When the last gift card of an order of gift cards alone was sent."""
    lines = [line for line in order.lines.all() if line.kept_quantity]
    issued = [each.created_at for each in order.events.all() if each.kind == Kind.GIFT_CARD_ISSUED]
    is_all = all(line.is_gift_card for line in lines)
    is_sent = is_all and len(issued) >= sum(line.kept_quantity for line in lines)
    return max(issued, default=None) if is_sent else None


def _last_steps(order: Order) -> list[Milestone]:
    if not order.needs_shipment and not order.shipments.all():
        return [(_("Sent by e-mail"), order.completed_at or _issued_at(order))]
    return _to_collect(order) if order.is_collection else _to_receive(order)


def _to_collect(order: Order) -> list[Milestone]:
    arrived_at = _arrived_at(order)
    return [
        (_("Ready to collect"), order.ready_at or arrived_at),
        (_("Collected"), arrived_at),
    ]


def _to_receive(order: Order) -> list[Milestone]:
    has_sent = any(parcel.shipped_at for parcel in order.shipments.all())
    is_partly_sent = has_sent and not order.shipped_at
    return [
        (_("Packed"), order.packed_at),
        (_("Partly on its way") if is_partly_sent else _("On its way"), order.shipped_at),
        (_("Delivered"), _arrived_at(order) or order.completed_at),
    ]


def _arrived_at(order: Order) -> datetime.datetime | None:
    """When the last parcel came, once all have left and come."""
    arrivals = [parcel.delivered_at for parcel in order.shipments.all()]
    has_arrived = order.shipped_at and all(arrivals)
    return max((at for at in arrivals if at), default=None) if has_arrived else None


def line_progress(order: Order) -> list[LineProgress]:
    """For each line how many copies are where."""
    left: Counter[int] = Counter()
    for parcel in order.shipments.all():
        if parcel.shipped_at:
            left.update({each.order_line_id: each.quantity for each in parcel.lines.all()})
    returned: Counter[int] = Counter()
    for of_return in order.returns.all():
        returned.update(
            {each.order_line_id: each.received_quantity for each in of_return.lines.all()}
        )
    return [
        LineProgress(
            line, left[line.pk], line.awaited_quantity, line.canceled_quantity, returned[line.pk]
        )
        for line in order.lines.all()
    ]


def money_back(order: Order) -> list[dict[str, Any]]:
    """What went back, and what is about to."""
    done = [
        {"amount": each.amount, "currency": each.currency, "at": each.refunded_at,
         "way": _way(each.provider), "is_by_hand": False}
        for each in order.refunds.all()
    ]  # fmt: skip
    waiting = [
        {"amount": each.amount, "currency": each.currency, "at": None,
         "way": _way(each.payment.provider) if each.payment else "",
         "is_by_hand": each.waits_for_staff}
        for each in order.refund_requests.all()
        if each.status == RefundRequest.Status.WAITING
    ]  # fmt: skip
    return [*done, *waiting]


def _way(provider: str) -> str | Promise:
    if provider == GIFT_CARD:
        return _("Gift card")
    gateway = gateways.known(provider)
    return gateway.method.name if gateway else ""


def gift_cards(order: Order) -> list[GiftCard]:
    """The cards that it sold and that can be used. Their codes are money: for its owner alone."""
    if not any(line.is_gift_card for line in order.lines.all()):
        return []
    return list(GiftCard.objects.sold_by(order).filter(is_active=True))


def describe(order: Order, *, is_theirs: bool, at: datetime.datetime) -> dict[str, Any]:
    """All that the order's page shows of how far it is; what can be done only for its owner."""
    events = [event for event in order.events.all() if event.kind in SHOWN_EVENTS]
    lines = line_progress(order)
    is_withdrawable = is_theirs and withdrawal.is_open(order, at=at)
    end = withdrawal.period_end(order) if is_withdrawable else None
    return {
        "steps": steps(order, on=timezone.localdate(at)),
        "events": events,
        "notes_shown": NOTES_SHOWN,
        "lines": lines,
        "has_files": any(
            each.line.is_digital
            and not each.line.is_gift_card
            and each.line.quantity > each.canceled
            for each in lines
        ),
        "gift_cards": gift_cards(order) if is_theirs else [],
        "awaited": [each for each in lines if each.awaited],
        "parcels": [parcel for parcel in order.shipments.all() if parcel.shipped_at],
        "returns": order.returns.all(),
        "declined": Return.Status.DECLINED,
        "money_back": money_back(order),
        "documents": order.documents.all(),
        "is_cancelable": is_theirs and cancellation.is_open_to_customer(order),
        "is_returnable": is_theirs and bool(returns.returnable(order)),
        "is_withdrawable": is_withdrawable,
        "last_withdrawal_day": withdrawal.last_day(end) if end else None,
    }
