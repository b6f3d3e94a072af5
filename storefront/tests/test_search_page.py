"""The search page."""

import re
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.test.client import Client
from pytest_django import DjangoAssertNumQueries

from caching import store
from catalog import indexing, spelling
from catalog.models import Edition
from catalog.tests.factories import EditionFactory, WorkFactory
from storefront.criteria import SearchForm
from storefront.tests.shop import add_works, open_shop, read

pytestmark = pytest.mark.django_db
EMMA = "/books/9780306406157/emma/"


@pytest.fixture
def emma(db: None) -> Edition:
    return open_shop()


def test_finds_by_words(emma: Edition, client: Client) -> None:
    page = read(client, "/search/?q=austen+emma")
    assert "Results for “austen emma”" in page
    assert "1 book" in page
    assert "/emma/" in page
    assert 'value="austen emma"' in page


def test_without_words_all_books_are_there(emma: Edition, client: Client) -> None:
    page = read(client, "/search/")
    assert "<h1>All books</h1>" in page
    assert "noindex" not in page


@pytest.mark.parametrize(
    ("query", "heading"),
    [
        ("sort=newest", "New books"),
        ("year=1990s&sort=newest", "Books: 1990–1999"),
        ("year=1990s", "Books: 1990–1999"),
        ("subject=classics&format=ebook", "Books: Classics, E-book"),
        ("q=emma&year=1990s&sort=newest", "Results for “emma”"),
    ],
)
def test_the_heading_says_what_is_listed(
    query: str, heading: str, emma: Edition, client: Client
) -> None:
    page = read(client, f"/search/?{query}")
    assert f"<h1>{heading}</h1>" in page
    assert f"<title>{heading.removeprefix('Results for ')} · " in page


@pytest.mark.parametrize(
    "number",
    ["9780306406157", "978-0-306-40615-7", "0306406152", "0-306-40615-2", "ISBN 0306406152"],
)
def test_a_number_leads_straight_to_the_book(number: str, emma: Edition, client: Client) -> None:
    response = client.get("/search/", {"q": number})
    assert (response.status_code, response["Location"]) == (302, EMMA)


@pytest.mark.parametrize("number", ["9790260000438", "979-0-2600-0043-8", "M-2600-0043-8"])
def test_music_is_found_by_its_number(number: str, client: Client) -> None:
    EditionFactory.create(isbn13="9790260000438", work=WorkFactory.create(title="Má vlast"))
    response = client.get("/search/", {"q": number})
    assert (response.status_code, response["Location"]) == (302, "/books/9790260000438/ma-vlast/")


def test_the_way_to_a_number_is_not_kept(emma: Edition, client: Client) -> None:
    for _time in range(3):
        assert client.get("/search/?q=9780306406157").status_code == 302
    assert store.client().keys("answer:*") == []


