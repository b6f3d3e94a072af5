"""What a record may hold to do harm: refused or made harmless, with nothing half-written."""

import datetime
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Contributor, Edition, Provenance, Work
from catalog.onix.records import Collection, Offer, Person, Record, Relation, Topic
from catalog.tests import feeds
from catalog.tests.factories import sku
from catalog.tests.feeds import edition, outcomes, record, taken

pytestmark = pytest.mark.django_db

HOSTILE = {
    "nul": "a\x00b",
    "half a pair": "a\ud800b",
    "huge": "x" * 300_000,
    "COPY": "a\tb\\N\nc\\.\n\\",
    "SQL": "'); DROP TABLE catalog_work; --",
    "JSON": '"}], {"x": [',
    "format": "%s %(x)s {0} {x}",
    "markup": "<script>alert(1)</script>",
    "blank": " \u200b\u00a0 ",
}
TEXTS = [each.name for each in fields(Record) if each.type == "str" or each.type is str]


def hostile(text: str) -> list[Record]:
    """Records of which each has the text in one field, and one that has it in all of its parts."""
    each = [
        record(number, **{"title": f"Title {number}", name: text})
        for number, name in enumerate(TEXTS, start=2)
        if name not in ("isbn13", "notification")
    ]
    parts = record(
        1,
        people=(Person(text, text, "A01", 1, biography=text), Person("A", "A", text, 2)),
        collections=(Collection(text, Decimal("1E+30")), Collection("B", Decimal("NaN"))),
        topics=(Topic("thema", text), Topic("bisac", text)),
        keywords=(text,), audiences=(text, "01"), relations=(Relation("06", text),),
        offers=(Offer(Decimal(1), text, text), feeds.price()),
    )  # fmt: skip
    return [parts, *each]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_in_any_field_harm_nothing(text: str) -> None:
    run = taken(*hostile(text))
    assert run.records_done == run.records.count() == len(TEXTS) - 1
    assert run.records.get(ordinal=1).outcome == "created"
    refused = run.records.filter(outcome="rejected").values_list("reasons", flat=True)
    assert {reasons[0][0] for reasons in refused} <= {"TitleDetail", "ProductForm"}
    assert Edition.objects.count() == run.created_count
    for work in Work.objects.all():
        assert "\x00" not in work.title + work.description
    again = taken(*hostile(text))
    assert again.unchanged_count == run.created_count


def test_numbers_that_no_column_holds_are_left_out() -> None:
    run = taken(
        record(
            pages=10**12, weight_grams=10**12, height_mm=10**6, width_mm=-5, thickness_mm=0,
            edition_number=10**9, first_published=99_999, duration_minutes=-1,
            people=(Person("A", "A", "A01", 1, birth_year=10**9, death_year=-(10**9)),
                    Person("B", "B", "A01", 2, birth_year=1950, death_year=1900)),
            publication_date=datetime.date.max,
        )
    )  # fmt: skip
    made = edition()
    assert (made.pages, made.weight_grams, made.height_mm, made.width_mm) == (None,) * 4
    years = Contributor.objects.order_by("name").values_list("birth_year", "death_year")
    assert list(years) == [(None, None), (1950, None)]
    assert "pages" in {name for name, _why in run.records.get().reasons}


def test_what_the_database_refuses_is_rejected_alone() -> None:
    bad = record(3, title="Bad", topics=(Topic("a scheme that is too long", "X"),))
    run = taken(record(), record(2, title="Two"), bad, record(4, title="Four"))
    assert outcomes(run) == ["created", "created", "rejected", "created"]
    assert run.records.get(ordinal=3).reasons == [["", "It could not be stored."]]
    assert not Work.objects.filter(title="Bad").exists()
    assert not Edition.objects.filter(isbn13=sku(3)).exists()


def test_very_many_of_everything_are_cut() -> None:
    many: dict[str, Any] = {
        "people": tuple(Person(f"P{n}", f"P{n}", "A01", n) for n in range(2_000)),
        "collections": tuple(Collection(f"S{n}") for n in range(2_000)),
        "keywords": tuple(f"word {n}" for n in range(5_000)),
        "topics": tuple(Topic("bisac", f"FIC{n:06}") for n in range(2_000)),
    }
    taken(record(**many))
    work = edition().work
    assert work.contributions.count() == work.series_memberships.count() == 100
    assert work.classifications.count() == 100
    assert len(work.keywords) <= 5_000
    assert outcomes(taken(replace(record(**many), pages=1))) == ["changed"]
    assert Provenance.objects.count() == 1
