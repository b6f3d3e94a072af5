"""Withdrawal: the right of consumers in the European Union to give a contract up, for no reason.

It begins with the order and ends `Seller.withdrawal_days` after the last parcel arrived. Copies
that are still here are canceled at once; those that have left become a return. What the customer
stated is kept, with its date and time, and acknowledged by e-mail.
"""

import datetime
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from orders import cancellation, fulfillment, returns
from orders.models import (
    Order,
    OrderEvent,
    OrderLine,
    OrderMessage,
    Return,
    ReturnLine,
    Seller,
    WrongState,
)

TRANSIT_DAYS = 14
"""A parcel of which nobody said that it arrived is taken to have, so many days after it left."""


class NothingToWithdraw(Exception):
    """Everything was canceled, sent back or given up before, or cannot be given up."""

    def __str__(self) -> str:
        return _("There is nothing left of this order to withdraw from.")


def period_end(order: Order) -> datetime.datetime | None:
    """When the right ends: with the last of its days, in the shop's time zone.

    None as long as something has yet to leave.
    """
    shipments = list(order.shipments.all())
    has_more_to_come = order.needs_shipment and order.status in cancellation.OPEN
    if has_more_to_come or order.status == Order.Status.AWAITING_PAYMENT:
        return None
    arrived = [
        shipment.delivered_at or shipment.shipped_at + datetime.timedelta(days=TRANSIT_DAYS)
        for shipment in shipments
        if shipment.shipped_at
    ]
    day = timezone.localtime(max(arrived, default=order.placed_at)).date()
    days = Seller.objects.current().withdrawal_days
    return timezone.make_aware(
        datetime.datetime.combine(day + datetime.timedelta(days=days + 1), datetime.time.min)
    )


def last_day(end: datetime.datetime) -> datetime.date:
    """The last day on which it can be stated, of a period that ends then."""
    return timezone.localdate(end - datetime.timedelta(microseconds=1))


def withdrawable(order: Order) -> dict[OrderLine, int]:
    """How many copies of each line can be given up: here, packed, or with the customer.

    Not files that were sent (their order is completed), nor gift cards that were used.
    """
    if order.status == Order.Status.CANCELED:
        return {}
    found = dict(returns.returnable(order))
    here = _packed(order)
    for line, quantity in cancellation.cancelable(order).items():
        here[line] = here.get(line, 0) + quantity
    for line, quantity in here.items():
        found[line] = found.get(line, 0) + quantity
    return {line: found[line] for line in order.lines.all() if line in found}


def is_open(order: Order, *, at: datetime.datetime) -> bool:
    """Whether its customer can withdraw from something of it now."""
    end = period_end(order)
    if end is not None and at >= end:
        return False
    # Of what waits to be paid nothing has left, so that nobody needs to look for it.
    return order.status == Order.Status.AWAITING_PAYMENT or bool(withdrawable(order))


def withdraw(
    *,
    order: Order,
    at: datetime.datetime,
    name: str,
    copies: Mapping[str, int] | None = None,
    actor: User | None = None,
    key: str = "",
) -> Return:
    """Take the statement down and do what follows: for the whole order, or for `copies` by isbn13.

    A late one is declined, with the reason, and kept as well. With the `key` of an earlier call it
    gives that one's. Raises NothingToWithdraw, or returns.NotReturnable for more than there is.
    """
    try:
        return _withdraw(order, copies, name=name, actor=actor, key=key, at=at)
    except (WrongState, cancellation.NotCancelable):  # a gift card of it was used at this moment
        return _withdraw(order, copies, name=name, actor=actor, key=key, at=at)


@transaction.atomic
def _withdraw(
    order: Order,
    copies: Mapping[str, int] | None,
    *,
    name: str,
    actor: User | None,
    key: str,
    at: datetime.datetime,
) -> Return:
    order.lock()
    if key and (earlier := order.returns.filter(key=key).first()):
        return earlier
    if not (most := withdrawable(order)):
        raise NothingToWithdraw
    is_unpaid = order.status == Order.Status.AWAITING_PAYMENT  # and ends as a whole
    lines = most if copies is None or is_unpaid else returns.choose(most, copies)
    end = period_end(order)
    if end is not None and at >= end:
        return _decline(order, lines, end, name=name, actor=actor, key=key, at=at)
    is_unpacked = _unpack(order, lines, actor=actor, at=at)
    asked = list(order.refund_requests.values_list("pk", flat=True))
    here = _cancel_what_is_here(order, lines, actor=actor, at=at)
    made = _write_down(order, lines, here, name=name, actor=actor, key=key, at=at)
    order.refund_requests.exclude(pk__in=asked).update(of_return=made)
    if here == lines:
        _end(made, at=at)
    order.record(
        OrderEvent.Kind.WITHDRAWN,
        actor=actor,
        note=made.number,
        at=at,
        needs_attention=is_unpacked,  # the parcel lies before somebody
    )
    order.tell(OrderMessage.Kind.WITHDRAWN, made.number)
    return made