def test_a_number_that_nobody_has_is_kept_until_somebody_has_it(
    emma: Edition, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = "/search/?q=9781861972712"
    for _time in range(2):
        read(client, address)
    with django_assert_num_queries(0):
        read(client, address)
    emma.isbn13 = "9781861972712"
    emma.save()
    store.bump(["catalog"])  # as after the commit
    assert client.get(address).status_code == 302


def test_an_unknown_number_is_told(emma: Edition, client: Client) -> None:
    page = read(client, "/search/?q=9781861972712")
    assert "We do not have the book with the number 978-1-86197-271-2." in page
    assert "Try the title or the author’s name instead" in page


def test_a_wrong_number_is_told(emma: Edition, client: Client) -> None:
    page = read(client, "/search/?q=9780306406158")
    assert "looks like an ISBN, but one of its digits must be wrong" in page


def test_a_near_miss_offers_what_was_meant(emma: Edition, client: Client) -> None:
    work = WorkFactory.create(title="Wuthering Heights")
    EditionFactory.create(work=work)
    indexing.works_changed([work.pk])
    spelling.learn([work.pk])
    page = read(client, "/search/?q=wuthering+hights")
    assert "No book has just these words." in page
    assert '<a href="?q=wuthering%20heights">wuthering heights</a>' in page


def test_nothing_found_shows_ways_on(emma: Edition, client: Client) -> None:
    page = read(client, "/search/?q=zzzzqqqq&format=ebook")
    assert "No book matches." in page
    assert '<a class="button" href="/search/?q=zzzzqqqq">' in page
    assert 'href="/subjects/"' in page


def test_nothing_found_has_nothing_to_sort_or_narrow_down(emma: Edition, client: Client) -> None:
    assert 'class="filters"' not in read(client, "/search/?q=zzzzqqqq")
    with_a_filter = read(client, "/search/?q=zzzzqqqq&format=ebook")
    assert 'class="filters"' in with_a_filter
    assert "0 books" not in with_a_filter


def test_filters_are_shown_and_can_be_dropped(emma: Edition, client: Client) -> None:
    page = read(client, "/search/?q=emma&subject=classics&format=paperback&price=10-20")
    without = "?q=emma&amp;format=paperback&amp;price=10-20"
    assert f'<a class="chip chip-on" rel="nofollow" href="{without}">Classics' in page
    assert '<input type="hidden" name="format" value="paperback">' in page
    assert "$10.00 to $20.00" in page


def test_a_card_shows_the_edition_that_fits(emma: Edition, client: Client) -> None:
    page = read(client, "/search/?q=emma&format=ebook")
    assert "$3.99" in page
    assert "$12.50" not in page


def test_what_depends_on_stock_is_not_kept(emma: Edition, client: Client) -> None:
    response = client.get("/search/?available=on")
    assert response["Cache-Control"] == "no-store"
    assert "/emma/" in response.content.decode()
    emma.stocks.get().adjust(-3, reason="Lost")
    emma.work.editions.filter(format="ebook").update(is_offered=False)
    indexing.works_changed([emma.work_id])
    assert "/emma/" not in client.get("/search/?available=on").content.decode()


@pytest.mark.parametrize(
    ("word", "is_on"), [("1", True), ("true", True), ("on", True), ("0", False), ("false", False)]
)
def test_available_is_on_or_off(word: str, is_on: bool, emma: Edition, client: Client) -> None:
    response = client.get("/search/", {"available": word})
    assert (response["Cache-Control"] == "no-store") == is_on
    assert ("chip-on" in response.content.decode()) == is_on


def test_the_same_search_is_kept_once(
    emma: Edition, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _time in range(2):
        read(client, "/search/?q=emma")
    with django_assert_num_queries(0):
        read(client, "/search/?q=++emma+&format=&page=1&utm_source=letter")
        read(client, "/search/?page=&q=emma&after=&before=&sort=")
        read(client, f"/search/?q=emma&utm_source={'x' * 1000}")


def test_what_one_visitor_made_up_is_not_kept(emma: Edition, client: Client) -> None:
    for number in range(50):
        read(client, f"/search/?q=emma&page=1&subject=number-{number}")
        read(client, f"/search/?q=words+{number}")
    keys = store.client().keys("*")
    kept = [key for key in keys if key.startswith(b"answer:")]
    assert len(kept) <= 1  # two of a hundred may share a counter by chance
    kinds = {key.split(b":")[0] for key in keys if key not in kept} - {b"era"}
    assert kinds == {b"asked", b"token", b"live"}  # live: what was asked for in vain, bounded too
    assert len(keys) <= 8


def test_a_search_is_kept_for_ten_minutes(emma: Edition, client: Client) -> None:
    for _time in range(2):
        read(client, "/search/?q=emma")
    (key,) = store.client().keys("answer:search_page:*")
    assert 2 * 540 <= store.client().ttl(key) <= 2 * 660  # as long again for an outage


def test_a_search_is_read_once_and_its_form_made_for_a_page_alone(
    emma: Edition, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _time in range(2):
        read(client, "/search/?q=emma&sort=title")
    made: list[SearchForm] = []
    init = SearchForm.__init__

    def noted(self: SearchForm, query: QueryDict) -> None:
        made.append(self)
        init(self, query)

    monkeypatch.setattr(SearchForm, "__init__", noted)
    for _time in range(2):
        read(client, "/search/?q=emma&sort=title")
    assert made == []


def test_the_first_words_are_looked_for(emma: Edition, client: Client) -> None:
    words = ["emma", *["austen"] * 11]
    page = read(client, f"/search/?q={'+'.join([*words, 'zzzzqqqq'])}")
    assert f"Results for “{' '.join(words)}”" in page
    assert "1 book" in page


def test_letters_of_all_kinds_are_read(emma: Edition, client: Client) -> None:
    assert "Results for “žižek”" in read(client, "/search/?q=%C5%BEi%C5%BEek")
    unescaped = client.get("/search/", QUERY_STRING="q=žižek".encode().decode("latin-1"))
    assert "Results for “žižek”" in unescaped.content.decode()


def test_pages_are_links(emma: Edition, client: Client) -> None:
    add_works(60, like=emma)
    first = read(client, "/search/?q=austen&sort=title")
    assert first.count('class="book-card"') == 24
    assert '<a href="?q=austen&amp;sort=title&amp;page=2"><span' in first
    last = read(client, "/search/?q=austen&sort=title&page=3")
    assert last.count('class="book-card"') == 61 - 48
    assert 'rel="next"' not in last
    assert '<span aria-current="page">3</span>' in last


def test_one_request_asks_for_all_stock_badges(emma: Edition, client: Client) -> None:
    add_works(3, like=emma)
    page = read(client, "/search/?q=austen")
    asked = re.findall(r'hx-get="/live/stock\?isbn13=([0-9,]+)"', page)
    assert len(asked) == 1
    assert sorted(asked[0].split(",")) == sorted(re.findall(r'id="stock-(\d+)"', page))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("q=" + "a" * 201, "That is more than 200 letters. Please search for fewer words."),
        ("q=%ff%fe", "Some of what you search for cannot be read. Please type it again."),
        ("q=a%00b", "Some of what you search for cannot be read. Please type it again."),
        ("page=-1", "“-1” is not a page number from 1 to 50."),
        ("page=0", "“0” is not a page number from 1 to 50."),
        ("page=abc", "“abc” is not a page number from 1 to 50."),
        ("page=999999", "“999999” is not a page number from 1 to 50."),
        ("page=" + "9" * 5000, f"“{'9' * 40}” is not a page number from 1 to 50."),
        ("page=0000000019999999999999999999", "“0000000019999999999999999999” is not a page"),
        ("page=%D9%A1", "“١” is not a page number from 1 to 50."),
        ("format=scroll", "Format: we do not know “scroll”. Please choose again."),
        ("language=xx", "Language: we do not know “xx”. Please choose again."),
        ("price=cheap", "Price: we do not know “cheap”. Please choose again."),
        ("year=soon", "Year: we do not know “soon”. Please choose again."),
        ("sort=random", "Sort by: we do not know “random”. Please choose again."),
        ("sort=" + "a" * 99, f"Sort by: we do not know “{'a' * 40}”. Please choose again."),
        ("available=perhaps", "In stock now: we do not know “perhaps”. Please choose again."),
        ("subject=no+slug", "Subject: we do not know “no slug”. Please choose again."),
    ],
)
def test_what_cannot_be_understood_is_named(
    query: str, words: str, emma: Edition, client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    with django_assert_num_queries(0):
        response = client.get(f"/search/?{query}")
    assert response.status_code == 400
    page = response.content.decode()
    assert f'<p class="message error">{words}' in page
    assert 'action="/search/"' in page
    assert "no-store" in response["Cache-Control"]


def test_a_page_behind_the_last_is_not_found(emma: Edition, client: Client) -> None:
    response = client.get("/search/?page=2")
    assert response.status_code == 404
    assert "The results end before page 2." in response.content.decode()


def test_an_unknown_subject_finds_nothing(emma: Edition, client: Client) -> None:
    assert "No book matches." in read(client, "/search/?subject=alchemy")


def test_sorts_by_price(emma: Edition, client: Client) -> None:
    cheap = EditionFactory.create(work=WorkFactory.create(title="Cheap"), price=Decimal("1.00"))
    indexing.works_changed([cheap.work_id])
    page = read(client, "/search/?sort=price")
    assert page.index("Cheap") < page.index(">Emma<")
