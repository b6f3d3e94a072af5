"""How an edition is had while no copy is there, as the back office sets it."""

import datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.admin.editions import SupplyForm
from catalog.models import Edition, Format, Location, Supply
from catalog.tests.back_office import edition_form, emma, stale_names
from catalog.tests.factories import main_shop, preorderable

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


def save(client: Client, edition: Edition, **fields: Any) -> Any:
    supply = Supply.objects.filter(edition=edition).first()
    form = edition_form(edition)
    form |= {
        "publication_date": edition.publication_date or "",
        "supply-TOTAL_FORMS": "1",
        "supply-INITIAL_FORMS": "1" if supply else "0",
        "supply-0-id": supply.pk if supply else "",
        "supply-0-edition": edition.pk,
        "supply-0-backorder_days": "14",
        **{f"supply-0-{name}": value for name, value in fields.items()},
    }
    return client.post(reverse("admin:catalog_edition_change", args=[edition.pk]), form)


def test_pre_orders_are_accepted(client: Client, clerk: "User") -> None:
    edition = emma(publication_date=timezone.localdate() + datetime.timedelta(days=9))
    response = save(client, edition, accepts_preorders="on", preorder_cap="50")
    assert response.status_code == 302
    supply = Supply.objects.get()
    assert (supply.accepts_preorders, supply.preorder_cap, supply.awaited) == (True, 50, 0)
    assert f"edition:{edition.isbn13}" in stale_names()
    works = ProcrastinateJob.objects.filter(task_name="catalog.publish_works").last()
    assert works
    assert works.args == {"work_ids": [edition.work_id]}


def test_days_that_cannot_be_are_refused_in_plain_words(client: Client, clerk: "User") -> None:
    page = save(client, emma(), accepts_backorders="on", backorder_days="0").content.decode()
    assert "Say in how many days it comes: 1 to 365." in page
    assert not Supply.objects.exists()


def test_an_edition_is_saved_without_any_supply(client: Client, clerk: "User") -> None:
    assert save(client, emma()).status_code == 302
    assert not Supply.objects.exists()


def test_a_promise_that_a_customer_got_meanwhile_is_kept() -> None:
    edition = emma(publication_date=timezone.localdate() + datetime.timedelta(days=9))
    supply = preorderable(edition)
    posted = {"accepts_preorders": "on", "preorder_cap": "9", "backorder_days": "14"}
    read_before = SupplyForm(posted, instance=Supply.objects.get())
    assert read_before.is_valid()
    supply.promise(3, on=timezone.localdate())
    read_before.save()
    supply.refresh_from_db()
    assert (supply.preorder_cap, supply.awaited) == (9, 3)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("preorder_cap", "-1"), ("preorder_cap", "1.5"), ("backorder_days", "0"),
        ("backorder_days", "1000000"), ("promised_date", "2020-01-01"), ("promised_date", "x"),
    ],
)  # fmt: skip
def test_nonsense_is_refused(client: Client, clerk: "User", field: str, value: str) -> None:
    edition = emma(publication_date=timezone.localdate() + datetime.timedelta(days=9))
    fields = {"accepts_preorders": "on", field: value}
    response = save(client, edition, **fields)
    assert response.status_code == 200
    formset = response.context["inline_admin_formsets"][1].formset
    assert field in formset.errors[0] or "__all__" in formset.errors[0]
    assert not Supply.objects.exists()


def test_a_file_is_pre_ordered_but_never_ordered_for_anybody(client: Client, clerk: "User") -> None:
    ebook, card = emma(format=Format.EBOOK), emma(format=Format.GIFT_CARD)
    page = client.get(reverse("admin:catalog_edition_change", args=[ebook.pk])).content.decode()
    assert "supply-0-accepts_preorders" in page
    assert "supply-0-accepts_backorders" not in page
    page = client.get(reverse("admin:catalog_edition_change", args=[card.pk])).content.decode()
    assert "supply-0" not in page


def test_badges_are_renewed_when_a_location_no_longer_serves(client: Client, clerk: "User") -> None:
    edition = emma(stock=3)
    location = main_shop()
    ProcrastinateJob.objects.all().delete()
    form = {
        "name": location.name, "code": location.code, "kind": "store_room", "priority": "1",
    }  # fmt: skip
    url = reverse("admin:catalog_location_change", args=[location.pk])
    assert client.post(url, form).status_code == 302
    assert not Location.objects.for_customers().exists()
    job = ProcrastinateJob.objects.get(task_name="catalog.publish_stock")
    assert job.args == {"numbers": [edition.isbn13]}
