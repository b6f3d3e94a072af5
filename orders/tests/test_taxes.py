"""Which tax is in a price: by seller, destination and kind; without rules as the price says."""

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from catalog.models import Edition, Format
from catalog.tests.factories import EditionFactory
from orders import checkout, tax_tables
from orders.models import Order, Seller, TaxArea, TaxKind, TaxRate
from orders.pricing import ZERO
from orders.taxes import TaxRules, kind_of
from orders.tests.factories import ADDRESS, NOW, BasketFactory, make_order, shipping_method, submit

pytestmark = pytest.mark.django_db

DAY = datetime.date(2026, 3, 2)


def sell_from(country: str) -> Seller:
    tax_tables.load()
    return Seller.objects.create(country=country)


def rate_of(
    seller: Seller, destination: str, kind: TaxKind = TaxKind.PRINT, *, day: datetime.date = DAY
) -> Decimal | None:
    areas = TaxArea.objects.all()
    rules = TaxRules.in_force(seller, areas, destination=destination, day=day)
    return rules.taxation_of(destination).rate_of(kind, Decimal("19.00"))


@pytest.mark.parametrize(
    ("format", "kind"),
    [
        (Format.HARDBACK, "print"),
        (Format.BOARD_BOOK, "print"),
        (Format.EBOOK, "ebook"),
        (Format.AUDIOBOOK, "audio"),
        (Format.GIFT_CARD, "gift_card"),
    ],
)
def test_what_laws_tell_apart(format: Format, kind: str) -> None:
    assert kind_of(Edition(format=format)) == kind


@pytest.mark.parametrize(
    ("seller", "destination", "kind", "rate"),
    [
        ("DE", "DE", TaxKind.PRINT, "7.00"),
        ("DE", "", TaxKind.PRINT, "7.00"),
        ("DE", "FR", TaxKind.PRINT, "5.50"),
        ("DE", "HU", TaxKind.PRINT, "5.00"),
        ("DE", "HU", TaxKind.EBOOK, "27.00"),
        ("DE", "US", TaxKind.PRINT, "0.00"),
        ("GB", "GB", TaxKind.AUDIO, "20.00"),
        ("GB", "DE", TaxKind.PRINT, "0.00"),
        ("DE", "AT", TaxKind.AUDIO, "19.00"),  # not in the table: as the price says
        ("US", "US", TaxKind.PRINT, "19.00"),
        ("US", "DE", TaxKind.PRINT, "19.00"),
    ],
)
def test_the_rate_by_destination(seller: str, destination: str, kind: TaxKind, rate: str) -> None:
    assert rate_of(sell_from(seller), destination, kind) == Decimal(rate)


def test_gift_cards_are_taxed_when_they_are_spent() -> None:
    assert rate_of(sell_from("DE"), "DE", TaxKind.GIFT_CARD) is None


def test_a_rate_holds_from_its_day_on() -> None:
    seller = sell_from("RO")
    assert rate_of(seller, "RO", day=datetime.date(2025, 7, 31)) == Decimal("5.00")
    assert rate_of(seller, "RO", day=datetime.date(2025, 8, 1)) == Decimal("11.00")


def test_the_latest_rate_holds_where_none_was_ended() -> None:
    seller = sell_from("DE")
    TaxRate.objects.create(country="DE", kind="print", rate=Decimal(8), valid_from=DAY)
    assert rate_of(seller, "DE", day=DAY - datetime.timedelta(days=1)) == Decimal("7.00")
    assert rate_of(seller, "DE") == Decimal("8.00")


def test_below_the_threshold_the_sellers_rates_hold_in_the_union() -> None:
    seller = sell_from("DE")
    TaxArea.objects.filter(treatment="destination").update(treatment="seller")
    assert rate_of(seller, "FR") == Decimal("7.00")
    rules = TaxRules.in_force(seller, TaxArea.objects.all(), destination="FR", day=DAY)
    assert rules.taxation_of("FR").country == "DE"


