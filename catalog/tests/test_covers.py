"""Covers: wanted by staff and feeds, made, shown, refused, and swept when nothing shows them."""

import datetime
import io
import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoAssertNumQueries

from catalog import covers
from catalog.models import Cover, Edition
from catalog.pictures import making
from catalog.pictures.making import BadPicture
from catalog.tests.back_office import stale_names
from catalog.tests.factories import EditionFactory
from catalog.tests.pictures import picture, show_picture, stored
from tests.jobs import run_jobs
from tests.races import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

NOW = datetime.datetime(2026, 3, 2, 10, tzinfo=datetime.UTC)
URL = "https://covers.example/emma.jpg"


def edition(url: str = "", **fields: Any) -> Edition:
    made: Edition = EditionFactory.create(cover_url=url, **fields)
    return made


def facts(*names: str) -> list[tuple[Any, ...]]:
    return list(Cover.objects.order_by("edition_id").values_list(*names))


# --- Staff -------------------------------------------------------------------------------------


def test_an_upload_is_shown_once_all_sizes_are_there() -> None:
    emma = edition()
    cover = covers.upload(emma, io.BytesIO(picture(400, 600)), at=NOW)
    assert (cover.source, cover.state, cover.is_shown) == ("uploaded", "waiting", False)
    assert Edition.objects.get().own_cover is None
    assert stored() == []
    (job,) = ProcrastinateJob.objects.filter(task_name="catalog.make_cover")
    assert job.lock == "catalog.make_cover"  # a heap of them leaves the worker free

    assert run_jobs(only=["catalog.make_cover"]) == ["catalog.make_cover"]

    cover = Cover.objects.get()
    assert (cover.source, cover.state, cover.width, cover.height) == ("uploaded", "ready", 400, 600)
    assert cover.upload == ""
    digest = making.digest_of(picture(400, 600))
    assert stored() == sorted(
        f"{digest[:2]}/{digest}-{width}.{kind}"
        for width in (160, 320, 400)
        for kind in ("avif", "webp", "jpg")
    )
    assert cover.url(320, "webp") == f"/media/covers/{digest[:2]}/{digest}-320.webp"
    assert (cover.widths, cover.height_at(320)) == ([160, 320, 400], 480)
    assert f"edition:{emma.isbn13}" in stale_names()
    assert default_storage.listdir("covers/.waiting") == ([], [])


def test_what_is_no_picture_is_refused_at_once() -> None:
    with pytest.raises(BadPicture, match="is no picture"):
        covers.upload(edition(), io.BytesIO(b"<svg/>" * 20), at=NOW)
    assert not Cover.objects.exists()
    assert not ProcrastinateJob.objects.exists()
    assert not default_storage.exists("covers")


def test_a_broken_picture_is_refused_and_the_old_one_stays() -> None:
    emma = edition()
    before = show_picture(emma)
    files = stored()
    covers.upload(emma, io.BytesIO(picture(300, 400)[:500]), at=NOW)
    run_jobs(only=["catalog.make_cover"])
    after = Cover.objects.get()
    assert (after.state, after.reason) == (
        "refused",
        "The picture is damaged or was cut off. Save it again and send that.",
    )
    assert (after.digest, after.is_shown) == (before.digest, True)
    assert stored() == files
    assert default_storage.listdir("covers/.waiting") == ([], [])


def test_two_uploads_after_each_other_show_the_second() -> None:
    emma = edition()
    covers.upload(emma, io.BytesIO(picture(color=(1, 2, 3))), at=NOW)
    covers.upload(emma, io.BytesIO(picture()), at=NOW)
    run_jobs(only=["catalog.make_cover"])
    assert facts("state", "digest") == [("ready", making.digest_of(picture()))]


def test_a_job_that_runs_twice_changes_nothing() -> None:
    cover = show_picture(edition())
    covers.make_uploaded(cover.pk, at=NOW)
    again = Cover.objects.get()
    assert again.updated_at == cover.updated_at
    assert len(stored()) == 6


