"""Lists in the back office: uploaded, their columns named, looked through, taken in."""

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog import list_outcomes, stock_lists, uploaded_lists
from catalog.models import (
    DoneForm,
    Edition,
    ListMapping,
    Price,
    Stock,
    StockMovement,
    UploadedList,
    generations,
)
from catalog.tests.back_office import stale_names
from catalog.tests.factories import EditionFactory, main_shop, put_in_stock, sku, store_room
from tests.races import at_once

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db
ADD = "/admin/catalog/uploadedlist/add/"
TODAY = datetime.date(2026, 3, 1)


def upload(client: Client, kind: str, text: str | bytes, **fields: Any) -> Any:
    content = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile("list.csv", content)
    return client.post(
        ADD, {"kind": kind, "file": file, "key": f"upload-{timezone.now()}", **fields}
    )


def step(name: str, uploaded: UploadedList) -> str:
    return reverse(f"admin:catalog_uploadedlist_{name}", args=[uploaded.pk])


def columns(*names: str, **fields: Any) -> dict[str, Any]:
    return {**{f"column_{place}": name for place, name in enumerate(names)}, **fields}


def checked(client: Client, kind: str, text: str, *names: str, **fields: Any) -> UploadedList:
    assert upload(client, kind, text).status_code == 303
    uploaded = UploadedList.objects.latest("id")
    if kind == "stock":
        fields.setdefault("location", main_shop().pk)
    answer = client.post(step("columns", uploaded), columns(*names, **fields))
    assert (answer.status_code, answer["Location"]) == (303, step("change", uploaded))
    uploaded.refresh_from_db()
    return uploaded


def take_in(client: Client, uploaded: UploadedList, **fields: Any) -> list[str]:
    answer = client.post(step("apply", uploaded), {"key": f"k{uploaded.pk}", **fields}, follow=True)
    uploaded.refresh_from_db()
    return [str(message) for message in answer.context["messages"]]


def test_a_stock_list_from_upload_to_ledger(client: Client, clerk: "User") -> None:
    known, new, same = EditionFactory.create(stock=5), EditionFactory.create(), put_in_stock(
        EditionFactory.create(), 2
    )  # fmt: skip
    text = (
        "Artikel;Titel;Bestand\n"
        f"{known.isbn13};Emma;3\n{new.isbn13};Dune;7\n{same.edition.isbn13};x;2\n{sku(9_099)};Nobody;\n"
    )
    EditionFactory.create(isbn13=sku(9_099))
    begun = upload(client, "stock", text)
    uploaded = UploadedList.objects.get()
    assert (begun.status_code, begun["Location"]) == (303, step("columns", uploaded))
    page = client.get(begun["Location"]).content.decode()
    assert "Emma" in page and "Artikel" in page
    assert (
        "No column is “ISBN or SKU”"
        in client.post(
            begun["Location"], columns("", "", "on_hand", location=main_shop().pk)
        ).content.decode()
    )
    client.post(begun["Location"], columns("isbn13", "", "on_hand", location=main_shop().pk))
    uploaded.refresh_from_db()
    numbers = ("created", "changed", "unchanged", "blank", "wrong", "sound")
    assert [uploaded.report[name] for name in numbers] == [1, 1, 1, 1, 0, 3]
    assert StockMovement.objects.count() == 2  # nothing was done yet
    assert "Take in 3 lines" in client.get(step("change", uploaded)).content.decode()

    assert take_in(client, uploaded) == []
    assert {stock.edition: stock.on_hand for stock in Stock.objects.all()} == {
        known: 3, new: 7, same.edition: 2,
    }  # fmt: skip
    assert list(
        StockMovement.objects.order_by("id").values_list("on_hand_change", "reason", "actor")[2:]
    ) == [(-2, "Stock list", clerk.pk), (7, "Stock list", clerk.pk)]
    assert (uploaded.status, bytes(uploaded.content)) == ("done", b"")
    assert uploaded.finished_at is not None
    assert "taken in already" in take_in(client, uploaded)[0]
    uploaded_lists.take_in(uploaded.pk, at=timezone.now(), today=TODAY)  # the worker, after all
    assert StockMovement.objects.count() == 4


