"""The shop's own tables, read at once: as they stand, and in the order that pricing wants."""

from decimal import Decimal

import pytest
from django.db.models import Model
from pytest_django import DjangoAssertNumQueries

from orders.models import Seller, ShippingMethod, ShippingRate, ShippingZone, TaxArea, tables

pytestmark = pytest.mark.django_db


def written(row: Model) -> list[tuple[type, object]]:
    """Each column's value, and of what type it is."""
    values = [getattr(row, field.attname) for field in row._meta.concrete_fields]
    return [(type(value), value) for value in values]


def test_all_is_as_django_reads_it(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    Seller.objects.create(country="GB", legal_name='Quote " and \\ and 雪', address="1\n2")
    zone = ShippingZone.objects.create(name="Near", countries=["GB", "IE"])
    standard = ShippingMethod.objects.get(code="standard")
    standard.free_from_amount = Decimal("1234567.10")
    standard.save()
    for grams, amount in ((None, "9.00"), (500, "0.10")):
        ShippingRate.objects.create(
            method=standard, zone=zone, max_weight_grams=grams, amount=Decimal(amount)
        )
    TaxArea.objects.create(name="Here", seller_countries=["GB"], treatment="destination")

    with django_assert_num_queries(1):
        known = tables.read()
        rates = [list(method.rates.all()) for method in known.methods]
        places = [method.location for method in known.methods]
    expected = list(ShippingMethod.objects.offered().with_rates())
    assert written(known.seller) == written(Seller.objects.get())
    assert [*map(written, known.methods)] == [*map(written, expected)]
    assert places == [method.location for method in expected]
    assert [[*map(written, each)] for each in rates] == [
        [*map(written, method.rates.all())] for method in expected
    ]
    assert [*map(written, known.zones)] == [written(zone)]
    assert [*map(written, known.areas)] == [*map(written, TaxArea.objects.all())]


def test_nothing_needs_to_be_filled_in() -> None:
    ShippingMethod.objects.update(is_active=False)
    known = tables.read()
    assert (known.seller.country, known.methods, known.zones, known.areas) == ("", [], [], [])
    assert known.zone_of("GB") is None


def test_a_zone_that_names_the_country_comes_before_that_of_all_others() -> None:
    rest = ShippingZone.objects.create(name="Everywhere else", ordinal=1)
    near = ShippingZone.objects.create(name="Near", countries=["IE"], ordinal=2)
    known = tables.read()
    assert (known.zone_of("IE"), known.zone_of("FR")) == (near, rest)
