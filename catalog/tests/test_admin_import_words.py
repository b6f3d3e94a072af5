"""What staff reads of imports: the titles of records, and what the same file again may do."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from catalog.tests.back_office import emma
from catalog.tests.suppliers import Outcome, north, record, run_of, upload_of

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


def test_records_are_shown_with_their_titles(
    client: Client, clerk: "User", django_assert_max_num_queries: Any
) -> None:
    run = run_of(created_count=2, rejected_count=1)
    record(run, 0, Outcome.CREATED, edition=emma())
    record(run, 1, Outcome.CREATED, edition=emma(title="Emma, annotated"))
    record(run, 2, Outcome.REJECTED, reference="without a title")
    with django_assert_max_num_queries(6):
        page = client.get(reverse("admin:catalog_importrun_records", args=[run.pk]))
    cells = ['<td data-label="Title">Emma</td>', '<td data-label="Title">Emma, annotated</td>']
    for cell in (*cells, '<td data-label="Title"></td>'):
        assert page.content.decode().count(cell) == 1


def test_the_same_file_again_may_put_back_what_others_changed(
    client: Client, clerk: "User", settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"

    def upload(key: str) -> list[str]:
        form = {"supplier": north().pk, "file": upload_of(), "key": key}
        page = client.post("/admin/catalog/importrun/add/", form, follow=True)
        return [str(message) for message in page.context["messages"]]

    upload("k1")
    assert "importing it again changes nothing" in upload("k2")[1]
    run_of(file_digest="another file")
    assert "it may put back what they changed" in upload("k3")[1]
