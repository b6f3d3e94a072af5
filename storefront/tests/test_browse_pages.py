"""Leafing through: shelves, what is new and to come, series with gaps, people by their parts."""

import contextlib
import datetime
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.client import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import etree

from caching import store
from catalog import indexing, shelf_sizes
from catalog.models import Contributor, Edition, StaffList, Work
from catalog.tests.factories import (
    ContributorFactory,
    EditionFactory,
    ImprintFactory,
    SeriesFactory,
    SubjectFactory,
    WorkFactory,
    preorderable,
)
from storefront import browsing, shelves
from storefront.tests.shop import days_ago, read, titles

pytestmark = pytest.mark.django_db


def book(title: str, **fields: object) -> Edition:
    edition: Edition = EditionFactory.create(work=WorkFactory.create(title=title), **fields)
    return edition


@contextlib.contextmanager
def meanwhile(change: Callable[[], object]) -> Iterator[None]:
    """Somebody changes something once the first statement is answered."""
    changes = [change]

    def run(execute: Callable[..., Any], *told: Any) -> Any:
        answered = execute(*told)
        if changes:
            changes.pop()()
        return answered

    with connection.execute_wrapper(run):
        yield


# --- Shelves ------------------------------------------------------------------------------------


def test_own_shelves_come_first_in_the_shops_order(client: Client) -> None:
    crime = SubjectFactory.create(code="FF", name="Crime", slug="crime")
    for place, name in ((2, "Second"), (1, "First")):
        shelf = SubjectFactory.create(
            scheme="shop", code=name, name=name, slug=name.lower(), ordinal=place, intro="Sit down."
        )
        shelf.gathers.add(crime)
    whodunit = book("Whodunit").work
    whodunit.subjects.add(crime)
    indexing.works_changed([whodunit.pk])
    shelf_sizes.renew()
    page = read(client, "/subjects/")
    assert page.index(">First<") < page.index(">Second<") < page.index(">Crime<")
    assert "1 title\n" in page.replace("</p>", "\n")
    first = read(client, "/subjects/first/")
    assert "Sit down." in first
    assert titles(first) == ["Whodunit"]


def test_a_subject_leads_down_and_aside(client: Client) -> None:
    fiction = SubjectFactory.create(code="F", name="Fiction", slug="fiction")
    for code, name in (("FF", "Crime"), ("FR", "Love"), ("FK", "Ghosts")):
        subject = SubjectFactory.create(code=code, name=name, slug=code.lower(), parent=fiction)
        if name != "Ghosts":
            book(name).work.subjects.add(subject)
    shelf_sizes.renew()
    page = read(client, "/subjects/ff/")
    assert '<li><a href="/subjects/fiction/">Fiction</a></li>' in page
    assert "On the shelves beside it" in page
    assert 'href="/subjects/fr/">Love' in page
    assert "Ghosts" not in page
    root = read(client, "/subjects/fiction/")
    assert 'href="/subjects/ff/">Crime <span class="chip-count">1</span>' in root
    assert "On the shelves beside it" not in root


def test_all_subjects_cost_one_statement(client: Client) -> None:
    for number in range(10):
        root = SubjectFactory.create(code=f"R{number}", name=f"Root {number}", size=5)
        for below in range(5):
            SubjectFactory.create(code=f"R{number}{below}", parent=root, name="Below", size=1)
    with CaptureQueriesContext(connection) as captured:
        page = read(client, "/subjects/")
    assert len(captured) == 1
    assert page.count("subject-root") == 10


# --- New and to come ----------------------------------------------------------------------------


def test_new_books_by_month_the_latest_first(client: Client) -> None:
    today = timezone.localdate()
    this, before = days_ago(0), today.replace(day=1) - datetime.timedelta(days=1)
    book("Older", publication_date=before)
    book("Newest", publication_date=this)
    book("To come", publication_date=today + datetime.timedelta(days=1))
    book("Card", format="gift_card", publication_date=this)
    page = read(client, "/new/")
    assert titles(page) == ["Newest", "Older"]
    assert page.count('class="section month"') == 2


def test_a_work_is_new_by_its_newest_edition(client: Client) -> None:
    edition = book("Emma", publication_date=days_ago(400), price=1)
    newest = EditionFactory.create(work=edition.work, publication_date=days_ago(1), price=20)
    page = read(client, "/new/")
    assert titles(page) == ["Emma"]
    assert newest.get_absolute_url() in page
    assert edition.get_absolute_url() not in page


def test_what_is_coming_tells_whether_it_can_be_had(client: Client) -> None:
    today = timezone.localdate()
    later = book("Later", publication_date=today + datetime.timedelta(days=70))
    sooner = book("Sooner", publication_date=today + datetime.timedelta(days=2))
    preorderable(sooner)
    page = read(client, "/coming-soon/")
    assert titles(page) == ["Sooner", "Later"]
    assert page.index("pre-order now") < page.index(">Later<") < page.index("not for sale yet")
    assert f'<time datetime="{later.publication_date.isoformat()}">' in page  # type: ignore[union-attr]


def test_nothing_new_and_nothing_coming_is_said(client: Client) -> None:
    assert "The shelves are still empty" in read(client, "/new/")
    assert "Nothing is announced at the moment." in read(client, "/coming-soon/")


def test_the_feed_can_be_read(client: Client) -> None:
    edition = book("Salt & <Pepper>", publication_date=days_ago(1))
    response = client.get("/new/feed.xml")
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = etree.fromstring(response.content)
    atom = "{http://www.w3.org/2005/Atom}"
    (entry,) = root.findall(f"{atom}entry")
    assert entry.findtext(f"{atom}title") == "Salt & <Pepper>"
    link = entry.find(f"{atom}link")
    assert link is not None
    assert link.get("href") == f"http://localhost:8000{edition.get_absolute_url()}"
    assert root.findtext(f"{atom}updated") == f"{days_ago(1).isoformat()}T00:00:00Z"
    assert 'href="/new/feed.xml"' in read(client, "/new/")