def test_a_file_that_was_written_by_halves_is_written_anew(media: Path) -> None:
    digest = making.digest_of(picture())
    half = media / "covers" / digest[:2] / f"{digest}-160.jpg"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    cover = show_picture(edition())
    assert cover.state == "ready"
    assert half.stat().st_size > 100
    assert len(stored()) == 6


def test_an_upload_whose_file_is_gone_says_so(media: Path) -> None:
    cover = covers.upload(edition(), io.BytesIO(picture()), at=NOW)
    default_storage.delete(cover.upload)
    covers.make_uploaded(cover.pk, at=NOW)
    assert facts("state", "reason") == [
        ("refused", "The file that was uploaded is gone. Please upload it again.")
    ]


def test_staff_can_go_back_to_the_drawn_cover_and_to_the_publishers() -> None:
    emma = edition(URL)
    show_picture(emma)
    covers.draw(emma, at=NOW)
    assert facts("source", "state", "digest", "width") == [("drawn", "ready", "", None)]
    covers.want([emma.pk], at=NOW)
    assert facts("source", "state") == [("drawn", "ready")]
    covers.use_published(emma, at=NOW)
    assert facts("source", "state", "fetched_from", "host", "next_try_at") == [
        ("fetched", "waiting", URL, "covers.example", NOW)
    ]


# --- Feeds -------------------------------------------------------------------------------------


