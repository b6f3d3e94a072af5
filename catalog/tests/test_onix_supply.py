"""Reading supply: availability and prices, with tax, periods and territories."""

import datetime
from decimal import Decimal

import pytest

from catalog.onix.records import Offer, Record
from catalog.tests.onix_records import descriptive, old_record, record, supply


def price(*parts: str, amount: str = "12.99", kind: str = "02", currency: str = "EUR") -> str:
    code = f"<CurrencyCode>{currency}</CurrencyCode>" if currency else ""
    return (
        f"<Price><PriceType>{kind}</PriceType><PriceAmount>{amount}</PriceAmount>{code}"
        f"{''.join(parts)}</Price>"
    )


def priced(*prices: str, header: str = "") -> Record:
    return record(descriptive(), supply(*prices), header=header)


def offer(**changes: object) -> Offer:
    return Offer(**{"amount": Decimal("12.99"), "currency": "EUR", "kind": "02", **changes})  # type: ignore[arg-type]


def test_a_plain_price() -> None:
    assert priced(price()).offers == (offer(),)


def test_currency_by_the_header_or_not_said() -> None:
    assert priced(price(currency="")).offers == (offer(currency=""),)
    header = "<Header><DefaultCurrencyCode>GBP</DefaultCurrencyCode></Header>"
    assert priced(price(currency=""), header=header).offers == (offer(currency="GBP"),)


@pytest.mark.parametrize(("sent", "amount"), [("12,99", "12.99"), ("13", "13"), ("7.995", "8.00")])
def test_amounts(sent: str, amount: str) -> None:
    assert priced(price(amount=sent)).offers == (offer(amount=Decimal(amount)),)


@pytest.mark.parametrize("sent", ["1.299,00", "free", "-1", "NaN", "1e99", "0.00"])
def test_amounts_that_are_none(sent: str) -> None:
    found = priced(price(amount=sent))
    assert found.offers == ()
    assert [each.field for each in found.troubles] == ["PriceAmount"]


def tax(rate: str, kind: str = "01") -> str:
    return f"<Tax><TaxType>{kind}</TaxType><TaxRatePercent>{rate}</TaxRatePercent></Tax>"


def test_tax() -> None:
    assert priced(price(tax("7"))).offers == (offer(tax_rate=Decimal(7)),)
    mixed = priced(price(tax("7"), tax("19")))
    assert mixed.offers == (offer(),)
    assert [each.field for each in mixed.troubles] == ["Tax"]


def day(role: str, text: str, date_format: str = "00") -> str:
    return (
        f'<PriceDate><PriceDateRole>{role}</PriceDateRole><Date dateformat="{date_format}">{text}'
        "</Date></PriceDate>"
    )


def test_periods() -> None:
    first, last = datetime.date(2024, 3, 1), datetime.date(2024, 3, 31)
    both = offer(valid_from=first, valid_to=last)
    assert priced(price(day("14", "20240301"), day("15", "20240331"))).offers == (both,)
    assert priced(price(day("24", "2024030120240331", "06"))).offers == (both,)
    assert priced(price(day("15", "20240331"))).offers == (offer(valid_to=last),)
    assert priced(price(day("14", "20240331"), day("15", "20240301"))).offers == ()


def where(**parts: str) -> str:
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in parts.items())
    return f"<Territory>{inner}</Territory>"


@pytest.mark.parametrize(
    ("parts", "included", "excluded"),
    [
        ({"CountriesIncluded": "DE AT"}, {"DE", "AT"}, set()),
        ({"RegionsIncluded": "WORLD"}, set(), set()),
        ({"RegionsIncluded": "WORLD", "CountriesExcluded": "US CA"}, set(), {"US", "CA"}),
        ({"CountriesIncluded": "DE AT", "CountriesExcluded": "AT"}, {"DE"}, set()),
    ],
)
def test_territories(parts: dict[str, str], included: set[str], excluded: set[str]) -> None:
    (found,) = priced(price(where(**parts))).offers
    assert found.countries == included
    assert found.countries_excluded == excluded


def test_the_eurozone() -> None:
    (found,) = priced(price(where(RegionsIncluded="ECZ"))).offers
    assert {"DE", "FR", "BG", "HR", "ME"} <= found.countries
    assert found.countries.isdisjoint({"GB", "PL", "GF"})


def test_a_part_of_a_country_is_left_out() -> None:
    assert priced(price(where(RegionsIncluded="GB-SCT"))).offers == ()


def test_the_market_says_where() -> None:
    market = f"<Market>{where(CountriesIncluded='IE')}</Market>"
    detail = f"<SupplyDetail>{price()}</SupplyDetail>"
    found = record(descriptive(), f"<ProductSupply>{market}{detail}</ProductSupply>")
    assert found.offers == (offer(countries=frozenset({"IE"})),)


def test_prices_for_few_are_left_out() -> None:
    found = priced(price("<PriceQualifier>10</PriceQualifier>"), price(amount="9.99"))
    assert found.offers == (offer(amount=Decimal("9.99")),)


def test_unpriced() -> None:
    found = priced("<UnpricedItemType>01</UnpricedItemType>")
    assert (found.offers, found.troubles) == ((), ())


def test_minimum_quantity() -> None:
    found = priced(price("<MinimumOrderQuantity>10</MinimumOrderQuantity>"))
    assert found.offers == (offer(minimum_quantity=10),)


def test_old_prices() -> None:
    found = old_record(
        "<SupplyDetail><AvailabilityCode>IP</AvailabilityCode><Price>"
        "<PriceTypeCode>02</PriceTypeCode><PriceAmount>12.99</PriceAmount>"
        "<CurrencyCode>EUR</CurrencyCode><CountryCode>DE</CountryCode>"
        "<TaxRatePercent1>7</TaxRatePercent1><PriceEffectiveFrom>20240301</PriceEffectiveFrom>"
        "<PriceEffectiveUntil>20240331</PriceEffectiveUntil></Price></SupplyDetail>"
    )
    assert found.supplier_availability == "21"
    assert found.offers == (
        offer(
            tax_rate=Decimal(7),
            countries=frozenset({"DE"}),
            valid_from=datetime.date(2024, 3, 1),
            valid_to=datetime.date(2024, 3, 31),
        ),
    )


def test_old_territory() -> None:
    found = old_record(
        "<SupplyDetail><Price><PriceTypeCode>01</PriceTypeCode><PriceAmount>12.99</PriceAmount>"
        "<CurrencyCode>EUR</CurrencyCode><Territory>WORLD</Territory></Price></SupplyDetail>"
    )
    assert found.offers == (offer(kind="01"),)


def availability(*codes: str) -> str:
    details = (
        f"<SupplyDetail><ProductAvailability>{code}</ProductAvailability></SupplyDetail>"
        for code in codes
    )
    return record(
        descriptive(), f"<ProductSupply>{''.join(details)}</ProductSupply>"
    ).supplier_availability


def test_availability_of_several_suppliers() -> None:
    assert availability("31", "21") == "21"
    assert availability("31", "40") == "31"
    assert availability("x") == ""


@pytest.mark.parametrize(
    ("old", "new"), [("NP", "10"), ("OP", "51"), ("TO", "22"), ("RP", "32"), ("AB", "01")]
)
def test_old_availability(old: str, new: str) -> None:
    found = old_record(f"<SupplyDetail><AvailabilityCode>{old}</AvailabilityCode></SupplyDetail>")
    assert found.supplier_availability == new
