"""The audit of the vouchers: their counters equal the orders that use them."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from orders.models import Order, Voucher


def _counter_equals_its_uses() -> Iterator[str]:
    rows: QuerySet[Any] = Voucher.objects.annotate(
        uses_number=Count("uses", filter=Q(uses__returned_at=None))
    )
    for voucher in rows.exclude(used_count=F("uses_number")).iterator():
        yield f"voucher {voucher}: used {voucher.used_count}; orders say {voucher.uses_number}"


def _orders_with_a_voucher_count() -> Iterator[str]:
    uncounted = Order.objects.exclude(voucher_code="").filter(
        Q(voucher_use=None) | Q(voucher_use__returned_at__isnull=False, canceled_at=None)
    )
    for order in uncounted.iterator():
        yield f"order {order.number}: used voucher {order.voucher_code}, which does not count it"


CHECKS = (_counter_equals_its_uses, _orders_with_a_voucher_count)
