"""Who said what, on the pages of editions and works: marked, locked, given back."""

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from catalog.admin.sources import EDITION_FIELDS, WORK_FIELDS
from catalog.models import Edition, Provenance, SupplierRecord
from catalog.tests.back_office import EDITIONS, WORKS, edition_form, emma
from catalog.tests.factories import ContributorFactory, EditionFactory, ImprintFactory, sku
from catalog.tests.suppliers import north
from catalog.tests.test_admin_works import work_form

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


def sourced(edition: Edition, locked: tuple[str, ...] = (), **sources: str) -> Edition:
    said = {name.replace("__", "."): source for name, source in sources.items()}
    Provenance.objects.create(edition=edition, sources=said, locked=list(locked))
    SupplierRecord.objects.create(edition=edition, supplier=north(), digest="d")
    return edition


def said(edition: Edition) -> tuple[dict[str, str], list[str]]:
    row = Provenance.objects.get(edition=edition)
    return row.sources, sorted(row.locked)


def save(client: Client, edition: Edition, **changes: Any) -> None:
    form = edition_form(edition, publication_date="", **changes)
    answer = client.post(f"{EDITIONS}{edition.pk}/change/", form)
    assert answer.status_code == 302, answer.context["errors"]


def save_work(client: Client, edition: Edition, **changes: Any) -> None:
    answer = client.post(f"{WORKS}{edition.work_id}/change/", work_form(edition.work, **changes))
    assert answer.status_code == 302, answer.context["errors"]


def test_what_staff_changes_is_theirs_and_nothing_else(client: Client, clerk: "User") -> None:
    edition = sourced(emma(publication_date=None), pages="north", format="north")
    save(client, edition)
    assert said(edition) == ({"pages": "north", "format": "north"}, [])
    save(client, edition, pages="320", new_price="9.90")
    edition.refresh_from_db()
    assert edition.pages == 320
    assert said(edition) == ({"pages": "staff", "format": "north", "price": "staff"}, [])


def test_what_a_new_edition_is_given_is_staffs(client: Client, clerk: "User") -> None:
    work = emma().work
    form = {
        "isbn13": sku(9_999), "work": work.pk, "format": "paperback", "language": "en",
        "imprint": ImprintFactory.create().pk, "is_offered": "on",
    }  # fmt: skip
    assert client.post(f"{EDITIONS}add/", form).status_code == 302
    edition = Edition.objects.get(isbn13=form["isbn13"])
    assert said(edition) == (dict.fromkeys(("format", "language", "imprint"), "staff"), [])


def test_a_field_is_locked_unlocked_and_given_back(client: Client, clerk: "User") -> None:
    edition = sourced(emma(publication_date=None), ("title",), pages="staff", format="north")
    lock = {"source-lock": ["format", "title"], "source-was-locked": ["title"]}
    save(client, edition, **lock)
    assert said(edition) == ({"pages": "staff", "format": "north"}, ["format", "title"])
    save(client, edition, **{"source-was-locked": ["title"], "source-release": ["pages"]})
    assert said(edition) == ({"pages": "released", "format": "north"}, ["format"])
    assert SupplierRecord.objects.get().digest == ""  # so that the next file is read


def test_a_colleagues_lock_stays(client: Client, clerk: "User") -> None:
    """The page was opened before it was locked."""
    edition = sourced(emma(publication_date=None), ("pages",))
    save(client, edition, title="Emma, annotated", **{"source-lock": "nonsense"})
    assert said(edition) == ({"title": "staff"}, ["pages"])


def test_a_field_that_is_changed_and_given_back_is_the_feeds(client: Client, clerk: "User") -> None:
    edition = sourced(emma(publication_date=None), pages="staff")
    save(client, edition, pages="99", **{"source-release": "pages"})
    assert said(edition) == ({"pages": "released"}, [])


