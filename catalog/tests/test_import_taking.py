"""Taking suppliers' records in: what a full record makes, and what a later one changes."""

import datetime
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import languages, titles
from catalog.feeds import taking
from catalog.models import Contributor, Edition, SearchEntry, Supply, Work
from catalog.onix.records import Person, Record, Relation, Topic, Unreadable
from catalog.tests import feeds
from catalog.tests.factories import sku
from catalog.tests.feeds import TODAY, edition, outcomes, record, supplier, taken

pytestmark = pytest.mark.django_db


def test_a_full_record_makes_an_edition_with_all_that_hangs_on_it() -> None:
    run = taken(record())
    made = edition()
    work = made.work
    assert outcomes(run) == ["created"]
    assert (run.created_count, run.records_done) == (1, 1)
    assert (made.format, made.language, made.pages, made.height_mm) == ("paperback", "en", 224, 198)
    assert (made.title, made.subtitle, made.is_offered) == ("", "", True)
    assert made.publication_date == datetime.date(2024, 3, 1)
    assert (made.imprint.name, made.imprint.slug) == ("Hogarth", "hogarth")
    assert made.imprint.publisher.name == "Hogarth Press"
    assert (work.title, work.subtitle, work.description) == ("The Waves", "A Novel", "Six voices.")
    assert (work.keywords, work.audiences) == ("sea; soliloquy", ["01"])
    assert [c.contributor.name for c in work.authors] == ["Virginia Woolf"]
    assert [s.code for s in work.subjects.all()] == ["FBC"]
    assert work.main_subject is not None
    assert [m.label for m in work.series_memberships.all()] == ["7"]
    assert [str(each) for each in work.classifications.all()] == ["bisac FIC004000"]
    price = made.prices.get()
    assert (price.amount, price.valid_from, price.valid_to) == (Decimal("9.99"), TODAY, None)
    assert made.supply.accepts_backorders
    assert "waves" in SearchEntry.objects.get(work=work).names
    assert set(made.provenance.sources.values()) == {"gardners"}
    assert made.provenance.sources["work.title"] == "gardners"


def test_the_same_record_again_changes_nothing() -> None:
    taken(record())
    before = edition().provenance.sources
    again = taken(record())
    assert (outcomes(again), again.unchanged_count) == (["unchanged"], 1)
    changed_settings = feeds.supplier()
    changed_settings.trust = 60
    changed_settings.save()
    read_anew = taken(record(), by=changed_settings)
    assert outcomes(read_anew) == ["unchanged"]
    assert edition().provenance.sources == before
    assert Work.objects.count() == Edition.objects.count() == Contributor.objects.count() == 1
    assert edition().prices.count() == 1


def test_a_later_record_changes_what_differs_and_says_what() -> None:
    taken(record())
    run = taken(
        record(
            pages=230,
            title="Waves",
            imprint="Vintage",
            subtitle="",
            offers=(feeds.price("12.50"),),
            people=(replace(feeds.WOOLF, ordinal=2), Person("Ann Lee", "Lee, Ann", "A23", 1)),
        ),
        at=feeds.AT + datetime.timedelta(1),
    )
    assert outcomes(run) == ["changed"]
    changes = run.records.get().changes
    assert changes == {
        "pages": [224, 230],
        "imprint": ["Hogarth", "Vintage"],
        "work.title": ["The Waves", "Waves"],
        "work.subtitle": ["A Novel", ""],
        "price": [["9.99 2026-05-05 –"], ["12.50 2026-05-05 –"]],
        "work.contributors": [["Virginia Woolf (A01)"], ["Ann Lee (A23)", "Virginia Woolf (A01)"]],
    }
    made = edition()
    assert (made.pages, made.imprint.name, made.work.title) == (230, "Vintage", "Waves")
    periods = made.prices.order_by("valid_from").values_list("amount", "valid_from", "valid_to")
    assert list(periods) == [
        (Decimal("9.99"), TODAY, TODAY),
        (Decimal("12.50"), TODAY + datetime.timedelta(1), None),
    ]
    assert made.work.match_key == titles.match_key("Waves")


def test_formats_of_one_work_share_it_and_a_title_of_their_own_stays_theirs() -> None:
    hardback = record(2, format="hardback", relations=(Relation("06", sku(1)),))
    taken(record(), hardback, replace(hardback, isbn13=sku(3), title="The Waves (Centenary)"))
    assert Work.objects.count() == 1
    assert (edition(2).title, edition(3).title) == ("", "The Waves (Centenary)")
    assert edition().work.title == "The Waves"
    translator = Person("Marguerite Y", "Y, Marguerite", "B06", 2)
    taken(replace(hardback, people=(feeds.WOOLF, translator)))
    assert [c.contributor.name for c in edition(2).contributions.all()] == ["Marguerite Y"]
    assert not edition().contributions.exists()


def test_people_of_one_name_are_told_apart_by_their_years() -> None:
    def smith(number: int, **years: Any) -> Record:
        person = Person("John Smith", "Smith, John", "A01", 1, **years)
        return record(number, title=f"Title {number}", people=(person,))

    taken(smith(1, birth_year=1950), smith(2, birth_year=1970), smith(3), smith(4, birth_year=1950))
    found = Contributor.objects.order_by("pk").values_list("birth_year", flat=True)
    assert list(found) == [1950, 1970, None]
    assert len(set(Contributor.objects.values_list("slug", flat=True))) == 3
    taken(smith(5, birth_year=1950, death_year=2020), smith(6, birth_year=1950, death_year=1999))
    assert Contributor.objects.count() == 3