def test_the_columns_are_remembered(client: Client, clerk: "User") -> None:
    edition = EditionFactory.create()
    text = f"Nr,Zahl\n{edition.isbn13},3\n"
    checked(client, "stock", text, "isbn13", "on_hand")
    upload(client, "stock", text.replace(",3", ",4"))
    form = client.get(step("columns", UploadedList.objects.latest("id"))).context["form"]
    assert [form[f"column_{place}"].initial for place in range(2)] == ["isbn13", "on_hand"]
    assert ListMapping.objects.count() == 1


def test_wrong_lines_stop_the_others_unless_they_are_left_out(
    client: Client, clerk: "User"
) -> None:
    edition, promised = EditionFactory.create(stock=5), EditionFactory.create(stock=4)
    Stock.objects.allocate_many({promised.stocks.get(): 3}, reference="A1")
    text = (
        f"isbn13,on_hand\n{edition.isbn13},3\n9.78E+12,1\n{promised.isbn13},2\n{edition.isbn13},9\n"
    )
    uploaded = checked(client, "stock", text, "isbn13", "on_hand")
    page = client.get(step("change", uploaded)).content.decode()
    assert "nothing is done while a line is wrong" in page
    assert [(error["line"], error["column"]) for error in uploaded.report["errors"]] == [
        (3, "isbn13"), (4, "on_hand"), (5, "isbn13"),
    ]  # fmt: skip
    file = client.get(step("wrong", uploaded))
    lines = file.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "isbn13,on_hand,line,what is wrong"
    assert lines[1].startswith('9.78E+12,1,3,"isbn13: was shortened by a spreadsheet')
    assert "no-store" in file["Cache-Control"]

    assert "lines are wrong" in take_in(client, uploaded)[0]
    assert Stock.objects.get(edition=edition).on_hand == 5
    take_in(client, uploaded, key="another", leaves_out_wrong="on")
    assert Stock.objects.get(edition=edition).on_hand == 3
    assert Stock.objects.get(edition=promised).on_hand == 4


def test_what_became_wrong_meanwhile_stops_it_too(client: Client, clerk: "User") -> None:
    edition = EditionFactory.create(stock=5)
    uploaded = checked(
        client, "stock", f"isbn13,on_hand\n{edition.isbn13},3\n", "isbn13", "on_hand"
    )
    Stock.objects.allocate_many({edition.stocks.get(): 4}, reference="A1")
    take_in(client, uploaded)
    assert (uploaded.status, uploaded.report["wrong"]) == ("failed", 1)
    assert Stock.objects.get().on_hand == 5
    assert "wrong by now" in client.get(step("change", uploaded)).content.decode()


def test_a_long_list_is_the_workers_and_goes_on_after_a_kill(
    client: Client, clerk: "User", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploaded_lists, "AT_ONCE", 2)
    batches = list_outcomes.in_batches
    monkeypatch.setattr(stock_lists, "in_batches", lambda items: batches(items, 2))
    editions = EditionFactory.create_batch(5)
    text = "isbn13,on_hand\n" + "".join(f"{edition.isbn13},3\n" for edition in editions)
    uploaded = checked(client, "stock", text, "isbn13", "on_hand")
    take_in(client, uploaded)
    assert (uploaded.status, Stock.objects.count()) == ("waiting", 0)
    assert "0 of 5 lines" in client.get(step("change", uploaded)).content.decode()
    assert ProcrastinateJob.objects.filter(task_name="catalog.take_in_list").count() == 1
    assert client.get(step("columns", uploaded)).status_code == 303

    class Killed(Exception):
        pass

    carry_out = stock_lists._carry_out
    done: list[int] = []

    def dies_at_the_second(batch: Any, actor: Any, outcome: Any) -> None:
        if done:
            raise Killed
        done.append(len(batch))
        carry_out(batch, actor, outcome)

    monkeypatch.setattr(stock_lists, "_carry_out", dies_at_the_second)
    with pytest.raises(Killed):
        uploaded_lists.take_in(uploaded.pk, at=timezone.now(), today=TODAY)
    monkeypatch.setattr(stock_lists, "_carry_out", carry_out)
    uploaded.refresh_from_db()
    assert (uploaded.status, uploaded.done_count, uploaded.percent) == ("running", 2, 40)
    sold = Stock.objects.get(edition=editions[0])
    sold.damage(1, reason="Sold meanwhile")  # what came after its line was taken in stays so
    uploaded_lists.take_in(uploaded.pk, at=timezone.now(), today=TODAY)
    uploaded.refresh_from_db()
    assert (uploaded.status, uploaded.done_count) == ("done", 5)
    assert [stock.on_hand for stock in Stock.objects.order_by("edition__isbn13")] == [2, 3, 3, 3, 3]