def test_feeds_want_covers_in_two_statements(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ids = [edition(URL).pk, edition("HTTP://Other.Example:80/a.png").pk, edition().pk]
    with django_assert_num_queries(2):
        covers.want(ids, at=NOW)
    assert facts("edition_id", "source", "state", "fetched_from", "host", "next_try_at") == [
        (ids[0], "fetched", "waiting", URL, "covers.example", NOW),
        (
            ids[1], "fetched", "waiting", "HTTP://Other.Example:80/a.png", "other.example:80", NOW,
        ),
    ]  # fmt: skip
    assert not ProcrastinateJob.objects.exists()
    later = NOW + datetime.timedelta(hours=1)
    covers.want(ids, at=later)
    assert facts("next_try_at") == [(NOW,), (NOW,)]


@pytest.mark.parametrize("url", ["nonsense", "https://" + "a" * 400 + "/x.jpg", "https:///x"])
def test_odd_addresses_stop_no_import(url: str) -> None:
    covers.want([edition(url).pk], at=NOW)
    assert facts("state", "fetched_from") == [("waiting", url)]


def test_what_staff_uploaded_is_never_replaced_by_a_feed() -> None:
    emma = edition(URL)
    digest = show_picture(emma).digest
    covers.want([emma.pk], at=timezone.now() + datetime.timedelta(days=400))
    assert facts("source", "state", "digest") == [("uploaded", "ready", digest)]


def fetched(emma: Edition, **fields: Any) -> Cover:
    given: dict[str, Any] = {
        "source": "fetched", "state": "ready", "fetched_from": emma.cover_url, "etag": '"one"',
        "digest": "ab" * 16, "width": 200, "height": 300, "updated_at": NOW,
    }  # fmt: skip
    cover: Cover = Cover.objects.create(edition=emma, **{**given, **fields})
    return cover


def test_another_address_is_fetched_and_the_old_picture_stays_meanwhile() -> None:
    emma = edition(URL)
    fetched(emma, fetched_from="https://covers.example/old.jpg")
    covers.want([emma.pk], at=NOW)
    assert facts("state", "fetched_from", "etag", "digest") == [("waiting", URL, "", "ab" * 16)]


@pytest.mark.parametrize(("days", "state"), [(29, "ready"), (31, "waiting")])
def test_the_same_address_is_asked_again_after_a_month(days: int, state: str) -> None:
    emma = edition(URL)
    fetched(emma)
    covers.want([emma.pk], at=NOW + datetime.timedelta(days=days))
    assert facts("state", "etag") == [(state, '"one"')]


def test_an_edition_that_lost_its_address_loses_the_picture_from_there() -> None:
    emma, orlando = edition(URL), edition(URL)
    fetched(emma)
    show_picture(orlando)
    Edition.objects.update(cover_url="")
    covers.want([emma.pk, orlando.pk], at=NOW)
    assert facts("edition_id", "source") == [(orlando.pk, "uploaded")]


def test_what_was_refused_can_be_tried_again_but_not_an_upload() -> None:
    refused = {"state": "refused", "reason": "404", "digest": "", "width": None, "height": None}
    one = fetched(edition(URL), tries=6, **refused)
    other = fetched(edition(), source="uploaded", **refused)
    done = fetched(edition(URL))
    assert covers.retry([one.pk, other.pk, done.pk], at=NOW) == 1
    assert facts("state", "reason", "tries", "next_try_at") == [
        ("waiting", "", 0, NOW),
        ("refused", "404", 0, None),
        ("ready", "", 0, None),
    ]


# --- What nothing shows ------------------------------------------------------------------------


def grow_old(media: Path) -> None:
    days_ago = (timezone.now() - datetime.timedelta(days=3)).timestamp()
    for path in media.rglob("*"):
        if path.is_file():
            os.utime(path, (days_ago, days_ago))


def test_files_are_swept_once_no_cover_shows_them_and_pages_had_time_to_forget(
    media: Path,
) -> None:
    emma, orlando = edition(), edition()
    replaced = show_picture(emma, picture(color=(1, 2, 3)))
    shown = show_picture(orlando)
    covers.draw(emma, at=NOW)
    shelves = {replaced.digest[:2], shown.digest[:2]}
    assert covers.sweep(shelves, at=timezone.now()) == 0
    grow_old(media)
    assert covers.sweep(set(covers.SHELVES) - shelves, at=timezone.now()) == 0
    assert covers.sweep(shelves, at=timezone.now()) == 6
    assert {name.split("/")[1][:32] for name in stored()} == {shown.digest}


def test_uploads_that_nobody_waits_for_are_swept(media: Path) -> None:
    emma = edition()
    covers.upload(emma, io.BytesIO(picture(color=(1, 2, 3))), at=NOW)
    current = covers.upload(emma, io.BytesIO(picture()), at=NOW)
    grow_old(media)
    assert covers.sweep([], at=timezone.now()) == 1
    assert default_storage.exists(current.upload)


@pytest.mark.django_db(transaction=True)
def test_two_members_of_staff_may_upload_at_once() -> None:
    emma = edition()
    files = [io.BytesIO(picture(color=(red, 2, 3))) for red in (10, 200)]
    ended = at_once([partial(covers.upload, emma, file, at=NOW) for file in files])
    assert {type(each) for each in ended} == {Cover}
    assert facts("edition_id", "source", "state") == [(emma.pk, "uploaded", "waiting")]


@pytest.mark.django_db(transaction=True)
def test_one_picture_is_made_for_two_editions_while_its_old_files_are_swept(media: Path) -> None:
    """Nothing that a cover shows is missing afterwards, whoever was first."""
    orphan = show_picture(edition())
    shelf = orphan.digest[:2]
    Cover.objects.all().delete()
    grow_old(media)
    waiting = [covers.upload(edition(), io.BytesIO(picture()), at=NOW) for _number in range(2)]

    actions = [partial(covers.make_uploaded, cover.pk, at=NOW) for cover in waiting]
    sweeping = partial(covers.sweep, [shelf], at=timezone.now())
    ended = at_once([*actions, sweeping])
    assert ended[:2] == [None, None]
    assert ended[2] in (0, 6)
    assert facts("state", "digest") == [("ready", orphan.digest)] * 2
    assert len(stored()) == 6


def test_every_shelf_has_its_hour() -> None:
    assert sorted(shelf for hour in range(24) for shelf in covers.SHELVES[hour::24]) == sorted(
        covers.SHELVES
    )
