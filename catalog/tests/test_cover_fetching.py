"""Covers are fetched from publishers: in turn, politely, again after a failure, not for ever."""

import datetime
import io
import time
from http.server import BaseHTTPRequestHandler

import pytest
from django.core.files.storage import default_storage
from pytest_django import DjangoAssertNumQueries

from catalog import cover_fetching, covers
from catalog.models import Cover, Edition
from catalog.pictures import making
from catalog.tests.back_office import stale_names
from catalog.tests.factories import EditionFactory
from catalog.tests.pictures import picture, show_picture, stored
from catalog.tests.publisher import Publisher, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

NOW = datetime.datetime(2026, 3, 2, 10, tzinfo=datetime.UTC)
SOON = datetime.timedelta(minutes=2)


def edition(url: str) -> Edition:
    made: Edition = EditionFactory.create(cover_url=url)
    covers.want([made.pk], at=NOW)
    return made


def fetch(publisher: Publisher, at: datetime.datetime = NOW, pause_seconds: float = 0) -> int:
    return cover_fetching.fetch_due(
        fetcher=publisher.fetcher(), now=lambda: at, run_seconds=10, pause_seconds=pause_seconds
    )


def test_a_cover_is_fetched_made_and_shown(publisher: Publisher) -> None:
    publisher.answers["/cover.jpg"] = lambda each: say(each, picture(400, 600), ETag='"one"')
    emma = edition(publisher.at("/cover.jpg"))
    assert fetch(publisher) == 1
    cover = Cover.objects.get()
    assert (cover.state, cover.source, cover.reason) == ("ready", "fetched", "")
    assert (cover.width, cover.height, cover.etag) == (400, 600, '"one"')
    assert (cover.fetched_from, cover.next_try_at) == (emma.cover_url, None)
    assert cover.digest == making.digest_of(picture(400, 600))
    assert len(stored()) == 9
    assert f"edition:{emma.isbn13}" in stale_names()
    assert fetch(publisher) == 0
    assert len(publisher.asked) == 1


def test_one_that_has_not_changed_stays(publisher: Publisher) -> None:
    publisher.answers["/cover.jpg"] = lambda each: say(each, ETag='"one"')
    emma = edition(publisher.at("/cover.jpg"))
    fetch(publisher)
    before = Cover.objects.get()
    publisher.answers["/cover.jpg"] = lambda each: say(each, b"", status=304)
    much_later = NOW + datetime.timedelta(days=40)
    covers.want([emma.pk], at=much_later)
    covers.put_off(Cover.objects.get(), "500", until=much_later)
    fetch(publisher, much_later)
    after = Cover.objects.get()
    assert publisher.asked[1][1]["If-None-Match"] == '"one"'
    assert (after.state, after.digest, after.updated_at) == ("ready", before.digest, much_later)
    assert (after.reason, after.tries, after.next_try_at) == ("", 0, None)


def test_what_is_not_there_is_refused_at_once(publisher: Publisher) -> None:
    edition(publisher.at("/none.jpg"))
    fetch(publisher)
    cover = Cover.objects.get()
    assert (cover.state, cover.tries) == ("refused", 1)
    assert cover.reason == "The server answers 404 (Not Found)."
    assert not cover.is_shown
    assert stored() == []


def test_what_lies_about_its_kind_is_refused(publisher: Publisher) -> None:
    publisher.answers["/cover.jpg"] = lambda each: say(each, b"<svg onload='alert(1)'/>")
    edition(publisher.at("/cover.jpg"))
    fetch(publisher)
    cover = Cover.objects.get()
    assert cover.state == "refused"
    assert "is no picture that we can use" in cover.reason
    assert not default_storage.exists("covers")


