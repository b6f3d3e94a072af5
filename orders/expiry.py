"""Expiry: orders that were not paid in time give their stock back; old baskets are forgotten."""

import datetime
import logging

from django.db import transaction

from orders.models import Basket, Order, OrderEvent

logger = logging.getLogger(__name__)

AT_ONCE = 200  # orders in one run, of which the next follows within a minute; baskets in one DELETE
BASKET_LIFETIME = datetime.timedelta(days=60)


def cancel_expired(*, now: datetime.datetime) -> int:
    """Cancel the orders that were not paid in time; how many there were.

    Each in a transaction of its own, so that one that fails does not keep the others' stock; it is
    shown to staff, and tried again.
    """
    canceled = 0
    for order in list(Order.objects.expired(now)[:AT_ONCE]):
        try:
            canceled += order.expire(now=now)
        except Exception as error:
            logger.exception("Order %s could not expire", order.number)
            _show_to_staff(order, error)
    return canceled


@transaction.atomic
def _show_to_staff(order: Order, error: Exception) -> None:
    order.lock()
    if not order.needs_attention:  # once, not every minute
        order.record(OrderEvent.Kind.EXPIRY_FAILED, note=str(error), needs_attention=True)


def forget_baskets(*, now: datetime.datetime) -> int:
    """Delete the guests' baskets that nobody has touched for long; how many there were."""
    given_up = Basket.objects.given_up(now - BASKET_LIFETIME)
    forgotten = 0
    while some := list(given_up.values_list("pk", flat=True)[:AT_ONCE]):
        _rows, deleted = given_up.filter(pk__in=some).delete()
        forgotten += deleted.get(Basket._meta.label, 0)
    return forgotten
