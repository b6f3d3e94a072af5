"""Home and the lists: contributor, series, subject, imprint, staff list."""

import re

import pytest
from django.test.client import Client

from catalog import indexing, shelf_sizes, surroundings
from catalog.models import Edition, Subject
from catalog.tests.factories import (
    ContributorFactory,
    EditionFactory,
    SeriesFactory,
    SubjectFactory,
    WorkFactory,
)
from storefront import shelves
from storefront.shelves import Best
from storefront.tests.shop import add_works, days_ago, open_shop, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def emma(db: None) -> Edition:
    return open_shop()


def test_home_has_picks_new_books_and_subjects(emma: Edition, client: Client) -> None:
    page = read(client, "/")
    assert "Our favorites" in page
    assert "I lend it to everybody." in page
    assert "New on our shelves" in page
    assert '<a href="/subjects/classics/">Classics</a>' in page
    assert "Jane Austen" in page


def test_shelves_without_what_goes_between_two_statements(emma: Edition) -> None:
    kept = emma.work
    gone = Best(subject_id=0, size=9, place=2, works=[0])
    best = [*shelves.best_known(), gone]
    assert [card.work_id for card in shelves.window(best)] == [kept.pk]
    shown = shelves.subject_shelves(best)
    assert [[card.work_id for card in shelf.cards] for shelf in shown] == [[kept.pk]]


def test_home_opens_with_empty_shelves(client: Client) -> None:
    page = read(client, "/")
    assert "The shelves are still empty" in page
    assert "New on our shelves" not in page


def test_home_shows_the_newest_first(emma: Edition, client: Client) -> None:
    newest = EditionFactory.create(
        work=WorkFactory.create(title="Brand New"), publication_date=days_ago(1)
    )
    indexing.works_changed([newest.work_id])
    page = read(client, "/").split("New on our shelves")[1]
    assert page.index(newest.work.title) < page.index(">Emma<")


def test_contributor(emma: Edition, client: Client) -> None:
    person = ContributorFactory.create(
        name="Publius Vergilius", slug="vergil", birth_year=-70, death_year=-19, biography="A poet."
    )
    work = WorkFactory.create(title="Aeneid")
    work.contributions.create(contributor=person, role="A01")
    EditionFactory.create(work=work)
    indexing.works_changed([work.pk])
    page = read(client, "/contributors/vergil/")
    assert "<h1>Publius Vergilius</h1>" in page
    assert "70 BCE–19 BCE" in page
    assert "A poet." in page
    assert "Aeneid" in page


def test_contributor_to_one_edition_only(emma: Edition, client: Client) -> None:
    assert ">Emma<" in read(client, "/contributors/ada-note/")


def test_series_is_in_its_order(client: Client) -> None:
    series = SeriesFactory.create(title="Rougon-Macquart", slug="rougon")
    for title, position in (("Second", 2), ("Tenth", 10), ("Unnumbered", None), ("First", 1)):
        work = WorkFactory.create(title=title)
        EditionFactory.create(work=work)
        series.memberships.create(work=work, position=position)
    page = read(client, "/series/rougon/")
    places = [page.index(f">{title}<") for title in ("First", "Second", "Tenth", "Unnumbered")]
    assert places == sorted(places)
    assert "Book 10" in page


def test_subjects_count_and_lead_to_what_is_for_sale(emma: Edition, client: Client) -> None:
    fiction = Subject.objects.get(code="F")
    empty = SubjectFactory.create(code="FXX", name="Nothing yet", slug="nothing", parent=fiction)
    for _number in range(2):
        work = WorkFactory.create(main_subject=empty)
        work.subjects.add(empty)
        EditionFactory.create(work=work, is_offered=False)
    shelf_sizes.renew()
    around = surroundings.around(fiction.slug)
    assert around is not None
    assert [node.name for node in around.below] == ["Classics"]
    assert around.beside == around.above == []
    around = surroundings.around(empty.slug)
    assert around is not None
    assert [node.name for node in around.above] == ["Fiction"]
    assert [node.name for node in around.beside] == ["Classics"]
    largest = Subject.objects.get(code="FBC")  # with two works, where the other has one
    EditionFactory.create(work=WorkFactory.create(main_subject=empty))
    EditionFactory.create(work=WorkFactory.create(main_subject=largest))
    assert [shelf.of for shelf in shelves.subject_shelves(shelves.best_known())] == [largest, empty]


def test_subject_holds_what_stands_below_it(emma: Edition, client: Client) -> None:
    SubjectFactory.create(code="P", name="Physics", slug="physics")
    page = read(client, "/subjects/fiction/")
    assert ">Emma<" in page
    assert '<a class="chip" href="/subjects/classics/">Classics' in page
    assert '<li><a href="/subjects/fiction/">Fiction</a></li>' in read(
        client, "/subjects/classics/"
    )
    assert "Nothing here at the moment." in read(client, "/subjects/physics/")


def test_all_subjects_that_hold_books(emma: Edition, client: Client) -> None:
    SubjectFactory.create(code="P", name="Physics", slug="physics")
    page = read(client, "/subjects/")
    assert page.index("/subjects/fiction/") < page.index("/subjects/classics/")
    assert "/subjects/physics/" not in page


def test_imprint(emma: Edition, client: Client) -> None:
    page = read(client, "/imprints/harbour/")
    assert "<h1>Harbour</h1>" in page
    assert "Published by Hogarth Press" in page
    assert ">Emma<" in page


def test_staff_lists(emma: Edition, client: Client) -> None:
    assert '<a href="/lists/favorites/">Our favorites</a>' in read(client, "/lists/")
    assert "I lend it to everybody." in read(client, "/lists/favorites/")


def test_what_is_not_offered_stands_nowhere(emma: Edition, client: Client) -> None:
    emma.work.editions.update(is_offered=False)
    for path in ("/", "/contributors/ada-note/", "/series/highbury/", "/subjects/classics/",
                 "/imprints/harbour/", "/lists/favorites/", "/lists/", "/subjects/"):  # fmt: skip
        assert ">Emma<" not in read(client, path), path


def test_long_lists_have_pages(emma: Edition, client: Client) -> None:
    add_works(30, like=emma)
    for path in ("/series/highbury/", "/subjects/fiction/", "/imprints/harbour/"):
        first = read(client, path)
        assert first.count('class="book-card"') == 24
        assert re.search(r'<a href="\?page=2(&amp;after=[^"]+)?" rel="next">', first)
        second = read(client, f"{path}?page=2")
        assert second.count('class="book-card"') == 7
        assert f'<link rel="canonical" href="http://localhost:8000{path}?page=2">' in second
        assert '<a href="." rel="prev">' in second
        assert client.get(f"{path}?page=3").status_code == 404


@pytest.mark.parametrize("kind", ["contributors", "series", "subjects", "imprints", "lists"])
def test_unknown_slugs_are_not_found(kind: str, client: Client) -> None:
    response = client.get(f"/{kind}/nobody/")
    assert response.status_code == 404
    assert "There is nothing at this address any more." in response.content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "abc", "1e3", "10001", "99999999999999999999"])
def test_no_page_numbers_are_refused(page: str, emma: Edition, client: Client) -> None:
    response = client.get("/subjects/fiction/", {"page": page})
    assert response.status_code == 400
    assert f"“{page}” is not a page number from 1 to 50." in response.content.decode()
