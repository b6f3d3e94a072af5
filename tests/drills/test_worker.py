"""What a worker does twice, because it was killed before it could say that it had done it."""

from decimal import Decimal

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection
from django.forms.models import model_to_dict
from procrastinate.contrib.django import app

from catalog.models import Edition, Stock
from catalog.tests.factories import main_shop
from orders.models import Order
from orders.tests.factories import NOW
from tests.audited import assert_books_in_order
from tests.busy import busy_orders
from tests.jobs import waiting_jobs

pytestmark = pytest.mark.django_db

OURS = ("orders", "catalog")
BY_THE_CLOCK = ("orders.expire_orders", "orders.reconcile", "orders.serve_all_waiting")


def state() -> dict[str, object]:
    """Every row of orders and stock, and every e-mail that has left."""
    rows: dict[str, object] = {
        model._meta.label: sorted(str(model_to_dict(row)) for row in model._default_manager.all())
        for label in OURS
        for model in apps.get_app_config(label).get_models()
    }
    return {**rows, "e-mails": len(mail.outbox)}


def waiting() -> list[str]:
    """The tasks of which jobs wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT task_name FROM procrastinate_jobs WHERE status = 'todo'")
        return sorted(name for (name,) in cursor.fetchall())


def forget(task: str) -> None:
    """As if these jobs had been done."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = %s", [task])


def test_every_job_done_twice_is_as_good_as_once() -> None:
    orders = busy_orders()
    rare = Edition.objects.get(isbn13=orders["awaited"].lines.get().isbn13)
    stock, _is_new = Stock.objects.get_or_create(edition=rare, location=main_shop())
    stock.receive(1)
    Order.objects.filter(pk=orders["waiting"].pk).update(expires_at=NOW)
    ran: set[str] = set()
    for task in BY_THE_CLOCK:
        app.configure_task(task).defer(timestamp=0)
    while names := waiting():
        for task in names:
            jobs = waiting_jobs(task)
            forget(task)
            for arguments in jobs:
                app.tasks[task](**arguments)
                once = state()
                app.tasks[task](**arguments)
                assert state() == once, task
            ran.add(task)
    assert ran >= {
        "orders.send_message", "orders.issue_invoice", "orders.issue_credit_note",
        "orders.serve_waiting", "catalog.publish_stock", *BY_THE_CLOCK,
    }  # fmt: skip
    assert len(mail.outbox) > len(orders)
    assert orders["awaited"].lines.get().awaited_quantity == 0
    assert orders["saved"].refunds.get().amount == Decimal("3.00")
    assert Order.objects.get(pk=orders["waiting"].pk).status == Order.Status.CANCELED
    assert_books_in_order()
