"""Staff lists in the back office: which pages must be shown anew."""

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Edition, Recommendation, StaffListEntry
from catalog.tests.back_office import stale_names
from catalog.tests.factories import EditionFactory, StaffListFactory

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db
LISTS = "/admin/catalog/stafflist/"


@pytest.fixture
def entry(clerk: "User") -> StaffListEntry:
    """A pick that is quoted on the page of another book."""
    picked, page = EditionFactory.create_batch(2)
    entry: StaffListEntry = StaffListFactory.create(slug="favorites").entries.create(
        work=picked.work, note="I lend it to everybody."
    )
    Recommendation.objects.create(
        work=page.work, other=picked.work, rank=1, reason="staff", entry=entry
    )
    return entry


def stale_with(entry: StaffListEntry) -> set[str]:
    quoting = Edition.objects.exclude(work=entry.work)
    return {"catalog", *(f"edition:{edition.isbn13}" for edition in quoting)}


def form(entry: StaffListEntry, **changes: Any) -> dict[str, Any]:
    return {
        "title": entry.staff_list.title, "slug": entry.staff_list.slug, "ordinal": "1",
        "entries-TOTAL_FORMS": "1", "entries-INITIAL_FORMS": "1",
        "entries-0-id": entry.pk, "entries-0-staff_list": entry.staff_list_id,
        "entries-0-work": entry.work_id, "entries-0-ordinal": "1", "entries-0-note": entry.note,
        **changes,
    }  # fmt: skip


@pytest.mark.parametrize("change", [{"entries-0-note": "Wise."}, {"entries-0-DELETE": "on"}])
def test_pages_that_quote_a_changed_entry_are_shown_anew(
    change: dict[str, str], entry: StaffListEntry, client: Client
) -> None:
    quoting = stale_with(entry)
    url = reverse("admin:catalog_stafflist_change", args=[entry.staff_list_id])
    assert client.post(url, form(entry, **change)).status_code == 302
    assert stale_names() == quoting


def test_pages_that_quote_a_deleted_list_are_shown_anew(
    entry: StaffListEntry, client: Client
) -> None:
    quoting = stale_with(entry)
    url = reverse("admin:catalog_stafflist_delete", args=[entry.staff_list_id])
    assert client.post(url, {"post": "yes"}).status_code == 302
    assert not Recommendation.objects.exists()
    assert stale_names() == quoting


def test_pages_that_quote_any_of_several_deleted_lists_are_shown_anew(
    entry: StaffListEntry, client: Client
) -> None:
    quoting = stale_with(entry)
    form = {
        "action": "delete_selected",
        "_selected_action": [entry.staff_list_id, StaffListFactory.create().pk],
        "post": "yes",
    }
    assert client.post(LISTS, form).status_code == 302
    assert not Recommendation.objects.exists()
    assert stale_names() == quoting
