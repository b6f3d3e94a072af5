"""How money, years and languages are written."""

import datetime
from decimal import Decimal

import pytest
from django import forms
from django.http import QueryDict
from django.template import Context, Template, TemplateSyntaxError
from django.utils import timezone, translation
from pytest_django import Settings

from storefront.forms import CountryField
from storefront.paging import Paging, read_page
from storefront.templatetags import shop


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (Decimal("12.5"), "", "$12.50"),
        (Decimal("0"), "", "$0.00"),
        (Decimal("1234.5"), "", "$1,234.50"),
        (Decimal("-4.50"), "", "−$4.50"),
        (Decimal("9.99"), "EUR", "€9.99"),
        (Decimal("1200"), "JPY", "¥1,200"),
        (Decimal("9.9"), "CHF", "CHF\N{NO-BREAK SPACE}9.90"),
        (None, "", ""),
    ],
)
def test_money(amount: Decimal | None, currency: str, written: str) -> None:
    assert shop.money(amount, currency) == written


def test_locations_of_a_sitemap() -> None:
    assert shop.locations(["/a/", "/b/?c&d"], "http://shop") == (
        "<url><loc>http://shop/a/</loc></url>\n<url><loc>http://shop/b/?c&amp;d</loc></url>\n"
    )


def test_money_is_written_as_the_language_wants() -> None:
    with translation.override("de"):
        written = shop.money(Decimal("-1234.5"), "EUR")
    assert written == "−1.234,50\N{NO-BREAK SPACE}€"


def test_money_is_in_the_shops_currency(settings: Settings) -> None:
    settings.SHOP_CURRENCY = "GBP"
    assert shop.money(Decimal("3")) == "£3.00"


@pytest.mark.parametrize(
    ("born", "died", "written"),
    [
        (1775, 1817, "1775–1817"),
        (-70, -19, "70 BCE–19 BCE"),
        (-43, 18, "43 BCE–18"),
        (1947, None, "born 1947"),
        (None, 1595, "died 1595"),
        (None, None, ""),
    ],
)
def test_lifespan(born: int | None, died: int | None, written: str) -> None:
    assert shop.lifespan(born, died) == written


def test_language() -> None:
    assert shop.lang("fr") == ' lang="fr"'
    assert shop.lang("en") == ""
    assert shop.lang("") == ""


def test_pages_around_the_current_one_are_linked() -> None:
    paging = Paging(5, 9, {"q": "a b"})
    assert [link.number for link in paging.links] == [1, 0, 4, 5, 6, 0, 9]
    assert paging.previous_url == "?q=a+b&page=4"
    assert paging.url(1) == "?q=a+b"
    assert Paging(1, 1).next_url == ""


def test_no_page_is_the_first() -> None:
    assert read_page(QueryDict("")) == 1
    assert read_page(QueryDict("page=7")) == 7


def test_what_is_unchanging_is_written_once_for_each_language_and_name(settings: Settings) -> None:
    frame = Template("{% load shop %}{% unchanging %}{{ name }}{% endunchanging %}")
    settings.SHOP_NAME = "One"
    assert frame.render(Context({"name": "first"})) == "first"
    assert frame.render(Context({"name": "second"})) == "first"
    with translation.override("de"):
        assert frame.render(Context({"name": "third"})) == "third"
    settings.SHOP_NAME = "Other"
    assert frame.render(Context({"name": "fourth"})) == "fourth"


def test_what_is_unchanging_for_a_value_is_written_once_for_it_and_each_time_without() -> None:
    frame = Template("{% load shop %}{% unchanging for kind %}{{ name }}{% endunchanging %}")

    def said(name: str, kind: object) -> str:
        return frame.render(Context({"name": name, "kind": kind}))

    assert [said("a", "x"), said("b", "x"), said("c", "y"), said("d", ())] == ["a", "a", "c", "d"]
    assert [said("e", None), said("f", None), said("g", "x")] == ["e", "f", "a"]
    with pytest.raises(TemplateSyntaxError):
        Template("{% load shop %}{% unchanging kind %}{% endunchanging %}")


def test_a_select_of_countries_is_what_django_would_write() -> None:
    field = CountryField()
    for value in ("GB", "", None, "XX", '">'):
        written = [
            " ".join(widget.render("country", value, {"id": "c", "required": True}).split())
            for widget in (field.widget, forms.Select(choices=list(field.widget.choices)))
        ]
        assert written[0] == written[1]


def test_what_a_form_sends_back_is_escaped() -> None:
    written = shop.hidden_inputs({"total": "12.50", "na'me": '"><b>'})
    assert written == (
        '<input type="hidden" name="total" value="12.50">\n'
        '<input type="hidden" name="na&#x27;me" value="&quot;&gt;&lt;b&gt;">'
    )
    assert shop.hidden_inputs({}) == ""


def test_times_for_machines_are_the_shops() -> None:
    at = datetime.datetime(2026, 2, 28, 23, 30, tzinfo=datetime.UTC)
    with timezone.override("Europe/Berlin"):
        assert shop.machine_time(at) == "2026-03-01T00:30:00+01:00"
    assert shop.machine_time(at.date()) == "2026-02-28"
