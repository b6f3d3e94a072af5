"""Reading CSV files: encodings, separators, headings, lines, and what is no CSV file at all."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.conf import settings

from catalog.csv_files import Columns, Layout, ListFile, UnreadableFile, read_rows
from catalog.csv_values import Kind
from catalog.tests.factories import sku

NASTY = Path(settings.BASE_DIR).parent / "shared" / "data" / "nasty" / "csv" / "spectrum"
STOCK = Columns(
    {"isbn13": Kind.NUMBER, "on_hand": Kind.COPIES, "title": Kind.TEXT},
    required=("isbn13", "on_hand"),
)
TEXTS = Columns(dict.fromkeys(("isbn13", "title"), Kind.TEXT), required=("isbn13",))


def opened(content: bytes, layout: Layout | None = None, columns: Columns = STOCK) -> ListFile:
    file = ListFile(io.BytesIO(content), columns, layout)
    file.check_headings()
    return file


def fields(file: ListFile) -> list[dict[str, str]]:
    return [row.fields for row in file.rows()]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be"), ("cp1252", "cp1252"),
        ("latin-1", "cp1252"), ("mac_roman", "mac_roman"),
    ],
)  # fmt: skip
def test_encodings_are_found_out_and_guesses_said(encoding: str, found: str) -> None:
    title = "Die Verwirrungen des Zöglings Törleß, für Anfänger übersetzt, très élégant"
    text = f"isbn13;on_hand;title\r\n{sku(1)};3;{title}\r\n"
    file = opened(text.encode(encoding))
    assert fields(file) == [{"isbn13": sku(1), "on_hand": "3", "title": title}]
    assert file.encoding == found
    is_guess = found in ("cp1252", "mac_roman")
    assert any("look whether the accents are right" in note for note in file.notes) == is_guess


def test_a_named_encoding_is_believed_and_checked() -> None:
    text = f"isbn13,on_hand,title\n{sku(1)},3,Öl\n".encode("cp1252")
    assert fields(opened(text, Layout(encoding="mac_roman")))[0]["title"] == "÷l"
    with pytest.raises(UnreadableFile, match="Line 2 is not utf-8"):
        opened(text, Layout(encoding="utf-8"))
    with pytest.raises(UnreadableFile, match="“klingon” is not known"):
        opened(text, Layout(encoding="klingon"))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_found_out(separator: str, end: str) -> None:
    lines = [("isbn13", "title", "on_hand"), (sku(1), '"a, b; c | d"', "3"), ("", "", "")]
    text = end.join(separator.join(line) for line in lines)
    file = opened(text.encode())
    assert file.separator == separator
    assert fields(file) == [{"isbn13": sku(1), "title": "a, b; c | d", "on_hand": "3"}]


def test_excels_own_line_about_separators_is_heeded() -> None:
    file = opened(f"sep=;\r\nisbn13;on_hand\r\n{sku(1)};4,0\r\n".encode())
    assert [(row.line, row["on_hand"]) for row in file.rows()] == [(3, "4")]
    assert file.notes == ["Once a count had decimals that are zero: it was read without."]


def test_the_headings_may_stand_further_down() -> None:
    text = f"Bestandsliste\n\nStand: 1.3.2026;;\nEAN;Titel;Bestand\n{sku(1)};Emma;2\n"
    file = opened(text.encode())
    assert fields(file) == [{"isbn13": sku(1), "title": "Emma", "on_hand": "2"}]
    assert file.notes == ["The headings were found in line 4; what stands above was passed over."]


@pytest.mark.parametrize(
    "heading",
    ["EAN,Lagerbestand", "GTIN-13,Qté", "Código de barras,Existencias", "isbn_13,On Hand",
     "\ufeffISBN,Stock", "Artikel-EAN,Menge"],
)  # fmt: skip
def test_the_trades_own_headings_are_known(heading: str) -> None:
    assert fields(opened(f"{heading}\n{sku(1)},2\n".encode())) == [
        {"isbn13": sku(1), "on_hand": "2"}
    ]


def test_headings_are_mapped_by_name_or_place_and_others_are_refused() -> None:
    text = f"Nr,Regal,Colour,on_hand\n{sku(1)},7,red,2\n".encode()
    with pytest.raises(UnreadableFile, match=r"missing: isbn13\. Found: Nr, Regal"):
        opened(text)
    named = Layout(by_heading={"Nr": "isbn13", "Regal": ""})
    with pytest.raises(UnreadableFile, match="not known, or stand there twice: Colour"):
        opened(text, named)
    assert fields(opened(text, Layout(by_place=("isbn13", "on_hand", "", "")))) == [
        {"isbn13": sku(1), "on_hand": "7"}
    ]


@pytest.mark.parametrize(
    ("heading", "said"),
    [("isbn13,isbn13,on_hand", "twice"), ("isbn13,EAN,on_hand", "EAN"), ("a,b", "missing")],
)
def test_headings_that_say_too_much_or_too_little(heading: str, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        opened(f"{heading}\n1,2,3\n".encode())


def test_lines_of_another_length_are_named_and_the_rest_is_read() -> None:
    text = f"isbn13,on_hand\n{sku(1)}\n{sku(2)},1,,\n{sku(3)},1,x\n\n,\n{sku(4)},5\n"
    rows = list(opened(text.encode()).rows())
    assert [(row.line, bool(row.errors)) for row in rows] == [
        (2, True), (3, False), (4, True), (7, False),
    ]  # fmt: skip
    assert "1 and not 2" in str(rows[0].errors[0])


def test_lines_are_counted_by_their_first_part() -> None:
    text = f'isbn13,on_hand,title\n{sku(1)},1,"two\nlines"\n{sku(2)},x,b\n'
    rows = list(opened(text.encode()).rows())
    assert [row.line for row in rows] == [2, 4]
    error = rows[1].errors[0]
    assert (error.line, error.column, error.value) == (4, "on_hand", "x")


def zipped(*names: str, first: str = "") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, first)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "Excel workbook .*CSV UTF-8"),
        (zipped("mimetype", first="application/vnd.oasis.opendocument.spreadsheet"), "ods"),
        (zipped("stock.csv"), "zip file. Unpack it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel workbook"),
        (b"\x1f\x8b\x08" + bytes(9), "gzip"),
        (b"\n<!DOCTYPE html><html><body>Sign in", "web page"),
        (b"<?xml version='1.0'?><ONIXMessage/>", "XML"),
        (b"%PDF-1.7", "document"),
        (b"isbn13,on_hand\nab\x00c,1\n", "NUL"),
        (b"isbn13,on_hand\n1,\x81\xf0\xf5\xfa\xfb\xfd\n", "cannot be told"),
        (b'isbn13,on_hand\n1,"never closed\n', "Line 2 is no valid CSV"),
        (b"isbn13,on_hand\n1," + b"9" * 140_000, "field larger"),
        (b"", "missing"),
        (b"\n\n", "missing"),
    ],
)
def test_what_is_no_list_is_called_what_it_is(content: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        list(opened(content).rows())


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.csv_decoding.MOST_BYTES", 60)
    with pytest.raises(UnreadableFile, match="larger than"):
        opened(b"isbn13,on_hand\n" + b"1,2\n" * 20)
    monkeypatch.undo()
    monkeypatch.setattr("catalog.csv_files.MOST_LINES", 3)
    with pytest.raises(UnreadableFile, match="more than 3 lines"):
        list(opened(b"isbn13,on_hand\n" + b"1,2\n" * 9).rows())


def test_text_that_would_be_run_comes_back_as_it_was() -> None:
    text = "isbn13,title\n1,'=1+1\n2,''-x\n3,'tis\n"
    rows = opened(text.encode(), columns=TEXTS).rows()
    assert [row["title"] for row in rows] == ["=1+1", "'-x", "'tis"]


@pytest.mark.parametrize("name", sorted(path.stem for path in NASTY.glob("*.json")))
def test_the_corner_cases_of_others(name: str) -> None:
    wanted = json.loads((NASTY / f"{name}.json").read_text())
    if not isinstance(wanted, list):
        pytest.skip("the file's own encoding is not known")
    known = list(wanted[0])
    with (NASTY / f"{name}.csv").open("rb") as file:
        rows = [row.fields for row in read_rows(file, required=known, known=known)]
    plain = [{key: value.replace("\r", "").strip() for key, value in each.items()} for each in rows]
    assert plain == [
        {key: value.replace("\r", "").strip() for key, value in each.items()} for each in wanted
    ]
