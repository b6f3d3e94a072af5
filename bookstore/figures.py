"""The shop's figures for `/metrics`, looked up in PostgreSQL with a fixed number of queries.

Every process of a role that owns the records gives the same ones: of several, take the maximum.
"""

from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Count, Sum
from prometheus_client.core import GaugeMetricFamily

from catalog.models import Edition
from orders.models import Order, Payment, Refund

JOBS = """
SELECT count(*) FILTER (WHERE status = 'todo'),
       count(*) FILTER (WHERE status = 'doing'),
       count(*) FILTER (WHERE status = 'failed'),
       -- Since a job's turn has come: what was put off on purpose does not count.
       coalesce(extract(epoch FROM now() - min(coalesce(
           scheduled_at,
           (SELECT min(at) FROM procrastinate_events
             WHERE job_id = procrastinate_jobs.id AND type = 'deferred')
       )) FILTER (WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now())), 0)
  FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed')
"""


def collect() -> Iterator[GaugeMetricFamily]:
    """The families that PostgreSQL answers; one that fails is left out alone."""
    for look_up in (_orders, _money, _stock, _jobs):
        try:
            yield from list(look_up())
        except (DatabaseError, InterfaceError):
            if not connection.is_usable():
                connection.close()


def _orders() -> Iterator[GaugeMetricFamily]:
    family = GaugeMetricFamily("bookstore_orders", "Orders by status.", labels=["status"])
    counted = dict(Order.objects.order_by().values_list("status").annotate(Count("pk")))
    for status in Order.Status.values:
        family.add_metric([status], counted.get(status, 0))
    yield family


def _money() -> Iterator[GaugeMetricFamily]:
    for name, model in (("payments", Payment), ("refunds", Refund)):
        events = GaugeMetricFamily(f"bookstore_{name}", f"All {name}.", labels=["currency"])
        amount = GaugeMetricFamily(
            f"bookstore_{name}_amount", f"The sum of all {name}.", labels=["currency"]
        )
        by_currency = model._default_manager.order_by().values_list("currency")
        found = {settings.SHOP_CURRENCY: (0, 0)} | {
            currency: (count, total)
            for currency, count, total in by_currency.annotate(Count("pk"), Sum("amount"))
        }
        for currency, (count, total) in found.items():
            events.add_metric([currency], count)
            amount.add_metric([currency], float(total))
        yield events
        yield amount


def _stock() -> Iterator[GaugeMetricFamily]:
    offered = Edition.objects.offered()
    yield GaugeMetricFamily(
        "bookstore_editions_offered", "Editions that the shop shows.", value=offered.count()
    )
    yield GaugeMetricFamily(
        "bookstore_editions_out_of_stock",
        "Of these, printed ones that are out and have no copy to promise.",
        value=offered.sold_out().count(),
    )


def _jobs() -> Iterator[GaugeMetricFamily]:
    with connection.cursor() as cursor:
        cursor.execute(JOBS)
        waiting, running, failed, oldest = cursor.fetchone() or (0, 0, 0, 0)
    jobs = GaugeMetricFamily("bookstore_jobs", "Jobs by state.", labels=["state"])
    for state, count in (("waiting", waiting), ("running", running), ("failed", failed)):
        jobs.add_metric([state], count)
    yield jobs
    yield GaugeMetricFamily(
        "bookstore_oldest_job_seconds", "Since the turn of the longest waiting job came.",
        value=float(oldest),
    )  # fmt: skip
