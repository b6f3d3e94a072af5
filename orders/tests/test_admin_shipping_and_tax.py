"""Staff sets up what sending costs and how it is taxed."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from orders import tax_tables
from orders.models import Seller, ShippingMethod, ShippingRate, ShippingZone, TaxArea, TaxRate
from tests.people import alice, carol

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signed_in(client: Client) -> None:
    client.force_login(carol())


def errors(client: Client, page: str, form: dict[str, Any]) -> str:
    response = client.post(page, form)
    assert response.status_code == 200
    found = response.context["errors"]
    return " ".join(str(error) for error in found)


def add_zone(client: Client, name: str, *countries: str) -> None:
    form = {"name": name, "countries": countries, "ordinal": "1"}
    assert client.post(reverse("admin:orders_shippingzone_add"), form).status_code == 302


def rates(*rows: dict[str, str]) -> dict[str, str]:
    """The rates table as the page of a method sends it."""
    form = {"rates-TOTAL_FORMS": str(len(rows)), "rates-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        values = {"max_weight_grams": "", "min_value_amount": "0", **row}
        form |= {f"rates-{number}-{name}": value for name, value in values.items()}
    return form


def method_form(code: str = "standard", **changes: str) -> tuple[str, dict[str, str]]:
    method = ShippingMethod.objects.get(code=code)
    form = {"name": method.name, "amount": "4.50", "is_active": "on", "ordinal": "1"}
    if method.requires_address:
        form["requires_address"] = "on"
    return reverse("admin:orders_shippingmethod_change", args=[method.pk]), {**form, **changes}


def test_a_zone_is_made_of_countries_by_name(client: Client) -> None:
    page = client.get(reverse("admin:orders_shippingzone_add")).content.decode()
    assert '<option value="AT">Austria</option>' in page
    add_zone(client, "Alps", "CH", "AT")
    assert ShippingZone.objects.get().countries == ["AT", "CH"]
    listed = client.get(reverse("admin:orders_shippingzone_changelist")).content.decode()
    assert "Austria, Switzerland" in listed


def test_a_country_is_in_one_zone(client: Client) -> None:
    add_zone(client, "Alps", "AT", "CH")
    form = {"name": "Danube", "countries": ["HU", "AT"], "ordinal": "2"}
    page = reverse("admin:orders_shippingzone_add")
    assert "“Alps” has this already: Austria." in errors(client, page, form)
    assert ShippingZone.objects.count() == 1


def test_one_zone_is_the_rest_of_the_world(client: Client) -> None:
    add_zone(client, "World")
    page = reverse("admin:orders_shippingzone_add")
    form = {"name": "Elsewhere", "ordinal": "2"}
    assert "“World” is for all other countries already" in errors(client, page, form)
    assert (
        "all others" in client.get(reverse("admin:orders_shippingzone_changelist")).content.decode()
    )


def test_an_unknown_country_is_refused(client: Client) -> None:
    form = {"name": "Nowhere", "countries": ["XX"], "ordinal": "1"}
    assert "XX" in errors(client, reverse("admin:orders_shippingzone_add"), form)
    assert not ShippingZone.objects.exists()


def test_a_method_gets_rates(client: Client) -> None:
    home = str(ShippingZone.objects.create(name="Home", countries=["GB"]).pk)
    page, form = method_form(free_from_amount="50.00")
    rows = rates(
        {"zone": home, "amount": "3.00", "max_weight_grams": "500"}, {"zone": home, "amount": "5"}
    )
    assert client.post(page, {**form, **rows}).status_code == 302
    assert [(rate.max_weight_grams, rate.amount) for rate in ShippingRate.objects.all()] == [
        (500, Decimal("3.00")), (None, Decimal("5.00")),
    ]  # fmt: skip
    assert ShippingMethod.objects.get(code="standard").free_from_amount == Decimal("50.00")


@pytest.mark.parametrize(
    ("code", "row", "error"),
    [
        ("standard", {"amount": "4.00"}, "There is another rate for this weight and value."),
        ("standard", {"amount": "-1.00", "max_weight_grams": "9"}, "greater than or equal to 0"),
        ("collection", {"amount": "1", "max_weight_grams": "9"}, "Only what is sent to an address"),
    ],
)
def test_a_wrong_rate_is_refused(
    client: Client, code: str, row: dict[str, str], error: str
) -> None:
    home = str(ShippingZone.objects.create(name="Home", countries=["GB"]).pk)
    page, form = method_form(code)
    rows = rates({"zone": home, "amount": "3.00"}, {"zone": home, **row})
    assert error in errors(client, page, {**form, **rows})
    assert not ShippingRate.objects.exists()


def test_the_seller_is_one(client: Client) -> None:
    add = reverse("admin:orders_seller_add")
    form = {"legal_name": "Books Ltd", "country": "DE", "withdrawal_days": "14"}
    page = client.get(add)
    fields = page.context["adminform"].form.initial
    response = client.post(add, {**{k: v for k, v in fields.items() if v is not None}, **form})
    assert response.status_code == 302, response.context["errors"]
    seller = Seller.objects.get()
    assert (seller.legal_name, seller.country) == ("Books Ltd", "DE")
    assert client.get(add).status_code == 403
    delete = reverse("admin:orders_seller_delete", args=[seller.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    change = reverse("admin:orders_seller_change", args=[seller.pk])
    assert client.get(change).status_code == 200


def test_the_european_rates_come_by_a_button(client: Client) -> None:
    listed = client.get(reverse("admin:orders_taxrate_changelist")).content.decode()
    assert "These rates hold once the seller’s country is set" in listed
    response = client.post(reverse("admin:orders_taxrate_load"), follow=True)
    assert f"Added {TaxRate.objects.count()} rates and 2 areas" in response.content.decode()
    assert client.get(reverse("admin:orders_taxrate_load")).status_code == 405
    Seller.objects.create(country="DE")
    listed = client.get(reverse("admin:orders_taxrate_changelist")).content.decode()
    assert "The seller is in Germany: these rates hold." in listed


def test_who_may_not_enter_rates_loads_none(client: Client) -> None:
    person = alice()
    client.force_login(person)
    assert client.post(reverse("admin:orders_taxrate_load")).status_code in (302, 403)
    person.is_staff = True
    person.save()
    assert client.post(reverse("admin:orders_taxrate_load")).status_code == 403
    assert not TaxRate.objects.exists()


def test_a_rate_and_an_area_are_entered_by_name(client: Client) -> None:
    form = {"country": "US", "kind": "print", "rate": "101"}
    page = reverse("admin:orders_taxrate_add")
    assert "less than or equal to 100" in errors(client, page, form)
    days = {"rate": "6.25", "valid_from": "2026-02-01", "valid_to": "2026-01-31"}
    assert "The last day comes before the first." in errors(client, page, {**form, **days})
    assert client.post(page, {**form, "rate": "6.25"}).status_code == 302
    assert TaxRate.objects.get().rate == Decimal("6.25")
    area = {
        "name": "Home", "seller_countries": ["US"], "countries": ["CA"],
        "treatment": "export", "ordinal": "1",
    }  # fmt: skip
    assert client.post(reverse("admin:orders_taxarea_add"), area).status_code == 302
    assert TaxArea.objects.get().countries == ["CA"]
    listed = client.get(reverse("admin:orders_taxarea_changelist")).content.decode()
    assert "Canada" in listed


def test_long_areas_are_listed_in_short(client: Client) -> None:
    tax_tables.load()
    listed = client.get(reverse("admin:orders_taxarea_changelist")).content.decode()
    assert "Austria, Belgium, Bulgaria and 24 more" in listed
