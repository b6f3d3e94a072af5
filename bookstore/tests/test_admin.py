"""The back office's start page, and its jobs."""

from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.people import carol

pytestmark = pytest.mark.django_db


def test_a_form_may_have_many_fields(client: Client) -> None:
    client.force_login(carol())
    series = {"title": "Human Comedy", "slug": "human-comedy", "memberships-INITIAL_FORMS": "0"}
    works = {f"memberships-{number}-position": "" for number in range(1000)}
    form = {**series, "memberships-TOTAL_FORMS": "1000", **works}
    assert client.post("/admin/catalog/series/add/", form).status_code == 302


def test_jobs_are_looked_at_and_never_changed(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(carol())
    for number in range(20):
        app.configure_task("orders.send_message").defer(order_id=number, kind="paid")
    with django_assert_max_num_queries(8):
        page = client.get("/admin/procrastinate/procrastinatejob/", {"task": "orders.send_message"})
    assert "E-mail to the customer: paid" in page.content.decode()
    assert 'style="' not in page.content.decode()
    job = ProcrastinateJob.objects.latest("id")
    change = f"/admin/procrastinate/procrastinatejob/{job.pk}/change/"
    shown = client.get(change).content.decode()
    assert "E-mail to the customer: paid" in shown
    assert 'style="' not in shown
    assert client.post(change, {"status": "failed"}).status_code == 403
    assert client.get("/admin/procrastinate/procrastinatejob/add/").status_code == 403


def test_the_daily_work_comes_first(client: Client) -> None:
    client.force_login(carol())
    apps = client.get("/admin/").context["app_list"]
    names = {app["app_label"]: app["name"] for app in apps}
    assert list(names)[:3] == ["orders", "catalog", "accounts"]
    assert names["procrastinate"] == "Jobs"
    jobs = next(app for app in apps if app["app_label"] == "procrastinate")
    assert [model["name"] for model in jobs["models"]] == ["What the shop does by itself"]
    assert [model["object_name"] for model in apps[0]["models"]][:6] == [
        "Order", "Payment", "Refund", "ShippingMethod", "Basket", "OrderEvent",
    ]  # fmt: skip


@pytest.mark.parametrize("query", ["status__exact=%00", "o=1&p=%00"])
def test_a_nul_in_the_address_is_refused(client: Client, query: str) -> None:
    client.force_login(carol())
    assert client.get(f"/admin/orders/order/?{query}").status_code == 400
