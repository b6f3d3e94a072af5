"""Editions in the back office: found, entered, priced, and renewed by each change."""

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog import indexing, isbn
from catalog.models import (
    Edition,
    Format,
    Price,
)
from catalog.tests.back_office import (
    EDITIONS,
    edition_form,
    emma,
    stale_names,
    vector_of,
)
from catalog.tests.factories import (
    ContributorFactory,
    EditionFactory,
    ImprintFactory,
    WorkFactory,
    put_in_stock,
)

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


def test_the_list_shows_price_and_stock(client: Client, clerk: "User") -> None:
    emma(price=Decimal("12.50"), stock=3)
    emma(price=False)
    emma(format=Format.EBOOK)
    page = client.get(EDITIONS).content.decode()
    assert "12.50 USD" in page
    assert "not for sale" in page
    assert '<td class="field-available">3</td>' in page
    assert '<td class="field-available">∞</td>' in page


def test_the_list_takes_a_fixed_number_of_queries(
    client: Client, clerk: "User", django_assert_max_num_queries: Any
) -> None:
    emma(stock=1)
    counts = []
    for _time in range(2):
        with django_assert_max_num_queries(12) as counted:
            client.get(EDITIONS)
        counts.append(len(counted))
        for _place in range(8):
            emma(stock=1)
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "search", ["9780156907392", "0-15-690739-9", "ISBN 978 0 15 690739 2", "emma aust", "EMMÁ"]
)
def test_an_edition_is_found_by_number_and_words(
    client: Client, clerk: "User", search: str
) -> None:
    edition = emma(isbn13="9780156907392")
    other = EditionFactory.create(work=WorkFactory.create(title="Orlando"))
    indexing.works_changed([other.work_id])
    page = client.get(EDITIONS, {"q": search}).content.decode()
    assert edition.isbn13 in page
    assert other.isbn13 not in page


def test_filters_find_what_is_sold_out_or_without_price(client: Client, clerk: "User") -> None:
    stocked, sold_out, ebook = emma(stock=1), emma(price=False), emma(format=Format.EBOOK)

    def found(**query: str) -> set[str]:
        page = client.get(EDITIONS, query).content.decode()
        return {e.isbn13 for e in (stocked, sold_out, ebook) if e.isbn13 in page}

    assert found(stock="in") == {stocked.isbn13}
    assert found(stock="few") == {stocked.isbn13}
    assert found(stock="out") == {sold_out.isbn13}
    put_in_stock(stocked, 3)
    assert found(stock="few") == set()
    assert found(priced="no") == {sold_out.isbn13}


@pytest.mark.parametrize("number", ["9780156907392", "978-0-15-690739-2", "0 15 690739 9"])
def test_an_edition_is_entered(client: Client, clerk: "User", number: str) -> None:
    work = WorkFactory.create(title="Emma", author="Jane Austen")
    draft = Edition(
        work=work, format=Format.PAPERBACK, language="en", imprint=ImprintFactory.create()
    )
    form = edition_form(draft, isbn13=number, new_price="12.50", tax_rate="7")

    response = client.post(f"{EDITIONS}add/", form)

    assert response.status_code == 302
    edition = Edition.objects.with_price().get()
    assert edition.isbn13 == "9780156907392"
    assert edition.price_amount == Decimal("12.50")
    price = edition.prices.get()
    assert (price.valid_from, price.tax_rate) == (timezone.localdate(), Decimal("7.00"))
    assert "emma" in vector_of(work)
    assert f"edition:{edition.isbn13}" in stale_names()


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("9780156907393", "“9780156907393” is not a valid ISBN or SKU: its check digit is wrong."),
        ("123", "“123” has 3 digits; an ISBN has 13 (or 10)."),
        ("", "This field is required."),
        ("9790260000439", "“9790260000439” is not a valid ISBN or SKU: its check digit is wrong."),
    ],
)
def test_a_broken_number_is_refused(client: Client, clerk: "User", number: str, why: str) -> None:
    draft = Edition(
        work=WorkFactory.create(),
        format="paperback",
        language="en",
        imprint=ImprintFactory.create(),
    )
    response = client.post(f"{EDITIONS}add/", edition_form(draft, isbn13=number))
    assert response.status_code == 200
    (said,) = response.context["adminform"].form.errors["isbn13"]
    assert said.startswith(why)
    assert not Edition.objects.exists()


