"""What visitors want these days."""

import datetime
from collections import Counter

import pytest
from django.test import Client
from django.utils import timezone

from caching import store
from catalog import jobs, memory, trending
from catalog.models import Edition
from catalog.tests.factories import EditionFactory, WorkFactory, sku

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
TODAY = datetime.date(2026, 6, 10)


@pytest.fixture
def built(db: None, empty_redis: None) -> None:
    memory.rebuild()


def edition(title: str) -> Edition:
    made = EditionFactory.create(work=WorkFactory.create(title=title, author="A B"))
    jobs.publish_works([made.work_id])
    return made


def want(wanted: Edition, times: int, *, days_ago: int = 0, today: datetime.date = TODAY) -> None:
    asking = store.client().pipeline(transaction=False)
    for _ in range(times):
        trending.note_interest(
            asking, wanted.isbn13, today=today - datetime.timedelta(days=days_ago)
        )
    asking.execute()


def labels(limit: int = 10) -> list[str]:
    return [item["label"] for item in trending.trending(today=TODAY, limit=limit)]


def test_the_most_wanted_come_first() -> None:
    once, often = edition("Once"), edition("Often")
    want(once, 1)
    want(often, 5)
    assert labels() == ["Often", "Once"]
    assert labels(limit=1) == ["Often"]


def test_interest_fades_and_is_forgotten() -> None:
    old, new, ancient = edition("Old"), edition("New"), edition("Ancient")
    want(old, 5, days_ago=6)
    want(new, 2)
    want(ancient, 50, days_ago=7)
    assert labels() == ["New", "Old"]


def test_what_a_robot_has_wanted_is_added_up_once_a_day() -> None:
    often, seldom = edition("Often"), edition("Seldom")
    robot = {sku(number): 1 for number in range(2 * trending.MOST_CANDIDATES)}
    for days_ago in range(1, trending.DAYS):
        day = TODAY - datetime.timedelta(days=days_ago)
        store.client().zadd(trending._day_key(day), robot)
        want(often, 4, days_ago=days_ago)
    want(seldom, 2)
    want(seldom, 5, days_ago=2)

    def called() -> Counter[str]:
        told = store.client().info("commandstats").items()
        return Counter({name: said["calls"] for name, said in told if "zunion" in name})

    before = called()
    assert [labels() for _time in range(3)] == [["Often", "Seldom"]] * 3
    assert called() - before == {"cmdstat_zunionstore": 1}
    assert store.client().zcard(trending._before_key(TODAY)) == trending.MOST_CANDIDATES


def test_the_editions_of_a_work_count_together_and_stand_once() -> None:
    cloth, other = edition("Emma"), edition("Walden")
    paper = EditionFactory.create(work=cloth.work)
    jobs.publish_works([cloth.work_id])
    want(cloth, 2)
    want(paper, 3)
    want(other, 4)
    items = trending.trending(today=TODAY, limit=10)
    assert [item["isbn13"] for item in items] == [paper.isbn13, other.isbn13]


def test_a_withdrawn_edition_is_not_shown() -> None:
    gone = edition("Gone")
    want(gone, 3)
    Edition.objects.update(is_offered=False)
    jobs.publish_works([gone.work_id])
    assert labels() == []


def test_the_live_answer(client: Client) -> None:
    wanted = edition("Wanted")
    want(wanted, 1, today=timezone.localdate())
    assert client.get("/live/trending").json() == {
        "items": [
            {
                "isbn13": wanted.isbn13,
                "label": "Wanted",
                "detail": "A B",
                "url": wanted.get_absolute_url(),
            }
        ]
    }
