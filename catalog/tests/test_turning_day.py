"""A new day: search filters by its prices and dates, whenever somebody comes to turn it."""

import datetime
from collections.abc import Collection, Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

import pytest
import time_machine
from django.utils import timezone
from procrastinate.contrib.django import app

from catalog import indexing, jobs
from catalog.models import Edition, SearchDay
from catalog.search import Criteria, search
from catalog.tests.factories import EditionFactory
from tests.jobs import waiting_jobs
from tests.races import at_once

pytestmark = pytest.mark.django_db
MIDNIGHT = datetime.datetime(2026, 6, 2, tzinfo=datetime.UTC)
TODAY, TOMORROW = datetime.date(2026, 6, 1), datetime.date(2026, 6, 2)
MINUTE, DAY = datetime.timedelta(minutes=1), datetime.timedelta(days=1)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stands at the evening before, when the day was turned."""
    with time_machine.travel(MIDNIGHT - 60 * MINUTE, tick=False) as clock:
        SearchDay.objects.note(TODAY)
        yield clock


def book(*, cheap_from: datetime.date = TOMORROW) -> Edition:
    """One that costs 88, and 5 from that day on."""
    edition = EditionFactory.create(price=False)
    edition.set_price(Decimal(88), valid_from=datetime.date(2026, 1, 1))
    edition.set_price(Decimal(5), valid_from=cheap_from)
    indexing.works_changed([edition.work_id])
    return edition


def found(price: str) -> set[int]:
    return {work.work_id for work in search(Criteria(price=price)).works}


def cost(editions: Collection[Edition]) -> int | None:
    """What search thinks that all of them cost; None where it is not of that day."""
    works = {edition.work_id for edition in editions}
    cheap, dear = found("under-10"), found("20-up")
    assert (cheap, dear) in ((works, set()), (set(), works), (set(), set()))
    return 5 if cheap else 88 if dear else None


@pytest.mark.parametrize("nights", [1, 2])
def test_a_day_is_turned_whenever_a_worker_comes(
    nights: int, clock: time_machine.Traveller
) -> None:
    books = [book(cheap_from=TODAY + night * DAY) for night in range(1, nights + 1)]
    free = EditionFactory.create(price=False)
    free.set_price(Decimal(88), valid_from=TODAY)
    free.prices.update(valid_to=TODAY)
    coming = EditionFactory.create(price=False, publication_date=TOMORROW)
    clock.move_to(MIDNIGHT + (nights - 1) * DAY + 9 * 60 * MINUTE)
    jobs.turn_day(timestamp=0)
    assert cost(books) == 5
    assert SearchDay.objects.get().day == TODAY + nights * DAY
    renewed = [edition.work_id for edition in (*books, free, coming)]
    assert waiting_jobs("catalog.publish_works")[-1] == {"work_ids": renewed}


def test_a_midnight_that_the_clocks_skip_is_none_the_less_one() -> None:
    """In Cairo 23:59 was followed by 01:00 on 24 April 2026."""
    skipped = datetime.datetime(2026, 4, 23, 22, 0, tzinfo=datetime.UTC)
    with (
        timezone.override(ZoneInfo("Africa/Cairo")),
        time_machine.travel(skipped - MINUTE, tick=False) as clock,
    ):
        SearchDay.objects.note(datetime.date(2026, 4, 23))
        books = [book(cheap_from=datetime.date(2026, 4, 24))]
        jobs.turn_day(timestamp=0)
        assert cost(books) == 88
        clock.move_to(skipped)
        jobs.turn_day(timestamp=0)
        assert cost(books) == 5


def test_the_job_comes_at_every_midnight_wherever_the_shop_is() -> None:
    late = []
    for name in available_timezones() - {"localtime"}:
        minutes = jobs.half_hours(ZoneInfo(name)).split()[0].split(",")
        for month in (1, 7):
            midnight = datetime.datetime(2026, month, 2, tzinfo=ZoneInfo(name))
            if str(midnight.astimezone(datetime.UTC).minute) not in minutes:
                late.append((name, month))
    assert late == []
    assert jobs.half_hours(ZoneInfo("Asia/Kathmandu")) == "15,45 * * * *"
    (turning,) = (
        each
        for (name, _id), each in app.periodic_registry.periodic_tasks.items()
        if name == "catalog.turn_day"
    )
    assert turning.cron == "0,30 * * * *"  # by UTC, as the tests have it


def test_what_was_still_being_written_at_midnight_is_turned_too(
    clock: time_machine.Traveller,
) -> None:
    clock.move_to(MIDNIGHT)
    jobs.turn_day(timestamp=0)
    clock.move_to(MIDNIGHT - MINUTE)  # a transaction that began then is seen after that
    books = [book()]
    clock.move_to(MIDNIGHT + 60 * MINUTE)
    assert cost(books) is None
    jobs.turn_day(timestamp=0)
    assert cost(books) == 5


def test_killed_halfway_it_begins_anew(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = [book(), book()]
    clock.move_to(MIDNIGHT + 60 * MINUTE)
    monkeypatch.setattr(indexing, "MANY", 1)
    renew = indexing.works_changed
    renewed: list[Collection[int]] = []

    def renew_one(work_ids: Collection[int]) -> None:
        if renewed:
            raise KeyboardInterrupt
        renew(work_ids)
        renewed.append(work_ids)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(indexing, "works_changed", renew_one)
        jobs.turn_day(timestamp=0)
    assert len(found("under-10")) == 1
    jobs.turn_day(timestamp=0)
    assert cost(books) == 5


@pytest.mark.django_db(transaction=True)
def test_two_who_turn_it_at_once_do_not_disturb_each_other(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = [book() for _each in range(6)]
    clock.move_to(MIDNIGHT + 60 * MINUTE)
    monkeypatch.setattr(indexing, "MANY", 2)
    assert at_once([lambda: jobs.turn_day(timestamp=0)] * 2) == [None, None]
    assert cost(books) == 5
    assert SearchDay.objects.get().day == TOMORROW


def test_a_clock_that_was_ahead_is_turned_back(clock: time_machine.Traveller) -> None:
    clock.move_to(MIDNIGHT + 1000 * DAY)
    books = [book()]
    jobs.turn_day(timestamp=0)
    assert cost(books) == 5
    clock.move_to(MIDNIGHT - 60 * MINUTE)
    jobs.turn_day(timestamp=0)
    assert cost(books) == 88
    clock.move_to(MIDNIGHT)
    jobs.turn_day(timestamp=0)
    assert cost(books) == 5


def test_a_new_shop_has_a_day() -> None:
    jobs.turn_day(timestamp=0)
    assert SearchDay.objects.count() == 1


def test_one_that_was_emptied_is_of_yesterday(clock: time_machine.Traveller) -> None:
    SearchDay.objects.all().delete()
    books = [book()]
    clock.move_to(MIDNIGHT + 60 * MINUTE)
    jobs.turn_day(timestamp=0)
    assert cost(books) == 5
    assert SearchDay.objects.get().day == TOMORROW
