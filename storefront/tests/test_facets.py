"""The facets of the search page, marked words, and what is offered where nothing was found."""

import datetime
import re
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.test.client import Client
from django.utils import timezone, translation
from django.utils.html import strip_tags

from caching import store
from catalog import indexing, spelling, unanswered
from catalog.facets import Counts, period
from catalog.models import Edition, Subject, UnansweredQuery, Work
from catalog.search import Criteria, search
from catalog.tests.factories import EditionFactory, SubjectFactory, WorkFactory, put_in_stock
from storefront import facet_links
from storefront.templatetags.facets import number_of_books
from storefront.tests.shop import read
from tests.patience import eventually

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(db: None) -> None:
    """Three works: one in two formats, one French, one dear and old."""
    fiction = SubjectFactory.create(code="F", name="Fiction", slug="fiction")
    classics = SubjectFactory.create(code="FBC", name="Classics", slug="classics", parent=fiction)
    rows = (
        ("Sea Stories", "en", (("paperback", "8.00", 2024), ("hardback", "24.00", 2024))),
        ("Sea & <b>Shore</b>", "fr", (("paperback", "12.00", 2024),)),
        ("Old Sea", "en", (("hardback", "30.00", 1994),)),
    )
    for title, language, editions in rows:
        work = WorkFactory.create(title=title, author="Ann Sea")
        work.subjects.add(classics if title == "Old Sea" else fiction)
        for form, price, year in editions:
            EditionFactory.create(
                work=work, language=language, format=form, price=Decimal(price),
                publication_date=datetime.date(year, 5, 1),
            )  # fmt: skip
    ids = list(Work.objects.values_list("pk", flat=True))
    indexing.works_changed(ids)
    spelling.learn(ids)


def facets(page: str) -> dict[str, str]:
    """What the links say and count."""
    values = re.findall(r'class="facet-value"[^>]*><span>([^<]+)</span>[^>]*>([\d,+]+)', page)
    return dict(values)


def counts(**criteria: str) -> Counts:
    return search(Criteria(**criteria)).counts  # type: ignore[arg-type]


def test_each_value_has_the_number_of_works_it_would_leave(shelf: None, client: Client) -> None:
    page = read(client, "/search/?q=sea")
    assert facets(page) == {
        "Paperback": "2", "Hardback": "2", "English": "2", "French": "1",
        "Under $10.00": "1", "$10.00 to $20.00": "1", "$20.00 and more": "2", "2024": "2",
        "1990–1999": "1",
    }  # fmt: skip
    links = r'class="facet-value" rel="nofollow" href="([^"]+)">.*?facet-count">(\d+)<'
    for url, count in re.findall(links, page):
        found = read(client, "/search/" + url.replace("&amp;", "&"))
        assert found.count('class="book-card"') == int(count), url


def test_counts_are_of_works_whose_one_edition_fits_all_filters(shelf: None) -> None:
    of_paperbacks = counts(format="paperback")
    assert of_paperbacks.total == 2
    assert dict(of_paperbacks.prices) == {"under-10": 1, "10-20": 1}
    assert dict(counts(year="1990s").formats) == {"hardback": 1}
    assert counts(format="paperback", year="1990s").total == 0


@pytest.mark.parametrize(
    ("this_year", "expected"),
    [
        (2026, ["2026", "2020", "2010s"]),
        (2032, ["2026", "2020", "2010s"]),
        (2033, ["2020s", "2020s", "2010s"]),
    ],
)
def test_a_decade_never_stands_beside_one_of_its_years(this_year: int, expected: list[str]) -> None:
    assert [period(year, this_year) for year in (2026, 2020, 2019)] == expected
    assert period(0, this_year) == ""


def test_stock_changes_nothing_on_a_page_that_is_kept(shelf: None, client: Client) -> None:
    link = '<a class="facet-value" rel="nofollow" href="?q=sea&amp;available=1">'
    before = read(client, "/search/?q=sea")
    assert link + "<span>In stock now</span>" in before
    put_in_stock(Edition.objects.earliest("pk"), 1)
    store.client().flushdb()
    assert read(client, "/search/?q=sea") == before


@pytest.mark.parametrize(
    ("number", "has_more", "words"),
    [
        (0, False, "0 books"),
        (1, False, "1 book"),
        (2, False, "2 books"),
        (1000, True, "1,000+ books"),
    ],
)
def test_a_count_is_read_out(number: int, has_more: bool, words: str) -> None:
    assert strip_tags(number_of_books(number, has_more)) == words


# --- How many are in stock ------------------------------------------------------------------------


def in_stock(client: Client, page: str) -> int:
    """What the search page at this address is told when it asks, as it says."""
    asking = re.search(r'hx-get="(/search/available/[^"]+)" hx-trigger="intersect once"', page)
    assert asking
    answer = client.get(asking[1].replace("&amp;", "&"))
    assert answer["Cache-Control"] == "no-store"
    told = re.fullmatch(r'(\d+)<span class="visually-hidden"> books?</span>', answer.text)
    assert told
    return int(told[1])


@pytest.mark.parametrize("filters", ["", "&format=hardback", "&year=2024&language=en&sort=title"])
def test_the_page_can_ask_how_many_are_in_stock(filters: str, shelf: None, client: Client) -> None:
    hardback = Edition.objects.get(work__title="Sea Stories", format="hardback")
    put_in_stock(hardback, 1)
    address = f"/search/?q=sea{filters}"
    assert in_stock(client, read(client, address)) == 1
    found = client.get(f"{address}&available=1").text
    assert found.count('class="book-card"') == 1
    assert "/search/available/" not in found