def test_a_server_that_fails_is_asked_ever_later_and_at_last_no_more(publisher: Publisher) -> None:
    publisher.answers["/cover.jpg"] = lambda each: say(each, b"", status=500)
    edition(publisher.at("/cover.jpg"))
    at, waits = NOW, []
    for _number in range(cover_fetching.MOST_TRIES - 1):
        assert fetch(publisher, at) == 1
        cover = Cover.objects.get()
        assert cover.state == "waiting"
        assert cover.next_try_at
        waits.append((cover.next_try_at - at) // datetime.timedelta(minutes=1))
        assert fetch(publisher, cover.next_try_at - datetime.timedelta(seconds=1)) == 0
        at = cover.next_try_at
    assert waits == [2, 8, 32, 128, 512]
    fetch(publisher, at)
    cover = Cover.objects.get()
    assert (cover.state, cover.next_try_at) == ("refused", None)
    assert cover.reason == "The server answers 500 (Internal Server Error). We asked 6 times."


def test_a_server_that_asks_for_peace_gets_it_from_all_its_covers(publisher: Publisher) -> None:
    publisher.answers["/cover.jpg"] = lambda each: say(each, b"", status=429, Retry_After="600")
    for _number in range(3):
        edition(publisher.at("/cover.jpg"))
    assert fetch(publisher) == 1
    assert len(publisher.asked) == 1
    peace = NOW + datetime.timedelta(seconds=600)
    assert set(Cover.objects.values_list("next_try_at", flat=True)) == {peace}


def test_a_host_is_asked_one_thing_after_the_other_with_pauses(publisher: Publisher) -> None:
    under_way, most = [0], [0]

    def answer(each: BaseHTTPRequestHandler) -> None:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        time.sleep(0.02)
        under_way[0] -= 1
        say(each, b"", status=404)

    for number in range(4):
        publisher.answers[f"/{number}"] = answer
        edition(publisher.at(f"/{number}"))
    begun = time.monotonic()
    assert fetch(publisher, pause_seconds=0.1) == 4
    assert most == [1]
    assert time.monotonic() - begun > 0.3


def test_hosts_take_turns(
    publisher: Publisher, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """One with thousands of covers keeps nobody waiting, and costs no more to look at."""
    for number in range(12):
        edition(f"https://large.example/{number}")
    small = edition("https://small.example/1")
    with django_assert_num_queries(1):
        due = Cover.objects.all().due(at=NOW, of_each_host=8)
    assert [host for _pk, host in due].count("large.example") == 8
    assert (Cover.objects.get(edition=small).pk, "small.example") in due
    assert Cover.objects.all().due(at=NOW - SOON, of_each_host=8) == []


def test_what_staff_chose_meanwhile_wins(publisher: Publisher) -> None:
    """The upload comes while the publisher's picture is under way."""
    emma = edition(publisher.at("/cover.jpg"))
    waiting = Cover.objects.get()
    uploaded = show_picture(emma, picture(color=(1, 2, 3)))
    with making.made(picture()) as sizes:
        assert not covers.show(waiting, sizes, at=NOW)
    covers.refuse(waiting, "404", at=NOW)
    covers.put_off(waiting, "500", until=NOW)
    covers.keep(waiting, at=NOW)
    cover = Cover.objects.get()
    assert (cover.source, cover.state, cover.digest) == ("uploaded", "ready", uploaded.digest)
    assert cover.reason == ""


def test_one_whose_worker_was_killed_has_its_turn_again(publisher: Publisher) -> None:
    edition(publisher.at("/cover.jpg"))
    Cover.objects.update(tries=1, next_try_at=NOW + covers.CLAIM)  # claimed, and never heard of
    assert fetch(publisher, NOW + SOON) == 0
    assert fetch(publisher, NOW + covers.CLAIM) == 1
    assert Cover.objects.get().state == "ready"


def test_an_upload_whose_job_was_lost_is_made_by_the_clock(publisher: Publisher) -> None:
    covers.upload(EditionFactory.create(), io.BytesIO(picture()), at=NOW)
    fetch(publisher, NOW + SOON)
    assert Cover.objects.get().state == "waiting"
    fetch(publisher, NOW + covers.CLAIM)
    assert Cover.objects.get().state == "ready"