def test_only_what_was_changed_is_written(
    client: Client, clerk: "User", django_assert_max_num_queries: Any
) -> None:
    """A feed may have written the rest since the page was sent."""
    edition = emma(publication_date=None, pages=100)
    with django_assert_max_num_queries(60) as asked:
        save(client, edition, title="Emma, annotated", pages="100")
    updates = [
        query["sql"]
        for query in asked.captured_queries
        if query["sql"].startswith('UPDATE "catalog_edition"')
    ]
    assert updates == [
        'UPDATE "catalog_edition" SET "title" = \'Emma, annotated\''
        f' WHERE "catalog_edition"."id" = {edition.pk}'
    ]


def test_ordering_it_for_customers_is_staffs_word(client: Client, clerk: "User") -> None:
    edition = sourced(emma(publication_date=None), backorders="north")
    supply = {
        "supply-TOTAL_FORMS": "1", "supply-INITIAL_FORMS": "0", "supply-0-id": "",
        "supply-0-accepts_backorders": "on", "supply-0-backorder_days": "7",
    }  # fmt: skip
    save(client, edition, **supply)
    assert said(edition) == ({"backorders": "staff"}, [])


def test_a_work_speaks_for_all_its_editions(client: Client, clerk: "User") -> None:
    first = sourced(emma(), work__title="north", pages="north")
    second = EditionFactory.create(work=first.work)
    other = sourced(EditionFactory.create(), work__title="north")
    save_work(client, first, title="Emma Woodhouse", **{"source-lock": "work.description"})
    assert said(first) == ({"work.title": "staff", "pages": "north"}, ["work.description"])
    assert said(second) == ({"work.title": "staff"}, ["work.description"])
    assert said(other) == ({"work.title": "north"}, [])
    save_work(client, first, title="Emma Woodhouse", **{"source-release": "work.title"})
    assert said(second)[0] == {"work.title": "released"}


def test_people_that_staff_names_are_staffs(client: Client, clerk: "User") -> None:
    edition = sourced(emma(), work__contributors="north", work__title="north")
    save_work(
        client,
        edition,
        **{
            "contributions-TOTAL_FORMS": "1",
            "contributions-0-ordinal": "2",
            "contributions-0-role": "A12",
            "contributions-0-contributor": ContributorFactory.create().pk,
            "contributions-0-work": edition.work_id,
        },
    )
    assert said(edition)[0] == {"work.contributors": "staff", "work.title": "north"}


def test_the_pages_say_who_said_it(client: Client, clerk: "User") -> None:
    edition = sourced(
        emma(), ("pages",), pages="staff", format="north", title="gone", subtitle="released",
        work__title="north",
    )  # fmt: skip
    EditionFactory.create(work=edition.work)
    page = client.get(f"{EDITIONS}{edition.pk}/change/")
    rows = {source.name: source for source in page.context["sources"]}
    assert list(rows) == list(EDITION_FIELDS)
    assert {name: rows[name].said_by for name in ("pages", "format", "title")} == {
        "pages": "staff", "format": "Northern Books", "title": "gone",
    }  # fmt: skip
    assert (rows["pages"].is_locked, rows["format"].is_locked) == (True, False)
    assert [rows[name].may_release for name in ("pages", "format", "language", "subtitle")] == [
        True, False, True, False,
    ]  # fmt: skip
    text = page.content.decode()
    assert 'value="pages" checked aria-label="Lock: Pages"' in text
    assert 'name="source-was-locked" value="pages"' in text
    work = client.get(f"{WORKS}{edition.work_id}/change/").context["sources"]
    assert [source.name for source in work] == list(WORK_FIELDS)
    assert (work[0].label, work[0].said_by) == ("Title", "Northern Books")


def test_who_may_only_look_locks_nothing(client: Client, helper: "User") -> None:
    edition = sourced(emma(), ("pages",))
    page = client.get(f"{EDITIONS}{edition.pk}/change/").content.decode()
    assert "Who says so" in page
    assert "source-lock" not in page
    form = edition_form(edition, **{"source-lock": "title"})
    assert client.post(f"{EDITIONS}{edition.pk}/change/", form).status_code == 403
    assert said(edition) == ({}, ["pages"])
