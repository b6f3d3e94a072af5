"""Expiry: orders that were not paid in time give their stock back; old baskets are forgotten."""

import datetime
import logging

from django.db import DatabaseError

from orders.models import Basket, Order

logger = logging.getLogger(__name__)

AT_ONCE = 200  # orders in one run; the next one follows within a minute
BASKET_LIFETIME = datetime.timedelta(days=60)


def cancel_expired(*, now: datetime.datetime) -> int:
    """Cancel the orders that were not paid in time; how many there were.

    Each in a transaction of its own, so that one that fails does not keep the others' stock.
    """
    canceled = 0
    for order in list(Order.objects.expired(now)[:AT_ONCE]):
        try:
            canceled += order.expire(now=now)
        except DatabaseError:
            logger.exception("Order %s could not expire", order.number)
    return canceled


def forget_baskets(*, now: datetime.datetime) -> int:
    """Delete the guests' baskets that nobody has touched for long; how many there were."""
    _rows, deleted = Basket.objects.given_up(now - BASKET_LIFETIME).delete()
    return deleted.get(Basket._meta.label, 0)