def _end(made: Return, *, at: datetime.datetime) -> None:
    """Nothing has to come back: what follows is the refund alone."""
    made.status, made.ended_at = Return.Status.REFUNDED, at
    made.save(update_fields=["status", "ended_at"])


def withdraw_by_number(*, number: str, email: str, name: str, at: datetime.datetime) -> None:
    """Take down the statement of somebody who knows an order's number and e-mail address.

    Whether there is such an order is told by e-mail alone, to the customer.
    """
    try:
        order = Order.objects.filter(email__iexact=email).by_number(number)
        withdraw(order=order, at=at, name=name)
    except (Order.DoesNotExist, NothingToWithdraw):
        return


def _packed(order: Order) -> dict[OrderLine, int]:
    found: dict[OrderLine, int] = {}
    for shipment in order.shipments.packed().for_page():
        for packed in shipment.lines.all():
            line = packed.order_line
            found[line] = found.get(line, 0) + packed.quantity
    return found


def _unpack(
    order: Order, lines: Mapping[OrderLine, int], *, actor: User | None, at: datetime.datetime
) -> bool:
    """Take the parcels apart that hold copies which are to be canceled; whether there were any."""
    loose = cancellation.cancelable(order)
    wanted = [line for line, quantity in lines.items() if quantity > loose.get(line, 0)]
    shipments = order.shipments.packed().filter(lines__order_line__in=wanted).distinct()
    for shipment in shipments:
        fulfillment.unpack(shipment=shipment, at=at, actor=actor)
    order.lock()  # unpacking changed it
    return bool(shipments)


def _cancel_what_is_here(
    order: Order,
    lines: Mapping[OrderLine, int],
    *,
    actor: User | None,
    at: datetime.datetime,
) -> dict[OrderLine, int]:
    """Cancel those of the copies that have not left; how many of each those are.

    Raises WrongState or NotCancelable where a gift card among them was used since they were chosen.
    """
    if order.status == Order.Status.AWAITING_PAYMENT:
        order.cancel(actor=actor, reason=_("The customer withdrew."), at=at)
        return dict(lines)
    most = cancellation.cancelable(order)
    here = {line: min(n, most[line]) for line, n in lines.items() if line in most}
    here.update({line: n for line, n in lines.items() if line.is_gift_card})  # no card comes back
    if here:
        cancellation.cancel_copies(
            order=order,
            copies={line.isbn13: quantity for line, quantity in here.items()},
            at=at,
            actor=actor,
            reason=_("The customer withdrew."),
        )
    return here


def _write_down(
    order: Order,
    lines: Mapping[OrderLine, int],
    here: Mapping[OrderLine, int],
    *,
    name: str,
    actor: User | None,
    key: str,
    at: datetime.datetime,
) -> Return:
    made = order.returns.create(
        kind=Return.Kind.WITHDRAWAL,
        name=name,
        email=order.email,
        actor=actor,
        requested_at=at,
        key=key,
    )
    ReturnLine.objects.bulk_create(
        ReturnLine(
            of_return=made,
            order_line=line,
            quantity=quantity,
            canceled_quantity=here.get(line, 0),
        )
        for line, quantity in lines.items()
    )
    return made


def _decline(
    order: Order,
    lines: Mapping[OrderLine, int],
    end: datetime.datetime,
    *,
    name: str,
    actor: User | None,
    key: str,
    at: datetime.datetime,
) -> Return:
    refused = order.returns.filter(
        kind=Return.Kind.WITHDRAWAL, status=Return.Status.DECLINED, requested_at__gte=end
    )
    if earlier := refused.first():  # told before, and nothing has changed
        return earlier
    made = _write_down(order, lines, {}, name=name, actor=actor, key=key, at=at)
    reason = _("The time to withdraw from this order ended on %(day)s.") % {
        "day": date_format(last_day(end), "DATE_FORMAT")
    }
    returns.decline(of_return=made, reason=reason, at=at, actor=actor)
    return made
