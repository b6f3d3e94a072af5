"""Covers in the back office: uploaded, replaced, removed, fetched again; and who may do so."""

import datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from catalog import covers
from catalog.models import Cover, Edition
from catalog.pictures import making
from catalog.tests.back_office import EDITIONS, emma
from catalog.tests.pictures import picture, pretend_picture, show_picture, stored
from tests.jobs import run_jobs

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

URL = "https://covers.example/emma.jpg"


def page_of(edition: Edition) -> str:
    return f"{EDITIONS}{edition.pk}/cover/"


def post(client: Client, edition: Edition, action: str, content: bytes | None = None) -> Any:
    files = {} if content is None else {"picture": SimpleUploadedFile("emma.png", content)}
    return client.post(f"{page_of(edition)}{action}/", files)


def read(client: Client, edition: Edition) -> str:
    return client.get(page_of(edition)).content.decode()


def test_a_picture_is_uploaded_shown_replaced_and_removed(client: Client, clerk: "User") -> None:
    edition = emma(cover_url=URL)
    change = client.get(f"{EDITIONS}{edition.pk}/change/").content.decode()
    assert page_of(edition) in change
    assert "Drawn by the shop" in read(client, edition)

    response = post(client, edition, "upload", picture())
    assert (response.status_code, response["Location"]) == (303, page_of(edition))
    page = read(client, edition)
    assert "data-waiting" in page
    assert "Your picture is being prepared." in page
    run_jobs(only=["catalog.make_cover"])
    page = read(client, edition)
    first = Cover.objects.get().url(200, "jpg")
    assert f'src="{first}"' in page
    assert 'alt="Cover of Emma"' in page
    assert "200 × 300" in page
    assert "no feed replaces it" in page

    post(client, edition, "upload", picture(300, 300))
    run_jobs(only=["catalog.make_cover"])
    assert Cover.objects.get().url(300, "jpg") in read(client, edition)

    assert post(client, edition, "draw").status_code == 303
    page = read(client, edition)
    assert "You chose the drawn cover" in page
    assert f"/covers/{edition.isbn13}.svg" in page
    assert "Use the publisher’s picture" in page

    assert post(client, edition, "published").status_code == 303
    assert "is about to be fetched" in read(client, edition)
    assert Cover.objects.get().source == "fetched"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "Choose a file first."),
        (b"", "The submitted file is empty."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is no picture that we can use"),
        (picture()[:16] + b"x" * making.LARGEST_FILE, "larger than 9 MB"),
    ],
    ids=["nothing", "empty", "SVG", "too large"],
)
def test_what_is_no_picture_is_said_beside_the_field(
    client: Client, clerk: "User", content: bytes | None, message: str
) -> None:
    edition = emma()
    response = post(client, edition, "upload", content)
    assert response.status_code == 200
    assert message in response.content.decode()
    assert not Cover.objects.exists()
    assert stored() == []


def test_why_a_picture_was_refused_is_said_on_its_page(client: Client, clerk: "User") -> None:
    edition = emma()
    post(client, edition, "upload", picture()[:400])
    run_jobs(only=["catalog.make_cover"])
    page = read(client, edition)
    assert "Your picture was not taken. The picture is damaged or was cut off." in page
    assert "data-waiting" not in page


def refuse(edition: Edition, reason: str) -> Cover:
    covers.want([edition.pk], at=timezone.now())
    covers.refuse(Cover.objects.get(edition=edition), reason, at=timezone.now())
    return Cover.objects.get(edition=edition)


def test_refused_covers_are_listed_with_reasons_and_tried_again(
    client: Client, clerk: "User"
) -> None:
    edition = emma(cover_url=URL)
    cover = refuse(edition, "The server answers 404 (Not Found).")
    changelist = "/admin/catalog/cover/"
    page = client.get(f"{changelist}?state__exact=refused").content.decode()
    assert "The server answers 404 (Not Found)." in page
    assert f'<a href="{page_of(edition)}">Emma</a>' in page
    form = {"action": "try_again", "_selected_action": [cover.pk]}
    said = client.post(changelist, form, follow=True).content.decode()
    assert "1 cover will be fetched again." in said
    again = Cover.objects.get()
    assert (again.state, again.tries, again.reason) == ("waiting", 0, "")
    assert again.next_try_at
    assert again.next_try_at - timezone.now() < datetime.timedelta(seconds=5)


def test_the_list_takes_a_fixed_number_of_queries(
    client: Client, clerk: "User", django_assert_max_num_queries: Any
) -> None:
    counts = []
    for number in (1, 5):
        for _each in range(number):
            pretend_picture(emma())
        with django_assert_max_num_queries(8) as counted:
            assert client.get("/admin/catalog/cover/").status_code == 200
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_who_may_only_look_changes_nothing(client: Client, helper: "User") -> None:
    edition = emma(cover_url=URL)
    page = read(client, edition)
    assert "Drawn by the shop" in page
    assert "Upload" not in page
    for action in ("upload", "draw", "published"):
        assert post(client, edition, action, picture()).status_code == 403
    assert client.get("/admin/catalog/cover/").status_code == 403
    assert not Cover.objects.exists()


def test_visitors_are_sent_to_the_door(client: Client) -> None:
    edition = emma()
    assert client.get(page_of(edition)).status_code == 302
    assert post(client, edition, "draw").status_code == 302
    assert not Cover.objects.exists()


@pytest.mark.parametrize("action", ["published", "nonsense"])
def test_there_is_nothing_else_to_do(client: Client, clerk: "User", action: str) -> None:
    """An edition without an address has no publisher's picture to ask for."""
    assert post(client, emma(), action).status_code == 404
    assert client.post(f"{EDITIONS}999999/cover/draw/").status_code == 404
    assert not Cover.objects.exists()


def test_opening_the_address_of_a_button_leads_back(client: Client, clerk: "User") -> None:
    edition = emma()
    show_picture(edition)
    response = client.get(f"{page_of(edition)}draw/")
    assert (response.status_code, response["Location"]) == (303, page_of(edition))
    assert Cover.objects.get().is_shown
