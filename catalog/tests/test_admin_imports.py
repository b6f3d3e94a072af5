"""Suppliers' files in the back office: uploaded, watched, looked into, undone, tried again."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from catalog import intake
from catalog.feeds import runs
from catalog.models import ImportRecord, ImportRun, Supplier
from catalog.tests.back_office import emma
from catalog.tests.factories import sku
from catalog.tests.suppliers import ONIX, Outcome, deferred, north, record, run_of, upload_of

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/importrun/"
UPLOAD = f"{LIST}add/"


@pytest.fixture(autouse=True)
def media_root(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def page_of(run: ImportRun, name: str = "change", *rest: int) -> str:
    return reverse(f"admin:catalog_importrun_{name}", args=[run.pk, *rest])


def upload(client: Client, key: str = "k1", **fields: Any) -> Any:
    form = {"supplier": north().pk, "file": upload_of(), "key": key, **fields}
    return client.post(UPLOAD, form, follow=True)


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


# --- Uploading ----------------------------------------------------------------------------------


def test_a_file_is_uploaded_and_watched(client: Client, clerk: "User", media_root: Path) -> None:
    asked = client.get(UPLOAD, {"supplier": north().pk})
    assert asked.context["form"].initial["supplier"] == str(north().pk)
    assert "At most 512 MB" in asked.content.decode()
    answer = upload(client)
    run = ImportRun.objects.get()
    assert answer.redirect_chain == [(page_of(run), 303)]
    assert said(answer) == ["The file was received, and is being imported."]
    assert (run.actor, run.file_bytes, run.status) == (clerk, len(ONIX), "waiting")
    assert deferred("catalog.run_import") == [{"run_id": run.pk}]
    assert "waits for the worker" in answer.content.decode()
    assert files_in(media_root) == [Path(run.file.path)]  # nothing is left on the way
    assert run.file.read() == ONIX


def test_the_same_form_imports_once_and_the_same_file_is_told(
    client: Client, clerk: "User"
) -> None:
    upload(client)
    assert "sent before" in said(upload(client))[0]
    assert ImportRun.objects.count() == 1
    again = upload(client, key="k2")
    assert "importing it again changes nothing" in said(again)[1]
    assert "The very same file was imported before, on" in again.content.decode()
    assert len(deferred("catalog.run_import")) == 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"file": upload_of(b"Rar!" + ONIX)}, "Unpack it"),
        ({"file": upload_of(b"isbn13,title")}, "no ONIX file"),
        ({"file": upload_of(b"")}, "empty"),
        ({"file": ""}, "required"),
        ({"supplier": "0"}, "valid choice"),
    ],
)
def test_what_is_no_file_of_a_supplier_is_refused(
    client: Client, clerk: "User", media_root: Path, fields: dict[str, Any], message: str
) -> None:
    assert message in upload(client, **fields).content.decode()
    assert not ImportRun.objects.exists()
    assert files_in(media_root) == []
    assert upload(client).redirect_chain  # the form can be sent again


def test_four_gigabytes_are_refused_before_they_are_read(client: Client, clerk: "User") -> None:
    answer = client.post(UPLOAD, {}, CONTENT_LENGTH=str(4 * 1024**3), follow=True)
    assert said(answer) == ["The file is larger than 512 MB. Ask the supplier for several files."]


def test_an_only_supplier_is_chosen_already(client: Client, clerk: "User") -> None:
    only = north()
    assert f'<option value="{only.pk}" selected>' in client.get(UPLOAD).content.decode()
    Supplier.objects.create(code="south", name="South")
    assert '<option value="" selected>…' in client.get(UPLOAD).content.decode()


def test_nothing_is_read_of_who_may_not_upload(helper: "User", client: Client) -> None:
    assert upload(client).status_code == 403
    assert "login" in upload(Client()).redirect_chain[0][0]
    strict = Client(enforce_csrf_checks=True)
    helper.is_superuser = True
    helper.save()
    strict.force_login(helper)
    assert strict.post(UPLOAD, {"supplier": north().pk, "file": upload_of()}).status_code == 403
    assert not ImportRun.objects.exists()


def test_without_a_supplier_the_page_says_what_comes_first(client: Client, clerk: "User") -> None:
    page = client.get(UPLOAD).content.decode()
    assert "First enter the supplier" in page
    assert "data-upload" not in page


# --- Watching -----------------------------------------------------------------------------------


def test_progress_is_shown_until_it_is_over(client: Client, clerk: "User") -> None:
    begun = timezone.now()
    run = run_of(status="running", started_at=begun, bytes_read=420, created_count=20_000)
    with time_machine.travel(begun + datetime.timedelta(seconds=10), tick=False):
        page = client.get(page_of(run)).content.decode()
    assert '<progress max="100" value="42"' in page
    assert "20,000 records so far." in page
    assert "2,000 a second." in page
    assert "At most a minute left." in page
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    same = client.get(page_of(run, "progress"), {"told": "40"}).content.decode()
    assert "hx-swap-oob" not in same
    news = client.get(page_of(run, "progress"), {"told": "30"}).content.decode()
    assert "42 percent of the file were read." in news
    ImportRun.objects.update(status="done")
    assert client.get(page_of(run, "progress"))["HX-Refresh"] == "true"


def test_the_summary_says_what_came_of_it(
    client: Client, clerk: "User", django_assert_max_num_queries: Any
) -> None:
    run = run_of(created_count=1_234, rejected_count=12, notes=["It claims to be UTF-8."], file="x")
    for n in range(12):
        reasons = [["Title", "There is no title."]]
        record(run, n, Outcome.REJECTED, reference=f"ref{n}", reasons=reasons)
    with django_assert_max_num_queries(9):
        page = client.get(page_of(run)).content.decode()
    assert "<strong>1,234</strong> Created" in page
    assert f'<a href="{page_of(run, "records")}?outcome=rejected"><strong>12</strong>' in page
    assert "It claims to be UTF-8." in page
    assert "Title: There is no title." in page
    assert page.count("ref") >= 10
    assert "All 12" in page
    assert "htmx" not in page


def test_the_list_says_what_became_of_each(
    client: Client, clerk: "User", django_assert_max_num_queries: Any
) -> None:
    for n in range(5):
        run_of(created_count=n + 1_000, file_name=f"f{n}.xml")
    run_of(status="failed")
    client.get(LIST)
    with django_assert_max_num_queries(8):
        page = client.get(LIST).content.decode()
    assert "1,004 Created" in page
    assert "shop-run-failed" in page
    only = client.get(LIST, {"look": "open"})
    assert [run.status for run in only.context["cl"].queryset] == ["failed"]


# --- Looking into it ----------------------------------------------------------------------------


def many(run: ImportRun, number: int) -> None:
    ImportRecord.objects.bulk_create(
        ImportRecord(
            run=run,
            ordinal=n,
            line=n * 10,
            isbn13=sku(n),
            reference=f"r{n}",
            outcome=Outcome.CHANGED if n % 2 else Outcome.CREATED,
        )
        for n in range(number)
    )


def test_records_are_paged_by_their_place(
    client: Client, clerk: "User", django_assert_max_num_queries: Any
) -> None:
    run = run_of(created_count=100, changed_count=100)
    many(run, 200)
    url = page_of(run, "records")

    def shown(**query: Any) -> tuple[list[int], Any]:
        with django_assert_max_num_queries(5):
            page = client.get(url, query).context["page"]
        return [each.ordinal for each in page.records], page

    first, page = shown()
    assert (first, page.before, page.after) == (list(range(50)), None, 49)
    second, page = shown(after=49)
    assert (second, page.before, page.after) == (list(range(50, 100)), 50, 99)
    back, page = shown(before=50)
    assert (back, page.before, page.after) == (first, None, 49)
    last, page = shown(after=149)
    assert (last[-1], page.after) == (199, None)
    odd, page = shown(outcome="changed", after=99)
    assert odd == list(range(101, 200, 2))
    assert 'href="?outcome=changed&amp;before=101"' in client.get(
        url, {"outcome": "changed", "after": "99"}
    ).content.decode()  # fmt: skip


@pytest.mark.parametrize("query", [sku(7), f"{sku(7)[:3]}-{sku(7)[3:]}", "r7", " r7 "])
def test_a_record_is_found_by_its_number_or_reference(
    client: Client, clerk: "User", query: str
) -> None:
    run = run_of(created_count=5, changed_count=5)
    many(run, 10)
    page = client.get(page_of(run, "records"), {"q": query}).context["page"]
    assert [each.ordinal for each in page.records] == [7]


@pytest.mark.parametrize(
    "query", ["after=x", "before=-1", "after=99999999999", "q=zzz", "outcome=x"]
)
def test_odd_addresses_are_no_error(client: Client, clerk: "User", query: str) -> None:
    run = run_of(created_count=1)
    record(run, 1)
    assert client.get(f"{page_of(run, 'records')}?{query}").status_code == 200


def test_a_record_says_what_it_changed(client: Client, clerk: "User") -> None:
    edition = emma()
    run = run_of(changed_count=1)
    changes = {
        "pages": [None, 320],
        "format": ["hardback", "paperback"],
        "publication_date": ["2024-03-01", "2024-04-01"],
        "work.description": [
            "A clever girl meddles with the lives of others.",
            "A <b>clever</b> girl meddles with the lives of others.",
        ],
        "is_offered": [True, False],
    }
    reasons = [["price", "A price in EUR was left out."]]
    record(
        run, 3, Outcome.CHANGED, edition=edition, isbn13=edition.isbn13, changes=changes,
        reasons=reasons,
    )  # fmt: skip
    page = client.get(page_of(run, "record", 3)).content.decode()
    assert "line 30 of the file" in page
    assert f'<a href="{reverse("admin:catalog_edition_change", args=[edition.pk])}">' in page
    assert "Description of the work" in page
    assert "A <del>clever</del> girl meddles with the lives of others." in page
    assert "A <ins>&lt;b&gt;clever&lt;/b&gt;</ins> girl meddles with the lives of others." in page
    for words in ("Hardback", "Paperback", "March 1, 2024", "April 1, 2024", "320", "nothing"):
        assert words in page
    assert "A price in EUR was left out." in page
    assert "What was left out" in page
    assert client.get(page_of(run, "record", 4)).status_code == 404
    assert client.get(page_of(run, "record", 2**40)).status_code == 404


def test_the_supplier_gets_the_rejected_as_a_file(client: Client, clerk: "User") -> None:
    run = run_of(rejected_count=2, created_count=1)
    record(run, 1)
    record(
        run, 2, Outcome.REJECTED, reference="=cmd()", isbn13=sku(1),
        reasons=[["Title", "There is no title."], ["", "Nothing, \"really\"."]],
    )  # fmt: skip
    record(run, 3, Outcome.REJECTED, reference="r3")
    answer = client.get(page_of(run, "rejected"))
    assert answer["Content-Disposition"] == f'attachment; filename="rejected-north-{run.pk}.csv"'
    text = b"".join(answer).decode("utf-8-sig")
    assert text.splitlines() == [
        "Line,Record reference,ISBN or SKU,Field,What is wrong",
        f"20,'=cmd(),{sku(1)},Title,There is no title.",
        f'20,\'=cmd(),{sku(1)},,"Nothing, ""really""."',
        "30,r3,,,",
    ]


# --- What staff does ----------------------------------------------------------------------------


def test_an_import_is_undone_after_a_question(client: Client, clerk: "User") -> None:
    run = run_of(created_count=2_000, changed_count=1)
    run_of()
    page = client.get(page_of(run, "undo")).content.decode()
    assert "2,000 editions that it brought are taken out" in page
    assert "1 edition that it changed is as before." in page
    assert "1 import came after it." in page
    assert deferred("catalog.undo_import") == []
    for _ in range(2):  # a double click
        answer = client.post(page_of(run, "undo"), {"key": "k"})
        assert (answer.status_code, answer["Location"]) == (303, page_of(run))
    run.refresh_from_db()
    assert (run.status, run.undone_by) == ("undoing", clerk)
    assert deferred("catalog.undo_import") == [{"run_id": run.pk}]
    again = client.post(page_of(run, "undo"), {"key": "k2"}, follow=True)
    assert "cannot be undone" in said(again)[-1]
    assert "taken back" in again.content.decode()


def test_a_failed_import_is_tried_again(client: Client, clerk: "User") -> None:
    run = intake.receive(supplier=north(), file=upload_of(), actor=None)
    ImportRun.objects.update(status="failed", message="The disk was full.")
    page = client.get(page_of(run)).content.decode()
    assert "The disk was full." in page
    assert "Try again" in page
    assert client.post(page_of(run, "retry")).status_code == 303
    run.refresh_from_db()
    assert (run.status, run.message) == ("waiting", "")
    assert len(deferred("catalog.run_import")) == 2


def test_what_was_looked_at_waits_no_more(client: Client, clerk: "User") -> None:
    run = run_of(rejected_count=1)
    record(run, 1, Outcome.REJECTED)
    assert "I have looked at this" in client.get(page_of(run)).content.decode()
    client.post(page_of(run, "seen"))
    run.refresh_from_db()
    assert run.seen_at is not None
    assert "I have looked at this" not in client.get(page_of(run)).content.decode()


def test_who_may_look_changes_nothing(client: Client, helper: "User") -> None:
    run = run_of(status="failed", rejected_count=1, file="x")
    record(run, 1, Outcome.REJECTED)
    pages = ("change", "progress", "records", "rejected")
    assert {client.get(page_of(run, name)).status_code for name in pages} == {403}
    helper.user_permissions.add(Permission.objects.get(codename="view_importrun"))
    assert {client.get(page_of(run, name)).status_code for name in pages} == {200}
    page = client.get(page_of(run)).content.decode()
    for words in ("Undo", "Try again", "I have looked"):
        assert words not in page
    for name in ("undo", "retry", "seen"):
        assert client.post(page_of(run, name), {"key": "k"}).status_code == 403
    run.refresh_from_db()
    assert (run.status, run.seen_at) == ("failed", None)
    assert client.get(page_of(run, "record", 1)).status_code == 200


def test_the_start_page_says_what_to_look_at(client: Client, clerk: "User") -> None:
    run_of(status="failed")
    run = run_of(rejected_count=1)
    run_of(created_count=1)
    run_of(status="undone", rejected_count=1)
    duty = client.get("/admin/").context["duties"][-1]
    assert (duty.number, str(duty.text)) == (2, "imports to look at")
    assert client.get(duty.url).context["cl"].result_count == 2
    run.mark_seen(at=timezone.now())
    assert client.get("/admin/").context["duties"][-1].number == 1


def test_what_is_no_onix_can_only_be_deleted(
    client: Client, clerk: "User", media_root: Path
) -> None:
    run = intake.receive(supplier=north(), file=upload_of(b"<html></html>"), actor=None)
    runs.run(run.pk, at=timezone.now())
    run.refresh_from_db()
    assert (run.status, run.is_refused) == ("failed", True)
    page = client.get(page_of(run)).content.decode()
    assert "Try again" not in page
    assert "Undo this import" not in page
    assert "Delete this import" in page
    assert client.post(page_of(run, "retry")).status_code == 303
    assert len(deferred("catalog.run_import")) == 1
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = client.post(page_of(run, "delete"), follow=True)
    assert said(answer)[-1] == "“march.xml” was deleted."
    assert not ImportRun.objects.exists()
    assert files_in(media_root) == []


@pytest.mark.parametrize("fields", [{"created_count": 1}, {"status": "waiting"}])
def test_what_wrote_something_or_goes_on_is_not_deleted(
    client: Client, clerk: "User", fields: dict[str, Any]
) -> None:
    run = run_of(**fields)
    assert "Delete this import" not in client.get(page_of(run)).content.decode()
    answer = client.post(page_of(run, "delete"), follow=True)
    assert "This import stays" in said(answer)[-1]
    assert ImportRun.objects.get() == run
