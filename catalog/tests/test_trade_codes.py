"""The codes of an edition's state have the meanings that the trade's lists give them."""

import json
from pathlib import Path

import pytest
from django.conf import settings

from catalog import trade_codes
from catalog.onix import supply

LISTS = Path(settings.BASE_DIR).parent.joinpath(
    "shared", "data", "codelists", "onix-codelists-issue73.json"
)


@pytest.mark.skipif(not LISTS.exists(), reason="the lists of codes are not here")
@pytest.mark.parametrize(
    ("column", "number"),
    [("product_form", 150), ("publishing_status", 64), ("supplier_availability", 65)],
)
def test_every_code_of_the_list_has_a_meaning(column: str, number: int) -> None:
    lists = json.loads(LISTS.read_text())["ONIXCodeTable"]["CodeList"]
    codes = next(each["Code"] for each in lists if each["CodeListNumber"] == number)
    assert {code["CodeValue"] for code in codes} == set(trade_codes.MEANINGS[column])


def test_what_is_acted_upon_can_be_read() -> None:
    assert set(trade_codes.MEANINGS["publishing_status"]) >= supply.WITHDRAWN_STATUS
    assert set(trade_codes.MEANINGS["supplier_availability"]) >= supply.WITHDRAWN_AVAILABILITY


@pytest.mark.parametrize(
    ("column", "code", "text"),
    [
        ("product_form", "BC", "Paperback (BC)"), ("publishing_status", "07", "Out of print (07)"),
        ("supplier_availability", "21", "In stock (21)"),
        ("supplier_availability", "66", "66"), ("supplier_availability", "", ""),
        ("pages", "21", "21"),
    ],
)  # fmt: skip
def test_a_code_is_read_out_with_its_meaning(column: str, code: str, text: str) -> None:
    assert trade_codes.read_out(column, code) == text
