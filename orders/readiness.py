"""Readiness: which orders may be packed, which of their copies, and from which day they may leave.

Who pays when they collect is served before they have paid; who has all of it back is served no
more, as their order waits to be canceled. A book leaves on its publication date
and not before; it is packed a few days ahead, so that all parcels can go on the day itself.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Location
from orders.models import (
    GiftCard,
    Order,
    OrderLine,
    Payment,
    Refund,
    RefundRequest,
    ShipmentLine,
    WrongState,
)
from orders.models.payment import OFFLINE
from orders.pricing import ZERO

PACKED_AHEAD = datetime.timedelta(days=3)
"""How long before it is out a book may be picked and packed."""

COLLECTED_WITHIN = datetime.timedelta(days=7)
"""How long what was announced is kept for who pays when they collect it."""


def _amount(rows: "QuerySet[Any]") -> Coalesce:
    """Of those of an order, in its currency."""
    of_order = rows.filter(order=OuterRef("pk"), currency=OuterRef("currency")).order_by()
    total = of_order.values("order").annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(total), ZERO)


def _used_cards() -> Coalesce:
    """How many of the gift cards that a line sold were used, and so are canceled no more."""
    used = GiftCard.objects.used().filter(order_line=OuterRef("pk")).order_by()
    count = used.values("order_line").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(count), 0)


KEEPS_NOTHING = Q(
    Exists(
        OrderLine.objects.filter(
            order=OuterRef("pk"),
            quantity__gt=F("canceled_quantity") + _used_cards(),
            total_amount__gt=F("discount_amount"),
        )
    ),
    Exists(Payment.objects.filter(order=OuterRef("pk"))),
    GreaterThanOrEqual(
        _amount(RefundRequest.objects.exclude(status=RefundRequest.Status.FAILED))
        + _amount(Refund.objects.filter(request=None)),
        _amount(Payment.objects.all()),
    ),
)
"""The orders of which all that came in has gone back, or is about to, though copies that cost
something are still in them; a gift card that was used can only stay."""

IS_PAID_BACK = KEEPS_NOTHING & Q(status=Order.Status.PAID)
"""Those of them that are paid: they wait to be canceled."""

IS_PAID_ON_COLLECTION = Q(
    status=Order.Status.AWAITING_PAYMENT, payment_method=OFFLINE, collection_point__gt=""
)
MAY_BE_PACKED = (Q(status=Order.Status.PAID) & ~IS_PAID_BACK) | IS_PAID_ON_COLLECTION
"""The orders whose copies are fetched from the shelves."""


class NotThere(Exception):
    """More was to be packed than lies there unpacked; `short` says how many do, by number."""

    def __init__(self, short: Mapping[str, int]) -> None:
        super().__init__(short)
        self.short = dict(short)

    def __str__(self) -> str:
        texts = (
            ngettext(
                "Of %(isbn13)s there is %(n)d copy to pack.",
                "Of %(isbn13)s there are %(n)d copies to pack.",
                number,
            )
            % {"isbn13": isbn13, "n": number}
            for isbn13, number in self.short.items()
        )
        return " ".join(texts)


@dataclass(frozen=True)
class Packable:
    """Copies that lie at a place for a line, and are in no parcel yet."""

    line: OrderLine
    location: Location
    quantity: int


def may_be_packed(order: Order) -> bool:
    """Whether it is paid, or will be when it is collected."""
    if order.status == Order.Status.PAID:
        return not is_paid_back(order)
    is_awaiting = order.status == Order.Status.AWAITING_PAYMENT
    return is_awaiting and order.payment_method == OFFLINE and order.is_collection


def is_paid_back(order: Order) -> bool:
    """Whether it is paid, and nothing is kept of what was paid for copies still in it."""
    return order.status == Order.Status.PAID and keeps_nothing(order)


def keeps_nothing(order: Order) -> bool:
    """Whether nothing is kept of what was paid for copies still in it, whatever has left."""
    return Order.objects.filter(KEEPS_NOTHING, pk=order.pk).exists()


def require_kept(order: Order, wish: str) -> None:
    """Raises WrongState, which names the `wish`, for an order that is paid back."""
    if is_paid_back(order):
        raise WrongState(order, wish, _("All of its money has gone back: please cancel it."))


def out_date(line: OrderLine) -> datetime.date | None:
    """When it is out, where the edition says so."""
    return line.edition.release_date if line.edition else None


def is_out(line: OrderLine, day: datetime.date) -> bool:
    """Whether its copies may be in the customer's hands on that day."""
    published = out_date(line)
    return published is None or published <= day


def name_not_out(lines: Iterable[OrderLine], day: datetime.date) -> str:
    """Says of each that is not out on that day when it will be; empty where all are."""
    texts = {
        False: _("“%(title)s” is out on %(day)s."),
        True: _("“%(title)s” is on sale from %(day)s."),
    }
    return " ".join(
        texts[line.edition.is_embargoed] % {"title": line.title, "day": date_format(out)}
        for line in lines
        if line.edition and (out := line.edition.release_date) and out > day
    )


def packable(order: Order) -> list[Packable]:
    """What lies there unpacked, the first places by priority first; also what is not out yet."""
    packed: dict[tuple[int, int | None], int] = {}
    for each in ShipmentLine.objects.filter(shipment__in=order.shipments.packed()).select_related(
        "shipment"
    ):
        place = (each.order_line_id, each.shipment.location_id)
        packed[place] = packed.get(place, 0) + each.quantity
    found = []
    for line in order.lines.with_promises():
        for allocation in line.allocations.all():
            location = allocation.stock.location
            left = allocation.quantity - packed.get((line.pk, location.pk), 0)
            if left > 0:
                found.append(Packable(line, location, left))
    return found


def choose(
    order: Order,
    there: Sequence[Packable],
    *,
    location: Location | None,
    copies: Mapping[str, int] | None,
    out_on: datetime.date,
) -> list[Packable]:
    """What is packed of what lies there; what is not out by that day stays on the shelf.

    Raises WrongState where all of it is not out, or one that was named; NotThere.
    """
    wanted = [each.line for each in there if copies is None or each.line.isbn13 in copies]
    is_any_out = any(is_out(line, out_on) for line in wanted)
    if (copies or not is_any_out) and (reason := name_not_out(wanted, out_on)):
        raise WrongState(order, _("packed"), reason)
    out = [each for each in there if is_out(each.line, out_on)]
    here = [each for each in out if location is None or each.location == location]
    chosen = here if copies is None else _named(here, copies)
    if not chosen:
        raise NotThere({each.line.isbn13: 0 for each in there})
    return chosen


def _named(there: Sequence[Packable], copies: Mapping[str, int]) -> list[Packable]:
    chosen, short = [], {}
    for isbn13, wanted in copies.items():
        places = [each for each in there if each.line.isbn13 == isbn13]
        left = wanted
        for each in places:
            if taken := min(left, each.quantity):
                chosen.append(Packable(each.line, each.location, taken))
                left -= taken
        if left or wanted < 1:
            short[isbn13] = sum(each.quantity for each in places)
    if short:
        raise NotThere(short)
    return chosen
