"""The page of a book."""

import datetime
import html
import re

import pytest
from django.test.client import Client
from django.utils import timezone

from catalog.live_reading import MOST_BADGES
from catalog.models import Edition
from catalog.tests.factories import EditionFactory, WorkFactory, orderable, preorderable
from storefront.tests.shop import open_shop, read

pytestmark = pytest.mark.django_db
EMMA = "/books/9780306406157/emma/"


@pytest.fixture
def emma(db: None) -> Edition:
    return open_shop()


def words(page: str) -> str:
    """What a visitor reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_shows_all_that_is_known(emma: Edition, client: Client) -> None:
    page = read(client, EMMA)
    text = words(page)
    for expected in (
        "Emma",
        "Jane Austen",
        "Introduction Ada Note",
        "Highbury · Book 2",
        "$12.50",
        "Handsome, clever and rich.",
        "ISBN 978-0-306-40615-7",
        "Pages 474",
        "Language English",
        "Published March 1, 2024",
        "First published 1815",
        "Imprint Harbour , Hogarth Press",
        "Subjects Classics",
        "E-book English, 2024 $3.99",
    ):
        assert expected in text
    assert '<link rel="canonical" href="http://localhost:8000/books/9780306406157/emma/">' in page
    assert 'itemprop="isbn" content="9780306406157"' in page
    assert '<meta itemprop="price" content="12.50">' in page


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("9790260000438", "ISMN 979-0-2600-0043-8"),
        ("4006381333931", "Article number 4006381333931"),
        ("2900000000018", "Shop number 2900000000018"),
    ],
)
def test_what_is_no_book_has_a_number_of_another_name(
    client: Client, number: str, shown: str
) -> None:
    EditionFactory.create(isbn13=number, work=WorkFactory.create(title="Pen"))
    page = read(client, f"/books/{number}/pen/")
    assert shown in words(page)
    assert 'itemprop="isbn"' not in page


def test_others_show_the_same_summary(emma: Edition, client: Client) -> None:
    emma.work.description = 'Handsome, "clever" & rich. ' * 20
    emma.work.save()
    shown = [
        re.search(rf'<meta {name} content="([^"]*)">', read(client, EMMA))
        for name in ('name="description"', 'property="og:description"')
    ]
    for each in shown:
        assert each
        text = html.unescape(each[1])
        assert text == f"{emma.work.description[:154]}…"
        assert "&quot;clever&quot; &amp; rich" in each[1]


def test_without_a_description_the_title_stands_for_it(emma: Edition, client: Client) -> None:
    emma.work.description = ""
    emma.work.save()
    page = read(client, EMMA)
    assert '<meta name="description" content="Emma">' in page
    assert "og:description" not in page


def test_the_button_works_without_scripts_and_without_a_token(
    emma: Edition, client: Client
) -> None:
    page = read(client, EMMA)
    form = re.search(r'<form class="buy-form".*?</form>', page, re.DOTALL)
    assert form
    assert 'action="/basket/lines/" method="post"' in form[0]
    assert '<input type="hidden" name="isbn13" value="9780306406157">' in form[0]
    assert 'name="quantity" value="1"' in form[0]
    assert "csrf" not in form[0]
    added = client.post("/basket/lines/", {"isbn13": "9780306406157", "quantity": "1"},
                        headers={"sec-fetch-site": "same-origin"})  # fmt: skip
    assert added.status_code == 303


def test_stock_is_no_part_of_the_page(emma: Edition, client: Client) -> None:
    page = read(client, EMMA)
    assert "In stock" not in page
    assert "left" not in words(page)
    (other,) = emma.work.editions.exclude(pk=emma.pk)
    numbers = f"{emma.isbn13},{other.isbn13}"
    assert f'hx-get="/live/stock?isbn13={numbers}&amp;offered={emma.isbn13}"' in page
    assert 'id="stock-9780306406157"></span>' in page


def test_a_classic_in_hundreds_of_editions_shows_stock_all_the_same(
    emma: Edition, client: Client
) -> None:
    EditionFactory.create_batch(MOST_BADGES + 1, work=emma.work)
    asked = [
        html.unescape(each)
        for each in re.findall(r'hx-get="(/live/stock[^"]*)"', read(client, EMMA))
    ]
    assert asked[0].endswith(f"&offered={emma.isbn13}")
    answers = [client.get(each) for each in asked]
    assert [answer.status_code for answer in answers] == [200, 200]
    answered = [level["isbn13"] for answer in answers for level in answer.json()["items"]]
    assert answered[0] == emma.isbn13
    assert sorted(answered) == sorted(each.isbn13 for each in emma.work.editions.all())


def test_a_title_in_another_language_says_so(client: Client) -> None:
    work = WorkFactory.create(title="Candide", original_language="fr")
    edition = EditionFactory.create(work=work, language="fr")
    page = read(client, edition.get_absolute_url())
    assert '<h1 itemprop="name" lang="fr">Candide</h1>' in page
    assert '<html lang="en">' in page


def test_markup_in_texts_is_only_text(client: Client) -> None:
    work = WorkFactory.create(
        title="<b>Bold</b>", description="<script>alert(1)</script>", author='O"Brien <i>'
    )
    page = read(client, EditionFactory.create(work=work).get_absolute_url())
    assert "<b>Bold" not in page
    assert "<script>alert" not in page
    assert "<i>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_without_a_price_it_cannot_be_bought(client: Client) -> None:
    page = read(client, EditionFactory.create(price=False).get_absolute_url())
    assert "This edition is not for sale at the moment." in page
    assert "/basket/lines/" not in page


def test_before_its_day_it_can_be_pre_ordered(client: Client) -> None:
    day = timezone.localdate() + datetime.timedelta(days=40)
    edition = EditionFactory.create(publication_date=day)
    preorderable(edition)
    page = read(client, edition.get_absolute_url())
    assert '<button class="button" type="submit">Pre-order</button>' in page
    assert "You pay now; we send your copy as soon as it is here." in page
    assert "We expect" not in page
    assert '<link itemprop="availability" href="https://schema.org/PreOrder">' in page
    assert f'itemprop="availabilityStarts" content="{day.isoformat()}"' in page


def test_a_later_promise_is_told(client: Client) -> None:
    day = timezone.localdate() + datetime.timedelta(days=40)
    edition = EditionFactory.create(publication_date=day)
    preorderable(edition, promised_date=day + datetime.timedelta(days=9))
    assert "We expect our copies on" in read(client, edition.get_absolute_url())


def test_what_is_ordered_for_customers_says_how_long_it_takes(client: Client) -> None:
    edition = EditionFactory.create()
    orderable(edition, backorder_days=10)
    page = read(client, edition.get_absolute_url())
    assert "When none is left, we order it for you: that usually takes 10 days." in page
    assert '<button class="button" type="submit">Add to basket</button>' in page
    assert "schema.org/PreOrder" not in page


def test_one_that_was_replaced_leads_to_the_newer_one(emma: Edition, client: Client) -> None:
    day = datetime.date(2025, 5, 1)
    newer = EditionFactory.create(work=emma.work, publication_date=day)
    Edition.objects.filter(pk=emma.pk).update(replaced_by=newer)
    page = read(client, EMMA)
    assert f'There is a newer edition: <a href="{newer.get_absolute_url()}">Paperback, 2025' in page
    assert "newer edition" not in read(client, newer.get_absolute_url())


def test_what_replaced_it_is_not_named_where_it_is_not_sold(emma: Edition, client: Client) -> None:
    gone = EditionFactory.create(work=emma.work, is_offered=False)
    Edition.objects.filter(pk=emma.pk).update(replaced_by=gone)
    assert "newer edition" not in read(client, EMMA)


def test_before_its_day_it_cannot_be_bought(client: Client) -> None:
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    edition = EditionFactory.create(publication_date=tomorrow)
    page = read(client, edition.get_absolute_url())
    assert "This edition will be published on" in page
    assert "<dt>To be published</dt>" in page
    assert "/basket/lines/" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/books/9780306406157/",
        "/books/9780306406157/emmma/",
        "/books/0306406152/",
        "/books/0306406152/emma/",
        "/books/978-0-306-40615-7/",
        "/books/978-0-306-40615-7/emma/",
    ],
)
def test_other_addresses_lead_to_the_one(path: str, emma: Edition, client: Client) -> None:
    for _once_and_again in range(2):
        response = client.get(path)
        assert (response.status_code, response["Location"]) == (301, EMMA)


@pytest.mark.parametrize(
    "number", ["9780306406158", "123", "abc", "9780306406157x", "%00", "٩" * 13]
)
def test_a_broken_number_is_told_and_a_search_offered(
    number: str, emma: Edition, client: Client
) -> None:
    for path in (f"/books/{number}/", f"/books/{number}/emma/"):
        response = client.get(path)
        page = response.content.decode()
        assert response.status_code == 404
        assert "is not a valid ISBN" in page
        assert '<form class="error-search" action="/search/" method="get"' in page


def test_an_unknown_number_is_told(emma: Edition, client: Client) -> None:
    response = client.get("/books/9781861972712/")
    assert response.status_code == 404
    assert "We do not sell the book with the number 978-1-86197-271-2." in response.content.decode()


def test_what_is_not_offered_is_not_found(emma: Edition, client: Client) -> None:
    hidden = EditionFactory.create(work=emma.work, format="hardback", is_offered=False)
    assert client.get(f"/books/{hidden.isbn13}/emma/").status_code == 404
    assert hidden.isbn13 not in read(client, EMMA)


@pytest.mark.parametrize(("letters", "ends"), [(155, "x"), (156, "…")])
def test_a_long_description_is_cut_for_lists_of_results(
    client: Client, letters: int, ends: str
) -> None:
    edition = EditionFactory.create(work=WorkFactory.create(description="x" * letters))
    found = re.search(
        r'<meta name="description" content="([^"]*)">',
        client.get(edition.get_absolute_url()).content.decode(),
    )
    assert found is not None
    assert (len(found[1]), found[1][-1]) == (155, ends)