def test_a_number_that_is_taken_leads_to_its_edition(client: Client, clerk: "User") -> None:
    edition = emma(isbn13="9780156907392")
    page = client.post(f"{EDITIONS}add/", edition_form(edition, isbn13="0-15-690739-9"))
    link = f'<a href="{EDITIONS}{edition.pk}/change/">{edition}</a>'
    assert f"It is there already: {link}." in page.content.decode()


def test_the_next_number_of_the_shops_own_is_proposed(client: Client, clerk: "User") -> None:
    assert "2000000000015" in client.get(f"{EDITIONS}add/").content.decode()
    emma(isbn13="2000000000015")
    emma(isbn13="2100000000005")
    page = client.get(f"{EDITIONS}add/").content.decode()
    number = Edition.objects.next_own_number()
    assert (number[:12], isbn.is_edition_number(number)) == ("200000000002", True)
    assert f"The next free one of these: {number}." in page


def test_the_price_of_today_stands_beside_the_new_one(client: Client, clerk: "User") -> None:
    for edition, today in ((emma(price=Decimal("12.50")), "12.50 USD"), (emma(price=False), "not")):
        page = client.get(reverse("admin:catalog_edition_change", args=[edition.pk]))
        assert f"Today: {today}" in page.content.decode()


def test_a_new_price_ends_the_running_one(client: Client, clerk: "User") -> None:
    edition = emma(price=Decimal("9.99"))
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)

    response = client.post(
        reverse("admin:catalog_edition_change", args=[edition.pk]),
        edition_form(edition, new_price="11.00", price_from=tomorrow.isoformat()),
    )

    assert response.status_code == 302
    assert list(edition.prices.order_by("valid_from").values_list("amount", "valid_to")) == [
        (Decimal("9.99"), timezone.localdate()),
        (Decimal("11.00"), None),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"new_price": "-1"}, "new_price"),
        ({"new_price": "1.005"}, "new_price"),
        ({"new_price": "x"}, "new_price"),
        ({"price_from": "2030-01-01"}, "new_price"),
        ({"new_price": "1", "price_from": "soon"}, "price_from"),
        ({"new_price": "1", "tax_rate": "101"}, "tax_rate"),
        ({"new_price": "100000"}, "new_price"),
        ({"new_price": "1", "price_from": "0001-01-01"}, "price_from"),
        ({"new_price": "1", "price_from": "2020-01-01"}, "price_from"),
        ({"tax_rate": "7", "price_from": "2020-01-01"}, "price_from"),
    ],
)
def test_a_wrong_price_is_refused(
    client: Client, clerk: "User", changes: dict[str, str], field: str
) -> None:
    edition = emma()
    url = reverse("admin:catalog_edition_change", args=[edition.pk])
    response = client.post(url, edition_form(edition, **changes))
    assert list(response.context["adminform"].form.errors) == [field]
    assert Price.objects.count() == 1


def history(edition: Edition) -> str:
    """What the log says of its last change."""
    return LogEntry.objects.filter(object_id=edition.pk).latest("id").get_change_message()


def test_another_tax_rate_alone_keeps_the_price(client: Client, clerk: "User") -> None:
    edition = emma(price=Decimal("9.99"))
    url = reverse("admin:catalog_edition_change", args=[edition.pk])
    today = timezone.localdate()
    later = today + datetime.timedelta(days=30)
    edition.set_price(Decimal(12), valid_from=later)
    of_its_own = later + datetime.timedelta(days=30)
    edition.set_price(Decimal(13), valid_from=of_its_own, tax_rate=Decimal(19))

    assert client.post(url, edition_form(edition, tax_rate="7")).status_code == 302

    assert list(edition.prices.order_by("valid_from").values_list("amount", "tax_rate")) == [
        (Decimal("9.99"), None),
        (Decimal("9.99"), Decimal(7)),
        (Decimal(12), Decimal(7)),
        (Decimal(13), Decimal(19)),
    ]
    assert edition.prices.in_force(today).get().valid_to == later - datetime.timedelta(days=1)
    told = f"Price: 9.99 → 9.99 USD, tax – → 7.00 %, from {today}, also 1 later price"
    assert told in history(edition)
    assert edition.provenance.sources["price"] == "staff"
    assert client.post(url, edition_form(edition, tax_rate="")).status_code == 302
    assert edition.prices.in_force(today).get().tax_rate is None

    bare = emma(price=False)
    url = reverse("admin:catalog_edition_change", args=[bare.pk])
    refused = client.post(url, edition_form(bare, tax_rate="7"))
    assert "say what it shall cost" in refused.context["adminform"].form.errors["new_price"][0]


