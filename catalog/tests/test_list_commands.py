"""The commands that import lists: mapped, tried out, refused."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Edition, Price, Stock, Work
from catalog.tests.factories import EditionFactory, sku

pytestmark = pytest.mark.django_db
CATALOG = "EAN;Titel;Einband;Sprache;Marke;VK;Bestand\n"


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(command: str, text: str, *options: str, encoding: str = "utf-8") -> str:
        path = tmp_path / "list.csv"
        path.write_bytes(text.encode(encoding))
        call_command(command, str(path), *options)
        return capsys.readouterr().out

    return run


def test_a_stock_list_with_foreign_headings_is_tried_out_and_imported(run: Any) -> None:
    known, new = EditionFactory.create(stock=5), EditionFactory.create()
    blank = EditionFactory.create().isbn13
    text = f"Artikel;Bestand;Regal\n{known.isbn13};3;A\n{new.isbn13};2;B\n{blank};;\n"
    mapped = ("--map", "Artikel=isbn13", "--map", "Regal=")
    assert run("import_stock", text, "--dry-run", *mapped) == (
        "1 would be created, 1 changed, 0 stay, 1 say nothing. Nothing was done.\n"
    )
    assert [stock.on_hand for stock in Stock.objects.all()] == [5]
    said = run("import_stock", text, *mapped)
    assert said.startswith("The stock of 2 editions changed.\n3 lines in ")
    assert {stock.edition: stock.on_hand for stock in Stock.objects.all()} == {known: 3, new: 2}


def test_a_price_list_is_imported(run: Any) -> None:
    edition = EditionFactory.create(price=False)
    said = run("import_prices", f"EAN;VK\n{edition.isbn13};12,50\n")
    assert said.startswith("The prices of 1 editions changed.\n")
    assert Price.objects.get().amount == Decimal("12.50")


def test_a_catalogue_is_tried_out_and_imported(run: Any) -> None:
    lines = f"{sku(1)};Törleß;paperback;de;Lampe;9,95;3\n"
    said = run("import_catalog", CATALOG + lines, "--dry-run", encoding="cp1252")
    assert said.endswith(
        "1 would be created, 0 changed, 0 stay, 0 say nothing. Nothing was done.\n"
    )
    assert not Work.objects.exists()
    run("import_catalog", CATALOG + lines, "--encoding", "cp1252", encoding="cp1252")
    edition = Edition.objects.get()
    assert (edition.display_title, edition.prices.get().amount) == ("Törleß", Decimal("9.95"))
    again = run("import_catalog", CATALOG + lines, "--dry-run")
    assert again.endswith(
        "0 would be created, 0 changed, 1 stay, 0 say nothing. Nothing was done.\n"
    )
    for old, new in ((";3\n", ";4\n"), ("9,95", "8,95"), ("Törleß", "Törless"), ("Lampe", "Kerze")):
        said = run("import_catalog", CATALOG + lines.replace(old, new), "--dry-run")
        assert "0 would be created, 1 changed, 0 stay" in said


def test_wrong_lines_and_options_are_named_and_nothing_is_done(run: Any) -> None:
    edition = EditionFactory.create(stock=5)
    text = f"isbn13,on_hand\n{edition.isbn13},3\n9.78E+12,1\n"
    with pytest.raises(CommandError, match=r"1 lines are wrong.\nLine 3, isbn13 “9.78E\+12”"):
        run("import_stock", text)
    for wrong in ("isbn13", "=isbn13", "Nr=colour"):
        with pytest.raises(CommandError, match="write HEADING=FIELD"):
            run("import_stock", text, "--map", wrong)
    with pytest.raises(CommandError, match="These columns are missing: amount"):
        run("import_prices", text)
    assert Stock.objects.get().on_hand == 5