def test_a_price_list_with_commas_and_periods(client: Client, clerk: "User") -> None:
    edition = EditionFactory.create(price=Decimal("10.00"))
    year = timezone.localdate().year + 1
    text = f"EAN;VK;von;bis\n{edition.isbn13};1.250,00;1.6.{year};30.6.{year}\n"
    uploaded = checked(client, "prices", text, "isbn13", "amount", "valid_from", "valid_to")
    take_in(client, uploaded)
    assert list(
        Price.objects.order_by("valid_from").values_list("amount", "valid_from", "valid_to")
    ) == [
        (Decimal("10.00"), datetime.date(2024, 1, 1), datetime.date(year, 5, 31)),
        (Decimal("1250.00"), datetime.date(year, 6, 1), datetime.date(year, 6, 30)),
        (Decimal("10.00"), datetime.date(year, 7, 1), None),
    ]
    assert stale_names() == set(generations.showing([edition.work_id]))


def test_prices_that_jump_are_shown_before_they_are_taken_in(client: Client, clerk: "User") -> None:
    one, two, same = (EditionFactory.create(price=Decimal("12.50")) for _each in range(3))
    text = f"EAN;VK\n{one.isbn13};12,99\n{two.isbn13};1.250\n{same.isbn13};12,50\n"
    uploaded = checked(client, "prices", text, "isbn13", "amount")
    today = timezone.localdate().isoformat()
    assert uploaded.report["jumps"] == [
        [two.isbn13, "12.50", "1250", today],
        [one.isbn13, "12.50", "12.99", today],
    ]
    page = client.get(step("change", uploaded)).content.decode()
    jump = page[page.index(two.isbn13) : page.index(one.isbn13)]
    assert two.display_title in jump
    assert "$12.50" in jump and "<strong>$1,250.00</strong>" in jump
    assert "Is that right?" in jump
    assert page.count("Is that right?") == 1
    assert same.isbn13 not in page
    assert Price.objects.count() == 3


def test_what_a_column_does_not_tell_is_asked(client: Client, clerk: "User") -> None:
    edition = EditionFactory.create(price=False)
    text = f"EAN;VK\n{edition.isbn13};1.250\n"
    uploaded = checked(client, "prices", text, "isbn13", "amount")
    assert "two ways" in uploaded.report["errors"][0]["message"]
    client.post(step("columns", uploaded), columns("isbn13", "amount", decimal_mark=","))
    uploaded.refresh_from_db()
    take_in(client, uploaded)
    assert Price.objects.get().amount == Decimal(1250)


