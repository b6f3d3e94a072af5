"""Answers that are given again: while Redis says the same, and not a moment longer."""

import datetime
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from bookstore.serving import repeating, shortcut
from bookstore.serving.shortcut import ShortWay
from bookstore.tests.front import FRAGMENT, LIVE, Shop
from caching import store
from caching.away import LeftAlone, Pool
from caching.measuring import spending
from catalog import live as catalog_live
from catalog import memory
from catalog.models import Edition, Stock, Work

pytestmark = pytest.mark.django_db
REPEATED = ("/live/suggest?q=em", "/live/suggest?q=emam", LIVE[1], f"{LIVE[1]}&seen=x", LIVE[2])
KINDS = [(address, headers) for address in REPEATED for headers in ({}, FRAGMENT)]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which views were asked, after what they need of the build that holds is known."""
    asked: list[str] = []
    own = shortcut._view_alone

    def note(view: Any, environ: dict[str, Any]) -> Any:
        asked.append(environ["PATH_INFO"])
        return own(view, environ)

    monkeypatch.setattr(shortcut, "_view_alone", note)
    return asked


def said(live: Shop, **headers: str) -> list[Any]:
    """What is answered to all of them."""
    return [live.ask(address, **own, **headers).lasting for address, own in KINDS]


def test_the_same_again_is_not_made_anew_and_costs_one_command(live: Shop, made: list[str]) -> None:
    said(live)  # the first time some of it has to be asked for that is remembered of a build
    before = said(live)
    made.clear()
    for (address, headers), expected in zip(KINDS, before, strict=True):
        with spending() as spent:
            assert live.ask(address, **headers).lasting == expected
        assert spent.commands == 1
    assert made == []
    assert live.ask("/live/trending").status == "200 OK"
    assert live.ask("/live/visitor").status == "200 OK"
    assert made == ["/live/trending", "/live/visitor"]  # where other words count, too


def test_each_is_given_with_a_number_and_an_end_of_its_own(live: Shop) -> None:
    first, second = (live.ask(REPEATED[0], HTTP_X_REQUEST_ID=f"number-{n}-") for n in (1, 2))
    assert (first.headers["X-Request-ID"], second.headers["X-Request-ID"]) == (
        "number-1-", "number-2-"
    )  # fmt: skip
    assert second.order.count("X-Request-ID") == second.order.count("X-Accel-Expires") == 1
    time.sleep(1)
    third = live.ask(REPEATED[0])
    assert int(third.headers["X-Accel-Expires"][1:]) > int(first.headers["X-Accel-Expires"][1:])


def sell() -> None:
    Stock.objects.filter(edition__isbn13="9780306406157").update(on_hand=900)
    memory.publish_stock(["9780306406157"])


def retitle() -> None:
    edition = Edition.objects.get(isbn13="9780306406157")
    Edition.objects.update(title="")
    Work.objects.filter(pk=edition.work_id).update(title="Emma, a novel")
    memory.publish_works([edition.work_id])


def retitle_and_rebuild() -> None:
    Work.objects.update(title="Emma, again")
    memory.rebuild()


def withdraw() -> None:
    Edition.objects.update(is_offered=False)
    memory.publish_works(list(Work.objects.values_list("pk", flat=True)))
    memory.publish_stock(["9780306406157"])


def empty_redis() -> None:
    store.client().flushdb()


@pytest.mark.parametrize("change", [sell, retitle, retitle_and_rebuild, withdraw, empty_redis])
def test_nothing_is_given_again_that_a_change_has_made_old(
    live: Shop, change: Callable[[], None]
) -> None:
    said(live)
    before = said(live)
    change()
    after = said(live)
    live.application = ShortWay(live._noted)  # which has made nothing yet
    said(live)
    assert after == said(live)
    assert after != before


def test_a_badge_turns_on_the_day_of_publication(
    live: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = timezone.localdate()
    tomorrow = today + datetime.timedelta(days=1)
    Edition.objects.filter(isbn13="9780306406157").update(publication_date=tomorrow)
    sell()
    said_then = []
    for day in (today, today, tomorrow, tomorrow):
        monkeypatch.setattr(timezone, "localdate", lambda day=day: day)
        said_then.append(json.loads(live.ask(LIVE[1]).body)["items"][0]["state"])
    assert said_then[0] == said_then[1] != said_then[2] == said_then[3] == "in_stock"


def test_what_is_repeated_counts_against_the_clients_quota(
    live: Shop, made: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.ask(REPEATED[0])
    live.ask(REPEATED[0])
    made.clear()
    settings.RATE_LIMITS = True
    monkeypatch.setattr(catalog_live, "TIMES", 2)
    with time_machine.travel(timezone.now(), tick=False):  # all within one minute
        said = [live.ask(REPEATED[0], REMOTE_ADDR="192.0.2.1").status for _time in range(3)]
    assert said == ["200 OK", "200 OK", "429 Too Many Requests"]
    assert made == ["/live/suggest"]  # who refused, and is not kept
    assert live.ask(REPEATED[0], REMOTE_ADDR="192.0.2.2").status == "200 OK"


def test_a_client_that_cannot_be_told_is_left_to_django(live: Shop, settings: Settings) -> None:
    live.ask(REPEATED[0])
    settings.RATE_LIMITS, settings.ALLAUTH_TRUSTED_PROXY_COUNT = True, 2
    answered = live.ask(REPEATED[0], HTTP_X_FORWARDED_FOR="192.0.2.1")
    assert answered.status == "500 Internal Server Error"
    assert live.asked_of_django == ["/live/suggest"]


def test_an_answer_to_half_of_what_was_asked_is_not_kept(
    live: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is shown of the suggestions is asked for in a second trip; a moment later it comes."""
    live.ask(REPEATED[0])
    live.application = ShortWay(live._noted)
    live.ask("/live/suggest?q=")
    exchange, trips = Pool.exchange, 0

    def break_the_second(pool: Pool, question: bytes, replies: int) -> list[Any]:
        nonlocal trips
        trips += 1
        if trips == 2:
            raise LeftAlone("It did not answer a moment ago.")
        return exchange(pool, question, replies)

    with monkeypatch.context() as patched:
        patched.setattr(Pool, "exchange", break_the_second)
        assert json.loads(live.ask(REPEATED[0]).body)["suggestions"] == []
    assert trips == 2
    assert json.loads(live.ask(REPEATED[0]).body)["suggestions"] != []


def test_what_is_kept_is_bounded(live: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    repeats = live.application._repeats
    live.ask("/live/suggest?q=em&visitor=0")
    (first,) = repeats._made.values()
    assert repeating.BESIDE + len(first.answer.body) < first.size == repeats._size
    monkeypatch.setattr(repeating, "MOST_KEPT", 3 * first.size)
    for number in range(1, 6):
        live.ask(f"/live/suggest?q=em&visitor={number}")
    assert [str(asked).count(f"visitor={n}") for n, asked in enumerate(repeats._made, 3)] == [1] * 3
    sell()  # so that one of them is made anew
    retitle()
    live.ask("/live/suggest?q=em&visitor=4")
    assert sum(made.size for made in repeats._made.values()) == repeats._size <= 3 * first.size
    live.ask(f"/live/suggest?q=em&visitor={'x' * repeating.LARGEST_KEPT}")
    assert all(made.size < repeating.LARGEST_KEPT for made in repeats._made.values())