def test_what_is_in_stock_is_counted_anew_each_second(shelf: None, client: Client) -> None:
    page = read(client, "/search/?q=sea")
    assert in_stock(client, page) == 0
    assert in_stock(client, page) == 0  # asked for again, and so kept
    put_in_stock(Edition.objects.earliest("pk"), 1)
    eventually(lambda: in_stock(client, page) == 1)


def test_a_slip_is_counted_as_what_was_meant(shelf: None, client: Client) -> None:
    put_in_stock(Edition.objects.get(format="hardback", work__title="Old Sea"), 1)
    page = read(client, "/search/?q=storeis")
    assert "Shown is what was found for" in page
    assert in_stock(client, page) == 0
    put_in_stock(Edition.objects.get(format="hardback", work__title="Sea Stories"), 1)
    eventually(lambda: in_stock(client, page) == 1)


def test_no_count_names_what_is_at_fault(shelf: None, client: Client) -> None:
    response = client.get("/search/available/?q=sea&format=parchment")
    assert response.status_code == 400
    assert "Format: we do not know “parchment”." in response.content.decode()


def test_words_that_filters_leave_no_book_of_are_no_slip(shelf: None, client: Client) -> None:
    """“Shore” is nearly “store”: but there are books about the shore, only none in English."""
    assert search(Criteria(q="shoer", language="fr")).suggestion == "shore"
    assert not search(Criteria(q="shore", language="en")).suggestion
    assert "No book matches." in read(client, "/search/?q=shore&language=en")


def test_facets_are_links_that_keep_the_other_filters(shelf: None, client: Client) -> None:
    page = read(client, "/search/?q=sea&format=hardback")
    assert 'rel="nofollow" href="?q=sea&amp;format=hardback&amp;language=en"' not in page
    assert 'rel="nofollow" href="?q=sea&amp;format=hardback&amp;year=2024"' in page
    assert '<meta name="robots" content="noindex">' in page


def test_subjects_count_what_is_below_them(shelf: None) -> None:
    results = search(Criteria())
    assert {s.name: results.counts.subjects[str(s.pk)] for s in results.below} == {"Fiction": 3}
    inside = search(Criteria(subject="fiction"))
    assert {s.name: inside.counts.subjects[str(s.pk)] for s in inside.below} == {"Classics": 1}


def test_words_are_marked_and_hostile_titles_are_text(shelf: None, client: Client) -> None:
    page = read(client, "/search/?q=sea+sho")
    assert "<mark>Sea</mark> &amp; &lt;b&gt;<mark>Shore</mark>&lt;/b&gt;" in page
    assert "<b>Shore" not in page


def test_nothing_found_offers_what_has_some_of_the_words(shelf: None, client: Client) -> None:
    page = read(client, "/search/?q=stories+qqqqzzzz")
    assert "No book matches." in page
    assert "Books that have some of your words" in page
    assert "Sea Stories" in page


@pytest.mark.parametrize(
    "q",
    [
        "🎉🎉",
        "& | ! ( ) <-> :* '\\\"",
        "''''",
        "\\",
        "a" * 200,
        "1" * 200,
        "の",
    ],
)
def test_odd_queries_get_a_clear_answer(q: str, shelf: None, client: Client) -> None:
    response = client.get("/search/", {"q": q})
    assert response.status_code == 200
    assert "No book matches." in response.content.decode()


@pytest.mark.parametrize("q", ["=sea", "^sea", "%sea", "'sea'", "sea:*", "sea & | !"])
def test_signs_are_no_operators(q: str, shelf: None, client: Client) -> None:
    assert read(client, f"/search/?q={quote(q)}").count('class="book-card"') == 3


def test_what_was_not_found_is_written_down_without_what_may_be_private(
    shelf: None, client: Client
) -> None:
    for q in ("Zyzzyva  qwrt", "zyzzyva QWRT!", "sea", "ann@sea.example", "call 555 123 4567"):
        client.get("/search/", {"q": q})
        store.bump_after_commit(["catalog"])
    now = timezone.now()
    assert unanswered.carry(at=now) == 1
    assert list(UnansweredQuery.objects.values_list("words", "times", "last_at")) == [
        ("zyzzyva qwrt", 2, now)
    ]
    unanswered.note("zyzzyva qwrt")
    unanswered.carry(at=now)
    assert UnansweredQuery.objects.get().times == 3


def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unanswered, "MOST_KEPT", 3)
    for number in range(5):
        unanswered.note(f"nothing {number}")
        unanswered.carry(at=timezone.now())
    assert sorted(UnansweredQuery.objects.values_list("words", flat=True)) == [
        "nothing 2", "nothing 3", "nothing 4",
    ]  # fmt: skip


def test_the_same_counts_are_written_for_each_language_and_name(shelf: None) -> None:
    criteria = Criteria(q="sea", subject="fiction")
    with translation.override("de"):
        german = facet_links.written(search(criteria), criteria)
    english = facet_links.written(search(criteria), criteria)
    assert ("$20.00" in english, "$20.00" in german) == (True, False)
    Subject.objects.filter(slug="classics").update(name="Novels")
    assert "Novels" in facet_links.written(search(criteria), criteria)
