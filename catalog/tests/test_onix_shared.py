"""Reading the real and the hostile files of ../shared/data, where they are there."""

import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from catalog.onix.reading import NotOnix, read
from catalog.onix.records import Collection, Record, Topic, Unreadable
from catalog.tests.onix_records import SHARED, needs_shared, opened, results

pytestmark = needs_shared
ONIX = SHARED / "onix"
FILES = sorted([*ONIX.glob("*/*.xml"), *(SHARED / "nasty" / "onix").glob("*.xml")])
FRAGMENTS = {
    "audience_range", "contributor", "header", "imprint", "language", "market_representation",
    "measure", "media_file", "other_text", "price", "product_identifier", "publisher",
    "sales_restriction", "sender_identifier", "series", "series_identifier", "stock", "subject",
    "supply_detail", "title", "website", "header_invalid_sentdate", "yob_header_invalid_sentdate",
    "invalid_onix_root", "test_collection",
}  # fmt: skip
WITHOUT_SOUND_NUMBER = {
    "Onix2CoreDataSample1", "Onix3sample_refnames_badchar", "Onix3sample_refnames_badchar_2",
    "test_outlet",
}  # fmt: skip
"""And without a reference."""


def only(name: str) -> Record:
    (found,) = results((ONIX / name).read_bytes())
    assert isinstance(found, Record), found
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_file(path: Path) -> None:
    if path.stem in FRAGMENTS:
        with pytest.raises(NotOnix, match="instead of <ONIXMessage>"):
            results(path.read_bytes())
        return
    found = results(path.read_bytes())
    assert found
    for each in found:
        if path.stem in WITHOUT_SOUND_NUMBER and isinstance(each, Unreadable):
            assert "neither a reference nor a sound number" in each.message
        else:
            assert isinstance(each, Record), each
            assert each.reference
            assert "\ufffd" not in each.title
            assert "<" not in each.title + each.description
            assert all(person.name and person.sort_name for person in each.people)


MARTIN_BECK = [
    "jaerith/Onix3sample_shorttags.xml",
    "jonix/Onix3.1-single-ref.xml",
    "jonix/Onix3.1-single-short.xml",
    "jonix/single-book-onix3.xml",
    "jonix/single-book-onix3-short.xml",
]


@pytest.mark.parametrize("name", MARTIN_BECK)
def test_the_specimen_in_every_dress(name: str) -> None:
    found = only(name)
    assert (found.isbn13, found.title, found.format) == ("9780007232833", "Roseanna", "paperback")
    assert [(each.name, each.role) for each in found.people] == [
        ("Maj Sjöwall", "A01"),
        ("Per Wahlöö", "A01"),
        ("Lois Roth", "B06"),
        ("Henning Mankell", "A24"),
    ]
    assert found.collections == (Collection("The Martin Beck series", Decimal(1)),)
    assert (found.language, found.original_language) == ("en", "sv")
    assert found.imprint == "HarperPerennial"
    assert found.publication_date == datetime.date(2006, 8, 7)
    assert found.first_published == 1968
    assert (found.publishing_status, found.supplier_availability) == ("04", "21")
    assert found.topics[0] == Topic("thema", "FFP", is_main=True)
    assert len(found.keywords) == 5
    assert (found.pages, found.weight_grams) == (245, 195)
    assert (found.height_mm, found.width_mm, found.thickness_mm) == (197, 130, 18)
    assert found.offers[0].amount == Decimal("7.99")
    assert found.offers[0].countries == {"GB"}
    assert found.troubles == ()


def test_reference_and_short_tags_are_the_same_book() -> None:
    reference, short = (only(f"jonix/Onix3.1-single-{kind}.xml") for kind in ("ref", "short"))
    assert reference == short


def test_block_update() -> None:
    found = only("jaerith/Onix3sample_refnames_blockupdate.xml")
    assert (found.notification, found.blocks) == ("04", frozenset({6}))
    assert found.offers[0].amount == Decimal("8.99")


def test_delete() -> None:
    found = only("academicobs/delete_test.xml")
    assert (found.notification, found.reference) == ("05", "some.test.data")


def test_onix_2() -> None:
    found = only("jonix/single-book-onix2.xml")
    assert (found.isbn13, found.format) == ("9781576753422", "ebook")
    assert found.people[0].sort_name == "Blumenthal, Noah"
    assert found.topics == (Topic("bisac", "BUS000000", is_main=True),)
    assert found.publication_date == datetime.date(2008, 12, 8)
    assert found.embargo_date == datetime.date(2009, 8, 1)
    assert found.supplier_availability == "21"


def test_entities_of_the_document_type() -> None:
    found = opened((ONIX / "yob/entities.xml").read_bytes())
    assert [read(each, found.defaults).title for each in found] == ["High Noon–in Nimbin"]  # type: ignore[union-attr]
    assert found.notes == ["The document type was ignored, and nothing it names was fetched."]


@pytest.mark.parametrize("name", ["yob/iso_8859_1.xml", "yob/utf_16.xml"])
def test_encodings(name: str) -> None:
    found = only(name)
    assert [each.name for each in found.people] == ["Hans Küng"]
    assert found.offers[0].amount == Decimal("32.95")


def test_embargo_and_prices_of_periods() -> None:
    assert only("im_onix/embargo-date.xml").embargo_date == datetime.date(2012, 9, 21)
    offers = only("im_onix/test_prices_with_multiple_periods.xml").offers
    assert [(each.amount, each.valid_from, each.valid_to) for each in offers] == [
        (Decimal("8.99"), None, None),
        (Decimal("4.99"), datetime.date(2016, 7, 8), datetime.date(2016, 7, 8)),
        (Decimal("3.99"), datetime.date(2016, 8, 1), datetime.date(2016, 8, 15)),
    ]


@pytest.mark.parametrize("name", ["audio1", "audio2"])
def test_audio(name: str) -> None:
    found = only(f"im_onix/{name}.xml")
    assert (found.format, found.language) == ("audiobook", "fr")


def test_one_reference_500_times() -> None:
    found = results((SHARED / "nasty/onix/500-identical-recordref-v3.xml").read_bytes())
    assert len(found) == 500
    assert len({each.reference for each in found}) == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("xmlbomb", "entities of its own"),
        ("xmlbomb2", "entities of its own"),
        ("quadratic", "entities of its own"),
        ("cyclic", "entities of its own"),
        ("external", "entities of its own"),
        ("external_file", "entities of its own"),
        ("dtd", "begins with <html>"),
        ("simple", "begins with <root>"),
    ],
)
def test_hostile_xml(name: str, why: str) -> None:
    with pytest.raises(NotOnix, match=why):
        results((SHARED / f"nasty/xml/{name}.xml").read_bytes())