def test_without_a_sellers_country_the_price_says_it(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    tax_tables.load()
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert rate_of(Seller(), "FR") == Decimal("19.00")


def test_loading_adds_what_is_missing_and_changes_nothing() -> None:
    TaxRate.objects.create(country="DE", kind="print", rate=Decimal(9))
    rates, areas = tax_tables.load()
    assert (rates, areas) == (TaxRate.objects.count() - 1, 2)
    assert TaxRate.objects.get(country="DE", kind="print").rate == Decimal(9)
    assert {rate.country for rate in TaxRate.objects.all()} == {
        *tax_tables.UNION, *tax_tables.NEIGHBORS,
    }  # fmt: skip
    assert tax_tables.load() == (0, 0)


def test_the_command_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_tax_rates")
    assert f"Added {TaxRate.objects.count()} tax rates and 2 tax areas." in capsys.readouterr().out


def test_a_rate_stands_once() -> None:
    TaxRate.objects.create(country="DE", kind="print", rate=7)
    with pytest.raises(IntegrityError, match="tax_rate_once"), transaction.atomic():
        TaxRate.objects.create(country="DE", kind="print", rate=8)


def test_an_order_keeps_its_tax_as_it_was() -> None:
    sell_from("DE")
    book = EditionFactory.create(stock=1, price=Decimal("10.70"))
    audio = EditionFactory.create(format=Format.AUDIOBOOK, price=Decimal("11.90"))
    order = make_order({book: 1, audio: 1}, address=replace(ADDRESS, country="HU"))
    assert order.tax_country == "HU"
    # 4.50 for shipping: 2.13 of it with the book, 2.37 with the file.
    assert [
        (line.country, line.rate, line.gross_amount, line.tax_amount)
        for line in order.tax_lines.all()
    ] == [
        ("HU", Decimal("27.00"), Decimal("14.27"), Decimal("3.03")),
        ("HU", Decimal("5.00"), Decimal("12.83"), Decimal("0.61")),
    ]
    assert order.tax_amount == Decimal("3.64")
    TaxRate.objects.all().delete()
    order.refresh_from_db()
    assert [line.tax_rate for line in order.lines.all()] == [Decimal("5.00"), Decimal("27.00")]


def test_an_export_is_free_of_tax_and_costs_the_same() -> None:
    sell_from("DE")
    book = EditionFactory.create(stock=1, price=Decimal("10.70"))
    order = make_order({book: 1}, address=replace(ADDRESS, country="US"))
    assert (order.total_amount, order.tax_amount, order.tax_country) == (
        Decimal("15.20"), ZERO, "",
    )  # fmt: skip
    assert [(line.rate, line.gross_amount) for line in order.tax_lines.all()] == [
        (ZERO, Decimal("15.20"))
    ]


def test_what_is_collected_is_taxed_where_the_shop_is() -> None:
    sell_from("DE")
    book = EditionFactory.create(stock=1)
    order = make_order({book: 1}, shipping_method=shipping_method("collection"), address=None)
    assert (order.tax_country, order.tax_lines.get().rate) == ("DE", Decimal("7.00"))


def test_files_are_taxed_where_the_customer_is() -> None:
    sell_from("DE")
    file = EditionFactory.create(format=Format.EBOOK)
    order = make_order(
        {file: 1}, shipping_method=shipping_method("download"), address=None, country="HU"
    )
    assert (order.tax_country, order.tax_lines.get().rate) == ("HU", Decimal("27.00"))


def test_files_are_not_sold_to_nowhere() -> None:
    sell_from("DE")
    basket = BasketFactory.create(lines={EditionFactory.create(format=Format.EBOOK): 1})
    with pytest.raises(checkout.CountryMissing):
        submit(basket, shipping_method=shipping_method("download"), address=None)
    assert not Order.objects.exists()
    assert basket.lines.count() == 1


def test_a_tax_rate_that_changed_asks_nobody_for_more() -> None:
    """Prices include tax: the total stays, only what is contained differs."""
    sell_from("DE")
    book = EditionFactory.create(stock=2, price=Decimal("10.70"))
    before = make_order({book: 1})
    TaxRate.objects.filter(country="GB").update(rate=0)
    TaxRate.objects.filter(country="DE", kind="print").update(rate=19)
    Order.objects.filter(pk=before.pk).update(basket_id=None)
    after = make_order({book: 1}, address=replace(ADDRESS, country="DE"), placed_at=NOW)
    assert before.total_amount == after.total_amount
    assert after.tax_amount == Decimal("2.43")