def test_an_empty_feed_is_a_feed(client: Client) -> None:
    assert etree.fromstring(client.get("/new/feed.xml").content).tag.endswith("feed")


# --- Series -------------------------------------------------------------------------------------


def test_a_series_tells_what_is_missing_and_what_is_next(client: Client) -> None:
    series = SeriesFactory.create(title="The Row", slug="row")
    ahead = timezone.localdate() + datetime.timedelta(days=30)
    for title, position, fields in (
        ("One", "1", {}),
        ("Half", "1.5", {}),
        ("Gone", "2", {"is_offered": False}),
        ("Four", "4", {}),
        ("Five", "5", {"publication_date": ahead}),
    ):
        series.memberships.create(work=book(title, **fields).work, position=position)
    page = read(client, "/series/row/")
    assert titles(page) == ["One", "Half", "Four", "Five"]
    assert "Books 2, 3 are not on our shelves at the moment." in page
    assert re.search(r"Next to come:.*<cite>Five</cite>, Book 5, ", page)
    assert "Book 1.5" in page


def test_a_whole_series_has_nothing_to_tell(client: Client) -> None:
    series = SeriesFactory.create(title="The Row", slug="row")
    series.memberships.create(work=book("One").work, position=1)
    series.memberships.create(work=book("Loose").work)
    page = read(client, "/series/row/")
    assert "not on our shelves" not in page
    assert "Next to come" not in page


# --- People and imprints ------------------------------------------------------------------------


@pytest.fixture
def person(db: None) -> Contributor:
    return ContributorFactory.create(name="Zoe Both", slug="zoe")


def had_part(person: Contributor, role: str, number: int) -> list[Work]:
    works = [
        book(f"{role} {place:02}", publication_date=days_ago(9)).work for place in range(number)
    ]
    for place, work in enumerate(works):
        Work.objects.filter(pk=work.pk).update(popularity=100 - place)
        work.contributions.create(contributor=person, role=role)
    indexing.works_changed([work.pk for work in works])
    return works


def test_one_role_is_one_list(client: Client, person: Contributor) -> None:
    had_part(person, "A01", 3)
    page = read(client, "/contributors/zoe/")
    assert titles(page) == ["A01 00", "A01 01", "A01 02"]
    assert "As author" not in page


def test_several_roles_are_told_apart(client: Client, person: Contributor) -> None:
    had_part(person, "A01", 14)
    (both,) = had_part(person, "B06", 1)
    both.contributions.create(contributor=person, role="A12")
    page = read(client, "/contributors/zoe/")
    author, _illustrator, translator = page.split('<section class="section"')[1:]
    assert titles(author) == [f"A01 {place:02}" for place in range(12)]
    assert '<a href="?role=A01">All 14 books</a>' in author
    assert titles(translator) == ["B06 00"]
    assert titles(read(client, "/contributors/zoe/?role=A12")) == ["B06 00"]
    whole = read(client, "/contributors/zoe/?role=A01")
    assert len(titles(whole)) == 14
    assert "As author" in whole


def test_pages_of_one_role_stay_with_it(client: Client, person: Contributor) -> None:
    had_part(person, "A01", 25)
    had_part(person, "B06", 1)
    assert 'href="?role=A01&amp;page=2"' in read(client, "/contributors/zoe/?role=A01")
    assert titles(read(client, "/contributors/zoe/?role=A01&page=2")) == ["A01 24"]
    assert client.get("/contributors/zoe/?role=nobody").status_code == 404


def test_parts_cost_the_same_for_any_number_of_works(client: Client, person: Contributor) -> None:
    had_part(person, "A01", 2)
    had_part(person, "B06", 2)
    with CaptureQueriesContext(connection) as few:
        read(client, "/contributors/zoe/")
    had_part(person, "A12", 20)
    store.client().flushdb()
    with CaptureQueriesContext(connection) as many:
        read(client, "/contributors/zoe/")
    assert len(few) == len(many) == 4


def test_an_imprint_knows_its_sisters(client: Client) -> None:
    first = ImprintFactory.create(name="Harbour", slug="harbour")
    second = ImprintFactory.create(name="Lamplight", slug="lamplight")
    ImprintFactory.create(name="Asleep", slug="asleep")
    book("One", imprint=first)
    book("Two", imprint=second)
    page = read(client, "/imprints/harbour/")
    assert '<a class="chip" href="/imprints/lamplight/">Lamplight</a>' in page
    assert "Asleep" not in page


# --- What changes between two statements ---------------------------------------------------------


def test_a_role_that_comes_meanwhile_is_not_shown_yet() -> None:
    person = ContributorFactory.create()
    edition = book("Both")
    edition.work.contributions.create(contributor=person, role="A01")
    edition.work.contributions.create(contributor=person, role="A12")
    with meanwhile(lambda: edition.work.contributions.create(contributor=person, role="B06")):
        parts = browsing.parts_of(person)
    assert [(part.role, len(part.cards)) for part in parts] == [("A01", 1), ("A12", 1)]


def test_a_staff_list_that_empties_meanwhile_is_not_shown() -> None:
    staff_list = StaffList.objects.create(title="Ours", slug="ours")
    staff_list.entries.create(work=book("Sold for long").work)
    assert [shelf.of for shelf in shelves.list_shelves()] == [staff_list]
    with meanwhile(lambda: Edition.objects.update(is_offered=False)):
        assert shelves.list_shelves() == []
