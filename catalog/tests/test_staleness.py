"""Which cached answers a change makes stale."""

import datetime
from decimal import Decimal

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from caching import store
from caching.answers import EDITION_PAGE
from catalog import indexing
from catalog.models import Edition, Recommendation, Work, generations
from catalog.tests.factories import EditionFactory, WorkFactory
from tests.jobs import run_jobs
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf() -> dict[str, Edition]:
    """Two works by one author, one by another, and a second edition of the first."""
    emma = WorkFactory.create(title="Emma", author="Jane Austen")
    return {
        "emma": EditionFactory.create(work=emma),
        "emma in cloth": EditionFactory.create(work=emma, format="hardback"),
        "persuasion": EditionFactory.create(
            work=WorkFactory.create(title="Persuasion", author="Jane Austen")
        ),
        "orlando": EditionFactory.create(
            work=WorkFactory.create(title="Orlando", author="Virginia Woolf")
        ),
    }


def bumped() -> set[str]:
    jobs = ProcrastinateJob.objects.filter(task_name="caching.bump")
    return {name for job in jobs for name in job.args["names"]}


def pages(shelf: dict[str, Edition], *names: str) -> set[str]:
    return {f"edition:{shelf[name].isbn13}" for name in names}


def test_a_price_concerns_lists_its_work_and_the_pages_it_is_recommended_on(
    shelf: dict[str, Edition],
) -> None:
    work, other = shelf["persuasion"].work, shelf["emma"].work
    Recommendation.objects.create(work=work, other=other, rank=1, reason="subject")
    shelf["emma"].set_price(Decimal("8.50"), valid_from=datetime.date(2026, 1, 1))
    assert bumped() == {"catalog"} | pages(shelf, "emma", "emma in cloth", "persuasion")


def test_a_changed_work_concerns_the_same(shelf: dict[str, Edition]) -> None:
    indexing.works_changed([shelf["orlando"].work_id])
    assert bumped() == {"catalog"} | pages(shelf, "orlando")


def test_what_stands_on_very_many_pages_renews_all_of_them(
    shelf: dict[str, Edition], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "MOST_PAGES", 1)
    for name in ("persuasion", "orlando"):
        Recommendation.objects.create(
            work=shelf[name].work, other=shelf["emma"].work, rank=1, reason="subject"
        )
    shelf["emma"].set_price(Decimal("8.50"), valid_from=datetime.date(2026, 1, 1))
    assert {"catalog", "recommendations"} < bumped()


def test_stock_concerns_no_page(shelf: dict[str, Edition]) -> None:
    stock = shelf["emma"].stocks.create(
        location_id=EditionFactory.create(stock=1).stocks.get().location_id
    )
    stock.receive(5)
    assert bumped() == set()


@pytest.mark.django_db(transaction=True)
def test_a_page_that_came_to_show_a_work_while_that_changed_is_renewed(
    shelf: dict[str, Edition],
) -> None:
    emma, orlando = shelf["emma"], shelf["orlando"]
    with transaction.atomic():
        Work.objects.filter(pk=emma.work_id).update(title="Emma Woodhouse")
        indexing.works_changed([emma.work_id])  # no other page shows it so far
        (outcome,) = at_once([lambda: _recommend(emma, beside=orlando)])
        assert outcome is None
        old = store.remember(EDITION_PAGE, lambda: b"shows Emma", isbn13=orlando.isbn13)
        assert old == b"shows Emma"  # as everybody else sees it still
    run_jobs(only=["catalog.publish_works"])
    page = store.remember(EDITION_PAGE, lambda: b"shows Emma Woodhouse", isbn13=orlando.isbn13)
    assert page == b"shows Emma Woodhouse"


def _recommend(edition: Edition, *, beside: Edition) -> None:
    """As another process may, which does not see yet what changes."""
    with transaction.atomic():
        Recommendation.objects.create(
            work=beside.work, other=edition.work, rank=1, reason="subject"
        )
        store.bump_after_commit([f"edition:{beside.isbn13}"])
