"""Stock and catalogue as CSV, and back again."""

import csv
import datetime
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog import csv_exporting, csv_writing
from catalog.importing import import_catalog
from catalog.models import (
    Contribution,
    Edition,
    Location,
    Price,
    Series,
    SeriesMembership,
    Stock,
    StockMovement,
    Subject,
    Work,
)
from catalog.stock_lists import import_stock
from catalog.tests.factories import EditionFactory, SubjectFactory, put_in_stock, sku, store_room

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 3, 1)
CATALOG = (
    "isbn13,work,title,subtitle,contributors,series,series_position,publisher,imprint,format,"
    "language,publication_date,first_published,original_language,subjects,pages,price,stock,"
    "description\n"
    f"{sku(9_001)},crime,'=Crime,Part; one,"
    '"Dostoyevsky, Fyodor, 1821-1881 [A01]; Garnett, Constance, 1861- [B06]",Nights,2.5,'
    'House,Lamp,paperback,en,2024-05-01,1866,ru,FBC;FYT,560,1250.50,4,"A ""student"",\nkills."\n'
    f"{sku(9_002)},crime,Raskolnikow,,,,,House,Lamp,ebook,de,,,,,,,,\n"
    f'{sku(9_003)},odyssey,Odyssey,,"Homer, -800- [A01]",,,Other,Lamp,hardback,en,,-700,,,,0,0,\n'
)


def exported(**kind: Any) -> str:
    return "".join(csv_writing.stream(csv_exporting.catalog_rows(on=TODAY), **kind))


def content() -> list[Any]:
    models = (Work, Edition, Contribution, Price, Stock, StockMovement, SeriesMembership)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.fixture
def catalog() -> None:
    for code in ("FBC", "FYT"):
        SubjectFactory.create(code=code, name=code)
    import_catalog(io.BytesIO(CATALOG.encode()), today=TODAY)


def test_an_exported_catalogue_changes_nothing(catalog: None) -> None:
    before, text = content(), exported(with_mark=True)
    report = import_catalog(io.BytesIO(text.encode()), today=TODAY)
    assert content() == before
    assert set(vars(report).values()) == {0}


def test_an_exported_catalogue_makes_the_same_shop_anew(catalog: None) -> None:
    text = exported()
    assert "'=Crime" in text
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE catalog_work CASCADE")
    Series.objects.all().delete()
    import_catalog(io.BytesIO(text.encode()), today=TODAY)
    assert exported() == text
    assert Work.objects.get(key="crime").title == "=Crime"
    assert Price.objects.get(edition__isbn13=sku(9_001)).amount == Decimal("1250.50")


def test_the_catalogue_takes_a_fixed_number_of_queries(catalog: None) -> None:
    with CaptureQueriesContext(connection) as few:
        exported()
    EditionFactory.create_batch(9, stock=1)
    with CaptureQueriesContext(connection) as many:
        exported()
    assert len(few) == len(many) <= 9
    assert Subject.objects.exists()


def test_an_exported_stock_list_changes_nothing() -> None:
    one, two = EditionFactory.create_batch(2, work__title="@home")
    Stock.objects.allocate_many({put_in_stock(one, 5): 2}, reference="A1")
    put_in_stock(two, 7, location=store_room())
    Price.objects.filter(edition=two).delete()
    with CaptureQueriesContext(connection) as queries:
        text = "".join(csv_writing.stream(csv_exporting.stock_rows(on=TODAY)))
    assert len(queries) == 1
    assert list(csv.reader(io.StringIO(text))) == [
        list(csv_exporting.STOCK_HEADINGS),
        [one.isbn13, "'@home", "main", "5", "2", "3", "9.99", "USD"],
        [two.isbn13, "'@home", "store-room", "7", "0", "7", "", "USD"],
    ]
    assert import_stock(io.BytesIO(text.encode())) == 0
    assert StockMovement.objects.count() == 3


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"), ("+49 30", "'+49 30"), ("-x", "'-x"), ("@a", "'@a"), ("\tx", "'\tx"),
        ("'=x", "''=x"), ("'tis", "'tis"), ("-5.00", "-5.00"), (Decimal("-1.5"), "-1.5"),
        (None, ""), (0, "0"), ("a=b", "a=b"),
    ],
)  # fmt: skip
def test_nothing_is_run_by_a_spreadsheet(value: Any, written: str) -> None:
    assert csv_writing.cell(value) == written


def test_a_long_file_comes_in_pieces() -> None:
    pieces = list(csv_writing.stream((["x" * 1000] for _ in range(200)), with_mark=True))
    assert len(pieces) == 4
    assert pieces[0][0] == "\ufeff"
    assert "".join(pieces).count("\r\n") == 200


def test_the_commands(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    edition = EditionFactory.create(stock=3)
    call_command("export_stock", "--location", "main")
    assert f"{edition.isbn13}," in capsys.readouterr().out
    path = tmp_path / "catalog.csv"
    call_command("export_catalog", "--output", str(path), "--excel")
    assert path.read_bytes().startswith(b"\xef\xbb\xbfisbn13,work,")
    with pytest.raises(CommandError, match="File exists"):
        call_command("export_catalog", "--output", str(path))
    with pytest.raises(CommandError, match="moon is no location"):
        call_command("export_stock", "--location", "moon")


def test_the_page(client: Client, clerk: "User") -> None:
    edition = EditionFactory.create(stock=3)
    put_in_stock(edition, 2, location=store_room())
    url = "/admin/catalog/edition/download/"
    assert "Download as CSV" in client.get("/admin/catalog/edition/").content.decode()
    assert client.get(url).status_code == 200
    location = Location.objects.get(code="store-room").pk
    answer: Any = client.post(url, {"what": "stock", "location": location})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert [line.split(",")[2:4] for line in lines[1:]] == [["store-room", "2"]]
    assert answer["Content-Disposition"].startswith('attachment; filename="stock-')
    assert "no-store" in answer["Cache-Control"]
    answer = client.post(url, {"what": "catalog", "for_excel": "on"})
    assert b"".join(answer.streaming_content).startswith(b"\xef\xbb\xbfisbn13,work")


def test_permissions(client: Client, helper: "User") -> None:
    url = "/admin/catalog/edition/download/"
    assert client.get(url).status_code == 200
    helper.user_permissions.clear()
    assert client.get(url).status_code == 403
    assert client.post(url, {"what": "stock"}).status_code == 403
