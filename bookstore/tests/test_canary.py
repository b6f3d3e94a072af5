"""The canary finds planted lies, and takes no change for one."""

import random
from decimal import Decimal

import pytest
from django.test.client import Client
from django.utils import timezone

from bookstore import canary, jobs
from caching import store
from catalog import facets, indexing, levels, live_build, memory
from catalog.facets import Counts
from catalog.models import Edition, SearchEntry, StaffList, Work
from catalog.tests.factories import EditionFactory
from storefront.tests.shop import open_shop
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db
EMMA = "/books/9780306406157/emma/"


@pytest.fixture
def emma(db: None) -> Edition:
    """A shop of which everything is shown as it is, from Redis."""
    edition = open_shop()
    memory.rebuild()
    run_jobs(only=["caching.bump"])
    look()
    return edition


def look() -> list[float]:
    pauses: list[float] = []
    canary.look(chance=random.Random(1), pause=lambda: pauses.append(canary.PAUSE_SECONDS))
    return pauses


def test_where_all_is_true_nothing_is_waited_for(emma: Edition) -> None:
    assert look() == []


def test_a_page_that_nobody_made_anew_is_named(emma: Edition) -> None:
    Edition.objects.filter(pk=emma.pk).update(pages=9_999)
    with pytest.raises(canary.ShowsOldAnswers) as error:
        look()
    assert str(error.value) == EMMA


def test_so_are_all_pages_that_show_a_list(emma: Edition) -> None:
    StaffList.objects.update(title="Old favorites")
    with pytest.raises(canary.ShowsOldAnswers) as error:
        look()
    assert str(error.value) == "/, /lists/, /lists/favorites/"


def test_a_badge_and_a_suggestion_are_compared_with_the_records(emma: Edition) -> None:
    build = live_build.current()
    assert build is not None
    for part in ("stock", "blocks"):  # which are there, and say nothing
        store.client().delete(build.key(part))
        store.client().hset(build.key(part), "nothing", "")
    with pytest.raises(canary.ShowsOldAnswers) as error:
        look()
    assert str(error.value) == "the badge of 9780306406157, suggestions for “Emma”"


def test_while_redis_is_filled_nothing_is_missed(emma: Edition) -> None:
    store.client().delete(live_build.CURRENT)
    assert look() == []


def test_a_change_that_arrives_meanwhile_is_none(emma: Edition) -> None:
    emma.set_price(Decimal("11.25"), valid_from=timezone.localdate())

    def bump() -> None:
        run_jobs(only=["caching.bump"])

    canary.look(chance=random.Random(1), pause=bump)
    assert look() == []


def test_numbers_that_are_the_least_there_are_may_be_others(
    emma: Edition, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "MOST_COUNTED", 2)
    french, german = (EditionFactory.create(language=code) for code in ("fr", "de"))
    indexing.works_changed([french.work_id, german.work_id])
    memory.rebuild()
    store.bump(["catalog"])
    kept = client.get("/search/").text
    SearchEntry.objects.filter(work=emma.work).update(work=emma.work)  # lies elsewhere now
    with store.bypassed():
        assert client.get("/search/").text != kept
    assert client.get("/search/").text == kept
    assert look() == []
    Work.objects.filter(pk=french.work_id).update(title="Another title")
    with pytest.raises(canary.ShowsOldAnswers, match="/search/"):
        look()


def test_what_search_made_before_is_not_believed(emma: Edition, client: Client) -> None:
    """Should its rows ever be taken for others, kept pages and newly computed ones would agree."""
    true = client.get("/search/").text
    counts = [made.value for made in levels._kept._made.values() if isinstance(made.value, Counts)]
    for each in counts:
        each.total += 1
    store.bump(["catalog"])
    assert client.get("/search/").text != true
    with pytest.raises(canary.ShowsOldAnswers) as error:
        look()
    assert str(error.value) == "/search/"


def test_the_job_fails_with_what_is_old(emma: Edition, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "PAUSE_SECONDS", 0)
    jobs.compare_answers(timestamp=1)
    Work.objects.update(subtitle="A Novel")
    with pytest.raises(canary.ShowsOldAnswers):
        jobs.compare_answers(timestamp=1)