def test_a_catalogue_is_tried_out_and_taken_in(client: Client, clerk: "User") -> None:
    text = f"EAN;Titel;Einband;Sprache;Marke;Bestand\n{sku(1)};Emma;paperback;en;Lamp;3\n"
    names = ("isbn13", "title", "format", "language", "imprint", "stock")
    uploaded = checked(client, "catalog", text, *names)
    assert (uploaded.report["created"], Edition.objects.count()) == (1, 0)
    take_in(client, uploaded)
    assert Edition.objects.get().display_title == "Emma"
    assert StockMovement.objects.get().actor == clerk
    assert uploaded.status == "done"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04 [Content_Types].xml", "Excel workbook"), (b"a,\x00", "NUL"),
        (b"isbn13,on_hand\n1,\x81\xf0\xf5\xfa\xfb\xfd", "cannot be told"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused(
    client: Client, clerk: "User", content: bytes, said: str
) -> None:
    answer = upload(client, "stock", content)
    assert (answer.status_code, UploadedList.objects.count()) == (422, 0)
    assert said in answer.content.decode()
    assert not DoneForm.objects.exists()


def test_the_encoding_can_be_chosen(client: Client, clerk: "User") -> None:
    edition = EditionFactory.create()
    text = f"isbn13,on_hand,Titel\n{edition.isbn13},1,Öl\n".encode("mac_roman")
    upload(client, "stock", text)
    url = step("columns", UploadedList.objects.get())
    assert "…l" in client.get(url).content.decode()
    again = {"again": "1", "encoding": "mac_roman", "location": main_shop().pk}
    page = client.post(url, columns("isbn13", "on_hand", "", **again)).content.decode()
    assert "Öl" in page
    assert not ListMapping.objects.exists()


def test_permissions(client: Client, helper: "User") -> None:
    assert client.get(ADD).status_code == 403
    assert client.get("/admin/catalog/uploadedlist/").status_code == 403
    helper.user_permissions.add(Permission.objects.get(codename="change_stock"))
    assert [kind for kind, _label in client.get(ADD).context["form"]["kind"].field.choices] == [
        "stock"
    ]
    assert upload(client, "prices", "isbn13,amount\n").status_code == 422
    others = UploadedList.objects.create(kind="prices", file_name="x", content=b"a")
    for name in ("change", "columns", "apply", "wrong"):
        assert client.get(step(name, others)).status_code == 404
    assert client.post(step("delete", others), {"post": "yes"}).status_code in (302, 403, 404)
    assert UploadedList.objects.get() == others


def test_a_list_is_given_up_or_forgotten(client: Client, clerk: "User") -> None:
    uploaded = UploadedList.objects.create(kind="stock", file_name="x", content=b"a")
    assert client.post(step("delete", uploaded), {"post": "yes"}).status_code == 302
    UploadedList.objects.create(kind="stock", file_name="old", content=b"a")
    busy = UploadedList.objects.create(
        kind="stock", file_name="x", content=b"a", status=UploadedList.Status.RUNNING
    )
    now = timezone.now()
    assert uploaded_lists.forget_old(now=now + datetime.timedelta(days=6)) == 0
    assert uploaded_lists.forget_old(now=now + datetime.timedelta(days=8)) == 1
    assert UploadedList.objects.get() == busy


def test_the_pages_take_a_fixed_number_of_queries(
    client: Client, clerk: "User", django_assert_max_num_queries: Any
) -> None:
    store_room()
    text = "isbn13,on_hand\n" + f"{sku(1)},x\n" * 30
    uploaded = checked(client, "stock", text, "isbn13", "on_hand")
    with django_assert_max_num_queries(5):
        client.get(step("change", uploaded))
    with django_assert_max_num_queries(8):
        client.get(step("columns", uploaded))
    with django_assert_max_num_queries(9):
        client.get("/admin/catalog/uploadedlist/")


@pytest.mark.django_db(transaction=True)
def test_two_who_take_in_the_same_list_do_it_once() -> None:
    edition = EditionFactory.create(stock=1)
    uploaded = UploadedList.objects.create(
        kind="stock", file_name="x", content=f"isbn13,on_hand\n{edition.isbn13},3\n".encode(),
        status="waiting", layout={"columns": ["isbn13", "on_hand"]},
    )  # fmt: skip

    def take() -> None:
        uploaded_lists.take_in(uploaded.pk, at=timezone.now(), today=TODAY)

    assert at_once([take] * 2) == [None, None]
    uploaded.refresh_from_db()
    assert (uploaded.status, uploaded.done_count) == ("done", 1)
    assert StockMovement.objects.count() == 2  # the factory’s, and the list’s
