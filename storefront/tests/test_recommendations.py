"""What stands beside a book and a basket, and what the book's page costs with it."""

import re

import pytest
from django.test.client import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from caching import store
from catalog import affinities
from catalog.models import Edition, Recommendation
from catalog.tests.factories import EditionFactory, WorkFactory, put_in_stock
from orders.models import Basket
from storefront.tests.shop import add_works, days_ago, open_shop, read

pytestmark = pytest.mark.django_db
EMMA = "/books/9780306406157/emma/"


@pytest.fixture
def emma(db: None) -> Edition:
    return open_shop()


def test_the_page_says_why(emma: Edition, client: Client) -> None:
    add_works(3, like=emma)
    affinities.renew_all()
    page = read(client, EMMA)
    assert "You may also like" in page
    assert "Comes next in Highbury" in page
    assert "Also by Jane Austen" in page
    assert page.count('class="book-card"') == 3


def test_a_page_without_any_has_no_heading(emma: Edition, client: Client) -> None:
    assert "You may also like" not in read(client, EMMA)


@pytest.mark.parametrize(("works", "statements"), [(0, 1), (1, 2), (30, 2)])
def test_the_page_costs_two_statements(
    works: int,
    statements: int,
    emma: Edition,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    add_works(works, like=emma)
    for _number in range(works):
        EditionFactory.create(work=emma.work)
    affinities.renew_all()
    store.client().flushdb()
    with django_assert_num_queries(statements):
        page = read(client, EMMA)
    assert page.count('class="book-card"') == min(works, 6)


def test_a_nights_run_shows_on_the_page(emma: Edition, client: Client) -> None:
    assert "You may also like" not in read(client, EMMA)
    add_works(1, like=emma)
    affinities.renew_all()
    store.bump([f"edition:{emma.isbn13}"])  # as after the commit
    assert "Comes next in Highbury" in read(client, EMMA)


def test_stock_changes_nothing_on_a_page_that_is_kept(emma: Edition, client: Client) -> None:
    for rank in range(8):
        other = WorkFactory.create(title=f"Other {rank}")
        day = days_ago(-9) if rank == 0 else days_ago(9)
        EditionFactory.create(work=other, publication_date=day)
        Recommendation.objects.create(work=emma.work, other=other, rank=rank, reason="subject")
    before = read(client, EMMA)
    shown = re.findall(r"<h3[^>]*><a[^>]*>(Other [0-9])", before)
    assert shown == [f"Other {rank}" for rank in (1, 2, 3, 4, 5, 6)]  # what is out comes first
    put_in_stock(Edition.objects.get(work__title="Other 7"), 1)
    store.client().flushdb()
    assert read(client, EMMA) == before


def test_a_basket_shows_what_goes_with_it(emma: Edition, client: Client) -> None:
    bought = EditionFactory.create(work=WorkFactory.create(title="Persuasion"))
    Recommendation.objects.create(work=emma.work, other=bought.work, rank=1, reason="bought")
    client.post("/basket/lines/", {"isbn13": emma.isbn13, "quantity": "1"},
                headers={"sec-fetch-site": "same-origin"})  # fmt: skip
    page = client.get("/basket/").content.decode()
    assert "Goes well with these" in page
    assert "Often bought with “Emma”" in page


def test_a_customers_basket_shows_it_by_one_statement_more(
    emma: Edition, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user = User.objects.create_user("dan@example.com", "x")
    client.force_login(user)
    bought = EditionFactory.create(work=WorkFactory.create(title="Persuasion"))
    Basket.objects.of_user(user).add(emma)
    with django_assert_num_queries(3):  # the session, the customer, the basket
        assert "Goes well with" not in client.get("/basket/").content.decode()
    Recommendation.objects.create(work=emma.work, other=bought.work, rank=1, reason="bought")
    with django_assert_num_queries(4):  # and the card
        assert "Often bought with “Emma”" in client.get("/basket/").content.decode()


def test_all_lines_have_a_say_and_the_best_comes_first(emma: Edition, client: Client) -> None:
    tea = EditionFactory.create(work=WorkFactory.create(title="Tea"), stock=3)
    for rank, title in ((2, "Second"), (3, "Third"), (1, "First")):
        of = emma.work if rank == 2 else tea.work
        other = EditionFactory.create(work=WorkFactory.create(title=title)).work
        Recommendation.objects.create(work=of, other=other, rank=rank, reason="subject")
    first = Edition.objects.get(work__title="First").work
    Recommendation.objects.create(work=emma.work, other=first, rank=5, reason="bought")
    Recommendation.objects.create(work=emma.work, other=tea.work, rank=1, reason="subject")
    for edition in (emma, tea):
        client.post("/basket/lines/", {"isbn13": edition.isbn13, "quantity": "1"},
                    headers={"sec-fetch-site": "same-origin"})  # fmt: skip
    beside = client.get("/basket/").content.decode().partition("Goes well with these")[2]
    shown = re.findall(r">\s*(First|Second|Third|Tea)\s*<", beside)
    assert list(dict.fromkeys(shown)) == ["First", "Second", "Third"]
    assert "Often bought with" not in beside  # Tea's reason for it ranks higher


def test_the_api_tells_the_reasons(
    emma: Edition, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    (more,) = add_works(1, like=emma)
    affinities.renew_all()
    with django_assert_num_queries(3):
        answer = client.get(f"/api/v1/editions/{emma.isbn13}/recommendations")
    edition = more.editions.get(format="paperback")
    assert answer.json() == {
        "items": [
            {
                "isbn13": edition.isbn13,
                "title": "More 0",
                "byline": "Jane Austen",
                "format": "paperback",
                "price": {"amount": "9.99", "currency": "USD"},
                "reason": "next",
                "because": "Comes next in Highbury",
                "url": edition.get_absolute_url(),
            }
        ]
    }
    assert client.get("/api/v1/editions/2000000000008/recommendations").status_code == 404