def test_one_number_twice_in_a_batch_has_two_records_and_the_last_wins() -> None:
    run = taken(record(), record(pages=300), record(pages=400))
    assert outcomes(run) == ["created", "changed", "changed"]
    assert edition().pages == 400
    assert edition().prices.count() == edition().import_records.count() // 3 == 1


def test_one_reference_five_hundred_times() -> None:
    run = taken(*(record(pages=number) for number in range(1, 501)))
    assert (run.created_count, run.changed_count) == (1, 499)
    assert edition().pages == 500


def test_what_cannot_be_taken_is_rejected_with_its_line_and_the_rest_goes_on() -> None:
    run = taken(
        record(isbn13=""),
        record(2, title=" "),
        record(3, format=""),
        Unreadable(1, 1, "broken", "The record is no well-formed XML."),
        record(4, notification="04", blocks=frozenset({1})),
        record(5),
    )
    rows = list(run.records.values_list("outcome", "line", "reasons"))
    assert [row[0] for row in rows] == ["rejected"] * 5 + ["created"]
    assert [row[1] for row in rows] == [10, 20, 30, 40, 50, 60]
    assert [[name for name, _text in row[2]] for row in rows] == [
        ["ProductIdentifier"], ["TitleDetail"], ["ProductForm"], [""],
        ["NotificationType"], [],
    ]  # fmt: skip
    assert list(Edition.objects.values_list("isbn13", flat=True)) == [sku(5)]


def test_a_language_that_nobody_states_keeps_no_book_out() -> None:
    assert outcomes(taken(record(language=""))) == ["created"]
    assert edition().language == languages.NOT_STATED
    taken(record(language="fr"), by=supplier("north", trust=1))
    assert edition().language == "fr"
    assert outcomes(taken(record(language="", pages=9))) == ["changed"]
    assert edition().language == "fr"


def test_an_update_changes_only_its_blocks() -> None:
    taken(record())
    bare = Record(
        1, 1, "ref", "04", blocks=frozenset({6}), isbn13=sku(1), offers=(feeds.price("5.00"),),
        supplier_availability="31",
    )  # fmt: skip
    run = taken(bare)
    assert sorted(run.records.get().changes) == ["backorders", "price", "supplier_availability"]
    made = edition()
    assert (made.work.title, made.pages, made.is_offered) == ("The Waves", 224, True)
    assert not made.supply.accepts_backorders
    assert made.prices.get().amount == Decimal("5.00")


def test_a_delete_withdraws_from_sale_and_deletes_nothing() -> None:
    taken(record())
    delete = Record(1, 1, "ref", "05", isbn13=sku(1))
    run = taken(delete, replace(delete, isbn13=sku(9)))
    assert outcomes(run) == ["deleted", "unchanged"]
    assert not edition().is_offered
    assert outcomes(taken(delete)) == ["unchanged"]
    taken(record(pages=1))
    assert edition().is_offered


def test_an_early_notification_overwrites_nothing_that_is_confirmed() -> None:
    taken(record(pages=None))
    run = taken(record(notification="01", pages=100, title="Working Title", subtitle=""))
    assert sorted(run.records.get().changes) == ["pages"]
    assert (edition().work.title, edition().pages) == ("The Waves", 100)


@pytest.mark.parametrize(
    ("told", "is_offered"),
    [
        ({"publishing_status": "11"}, False),
        ({"supplier_availability": "46"}, False),
        ({"publishing_status": "07"}, True),
        ({"is_book": False, "format": "", "language": ""}, False),
    ],
)
def test_what_is_withdrawn_or_no_book_is_not_offered(
    told: dict[str, Any], is_offered: bool
) -> None:
    taken(record(**told))
    assert edition().is_offered is is_offered


def test_titles_of_a_supplier_may_wait_for_staff() -> None:
    careful = feeds.supplier(offers_at_once=False, takes_orders=False)
    taken(record(), by=careful)
    assert not edition().is_offered
    assert not Supply.objects.exists()
    taken(record(pages=1), by=careful)
    assert not edition().is_offered


def test_unknown_codes_count_as_the_nearest_that_the_tree_has() -> None:
    topics = (Topic("thema", "FBAX"), Topic("thema", "QD"), Topic("thema", "FBC", is_main=True))
    taken(record(topics=topics))
    work = edition().work
    assert [s.code for s in work.subjects.order_by("code")] == ["F", "FBC"]
    assert str(work.main_subject) == "Classics"


@pytest.mark.parametrize("is_first_known", [True, False])
def test_either_record_says_that_one_replaces_the_other(is_first_known: bool) -> None:
    old = record(relations=(Relation("05", sku(2)),) if is_first_known else ())
    new = record(2, relations=() if is_first_known else (Relation("03", sku(1)),))
    taken(old, new)
    assert edition().replaced_by == edition(2)


def test_the_statements_grow_neither_with_the_batch_nor_with_the_catalogue() -> None:
    def statements(*records: Record) -> int:
        source = feeds.supplier()
        run, found = feeds.started(source), feeds.items(source, records)
        with CaptureQueriesContext(connection) as captured:
            taking.take(run, found, bytes_read=1, at=feeds.AT)
        return len(captured)

    def some(first: int, last: int, **values: Any) -> list[Record]:
        return [record(n, title=f"Title {n}", **values) for n in range(first, last)]

    feeds.subjects()
    statements(*some(1, 3))
    few, many = statements(*some(3, 5)), statements(*some(5, 45))
    assert few == many
    few, many = statements(*some(3, 5, pages=9)), statements(*some(5, 45, pages=9))
    assert few == many