def test_planned_prices_go_only_if_they_may(client: Client, clerk: "User") -> None:
    edition = emma(price=Decimal("9.99"))
    url = reverse("admin:catalog_edition_change", args=[edition.pk])
    assert "replaces_later" not in client.get(url).content.decode()
    planned = timezone.localdate() + datetime.timedelta(days=30)
    edition.set_price(Decimal(12), valid_from=planned)
    form = edition_form(edition, new_price="9")

    asked = client.post(url, form)
    assert "Planned prices would go: 12.00 USD from" in asked.content.decode()
    assert 'name="replaces_later"' in asked.content.decode()
    assert edition.prices.count() == 2

    assert client.post(url, {**form, "replaces_later": "on"}).status_code == 302
    assert list(edition.prices.order_by("valid_from").values_list("amount", flat=True)) == [
        Decimal("9.99"),
        Decimal(9),
    ]
    assert f"Price: 9.99 → 9.00 USD, from {timezone.localdate()}" in history(edition)


def test_a_change_renews_both_works(client: Client, clerk: "User") -> None:
    edition = emma()
    left, entered = edition.work, WorkFactory.create(title="Orlando")
    sibling = EditionFactory.create(work=left, title="Emma, annotated")
    voice = ContributorFactory.create(name="A Narrator")
    part = left.contributions.create(edition=edition, contributor=voice, role="E07")
    client.post(
        reverse("admin:catalog_edition_change", args=[edition.pk]),
        edition_form(edition, work=entered.pk, title="Emma abridged"),
    )
    part.refresh_from_db()
    assert part.work == entered
    assert "narrator" in vector_of(entered)
    assert "abridg" in vector_of(entered)
    assert "abridg" not in vector_of(left)
    assert {f"edition:{edition.isbn13}", f"edition:{sibling.isbn13}"} <= stale_names()


def test_the_number_stays(client: Client, clerk: "User") -> None:
    edition = emma()
    url = reverse("admin:catalog_edition_change", args=[edition.pk])
    client.post(url, edition_form(edition, isbn13="9780156907392"))
    assert Edition.objects.get().isbn13 == edition.isbn13


def test_what_has_a_ledger_is_not_deleted(client: Client, clerk: "User") -> None:
    stocked, mistake = emma(stock=1), emma()
    for edition, status in ((stocked, 403), (mistake, 302)):
        url = reverse("admin:catalog_edition_delete", args=[edition.pk])
        assert client.post(url, {"post": "yes"}).status_code == status
    assert Edition.objects.get() == stocked


def test_what_suppliers_say_is_shown_and_stays(client: Client, clerk: "User") -> None:
    newer = emma()
    edition = emma(
        height_mm=198, publishing_status="04", supplier_availability="88", replaced_by=newer
    )
    address = f"{EDITIONS}{edition.pk}/change/"
    page = client.get(address).content.decode()
    assert "What suppliers say" in page
    assert '<div class="readonly">198</div>' in page
    assert '<div class="readonly">Published and on sale (04)</div>' in page
    assert '<div class="readonly">88</div>' in page  # no code that we know
    assert reverse("admin:catalog_edition_change", args=[newer.pk]) in page
    form = edition_form(edition, height_mm="1", publishing_status="11", pages="99")
    assert client.post(address, form).status_code == 302
    edition.refresh_from_db()
    assert (edition.height_mm, edition.publishing_status, edition.pages) == (198, "04", 99)
    assert "What suppliers say" not in client.get(f"{EDITIONS}add/").content.decode()
