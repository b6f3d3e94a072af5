"""Undoing a whole run: what it made goes, what it changed gets its old value."""

import datetime
from decimal import Decimal

import pytest

from catalog import shelf_sizes
from catalog.feeds import undoing
from catalog.models import (
    Contributor,
    Cover,
    Edition,
    ExpectedRelation,
    ImportRun,
    Imprint,
    Publisher,
    Recommendation,
    Series,
    StaffList,
    SupplierRecord,
    Work,
)
from catalog.onix.records import Person, Record, Relation, Topic
from catalog.tests import feeds
from catalog.tests.factories import ContributorFactory, SubjectFactory, put_in_stock, sku
from catalog.tests.feeds import AT, edition, outcomes, record, supplier, taken

pytestmark = pytest.mark.django_db

LATER = AT + datetime.timedelta(days=2)
MADE = (Edition, Work, Contributor, Imprint, Publisher, Series)


def undone(run: ImportRun) -> ImportRun:
    undoing.undo(run.pk, at=LATER)
    run.refresh_from_db()
    return run


def test_all_that_a_run_has_made_goes_and_its_history_stays() -> None:
    kept = ContributorFactory.create(name="Virginia Woolf", birth_year=1882)
    run = undone(taken(record(), record(2, relations=(Relation("06", sku(1)),)), record(isbn13="")))
    assert [model.objects.count() for model in MADE] == [0, 0, 1, 0, 0, 0]
    assert Contributor.objects.get() == kept
    assert (run.status, run.undone_at, run.created_count) == ("undone", LATER, 2)
    assert outcomes(run) == ["created", "created", "rejected"]
    assert run.notes == ["Undone: nothing of this file is left."]


def test_a_run_counts_its_works_on_their_shelves_and_off() -> None:
    shelf = SubjectFactory.create(code="FBA", name="Modern fiction")
    run = taken(record(topics=(Topic("thema", "FBA"),)))
    shelf.refresh_from_db()
    assert shelf.size == 1
    undone(run)
    shelf.refresh_from_db()
    assert (shelf.size, shelf_sizes.renew()) == (0, 0)


def test_the_same_file_can_be_taken_in_again() -> None:
    undone(taken(record()))
    assert outcomes(taken(record())) == ["created"]
    assert edition().work.title == "The Waves"


def test_covers_are_fetched_from_where_records_say_until_that_is_undone() -> None:
    taken(record())
    run = taken(record(cover_url="https://books.example/1.jpg"))
    assert Cover.objects.get().fetched_from == "https://books.example/1.jpg"
    undone(run)
    assert not Cover.objects.exclude(fetched_from="").exists()


def test_what_was_derived_from_an_edition_goes_with_it_and_a_chosen_cover_keeps_it() -> None:
    run = taken(
        record(cover_url="https://books.example/1.jpg"),
        record(2, title="Orlando"),
        record(3, title="Flush"),
    )
    works = Work.objects.order_by("pk")
    beside = Recommendation.Reason.SAME_SUBJECT
    Recommendation.objects.create(work=works[0], other=works[1], reason=beside, rank=1)
    Cover.objects.create(
        edition=edition(3), source=Cover.Source.DRAWN, state=Cover.State.READY, updated_at=AT
    )
    undone(run)
    assert [each.isbn13 for each in Edition.objects.all()] == [sku(3)]
    assert Work.objects.count() == 1
    assert Recommendation.objects.count() == 0


def test_what_it_changed_gets_its_old_value() -> None:
    taken(record())
    run = taken(
        record(
            pages=1, title="Waves", description="", imprint="Vintage", publisher="Random",
            people=(Person("Ann Lee", "Lee, Ann", "A01", 1),), collections=(), topics=(),
            offers=(feeds.price("1.00"),), supplier_availability="46", keywords=(),
        ),
        at=AT + datetime.timedelta(days=1),
    )  # fmt: skip
    assert not edition().is_offered
    undone(run)
    made = edition()
    work = made.work
    assert (made.pages, made.imprint.name, made.is_offered) == (224, "Hogarth", True)
    assert (work.title, work.description) == ("The Waves", "Six voices.")
    assert work.keywords == "sea; soliloquy"
    assert [c.contributor.name for c in work.contributions.all()] == ["Virginia Woolf"]
    assert [m.label for m in work.series_memberships.all()] == ["7"]
    assert [s.code for s in work.subjects.all()] == ["FBC"]
    assert work.classifications.count() == 1
    assert made.supply.accepts_backorders
    current = made.prices.in_force(LATER.date()).get()
    assert (current.amount, current.valid_to) == (Decimal("9.99"), None)
    assert set(made.provenance.sources.values()) == {"gardners"}
    assert not Imprint.objects.filter(name="Vintage").exists()
    assert not Publisher.objects.filter(name="Random").exists()
    assert not Contributor.objects.filter(sort_name="Lee, Ann").exists()
    assert not SupplierRecord.objects.exists()


def test_what_somebody_has_changed_since_stays() -> None:
    taken(record())
    run = taken(record(pages=1, weight_grams=2))
    made = edition()
    made.pages = 77
    made.save()
    undone(run)
    made = edition()
    assert (made.pages, made.weight_grams) == (77, 180)
    assert run.records.get().reasons == [["undo", "Kept, because it was changed since: pages."]]
    assert run.notes == ["Undone, but for 1 record: it says why."]


def test_what_a_later_file_has_said_again_stays() -> None:
    taken(record())
    run = taken(record(pages=1))
    taken(record(pages=1))
    undone(run)
    assert edition().pages == 1
    first = ImportRun.objects.earliest("pk")
    undone(first)
    assert edition().pages == 1
    assert "later file" in first.records.get().reasons[0][1]


def test_a_later_run_that_was_undone_itself_keeps_nothing() -> None:
    first = taken(record())
    second = taken(record(pages=1))
    undone(second)
    assert edition().pages == 224
    undone(first)
    assert not Edition.objects.exists()


def test_what_another_supplier_says_since_stays_theirs() -> None:
    first = taken(record())
    other = taken(record(pages=1), by=supplier("nielsen", trust=90))
    undone(first)
    assert edition().pages == 1
    undone(other)
    assert edition().pages == 224


def test_an_edition_that_is_used_is_withdrawn_and_not_deleted() -> None:
    run = taken(record(), record(2, title="Orlando"))
    put_in_stock(edition(), 1)
    undone(run)
    assert not edition().is_offered
    assert list(Edition.objects.values_list("isbn13", flat=True)) == [sku(1)]
    assert list(Work.objects.values_list("title", flat=True)) == ["The Waves"]
    assert "withdrawn" in run.records.get(ordinal=1).reasons[0][1]


def test_a_work_that_staff_has_put_on_a_list_stays() -> None:
    run = taken(record())
    chosen = StaffList.objects.create(title="Staff picks", slug="picks")
    chosen.entries.create(work=edition().work)
    undone(run)
    assert Work.objects.get().title == "The Waves"
    assert not Edition.objects.exists()


def test_a_new_edition_of_a_known_work_leaves_the_work_as_it_was() -> None:
    taken(record(description=""))
    run = taken(record(2, description="New.", relations=(Relation("06", sku(1)),)))
    assert edition().work.description == "New."
    undone(run)
    assert edition().work.description == ""
    assert Work.objects.count() == Edition.objects.count() == 1


def test_a_delete_is_undone() -> None:
    taken(record())
    undone(taken(Record(1, 1, "ref", "05", isbn13=sku(1))))
    assert edition().is_offered


def test_a_second_undo_does_nothing() -> None:
    run = undone(taken(record()))
    taken(record())
    undoing.undo(run.pk, at=LATER + datetime.timedelta(1))
    run.refresh_from_db()
    assert run.undone_at == LATER
    assert Edition.objects.count() == 1


def test_an_undo_that_was_killed_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "BATCH", 2)
    run = taken(*(record(number, title=f"Title {number}") for number in range(1, 6)))

    class Killed(BaseException):
        pass

    def stop(_run: ImportRun) -> None:
        raise Killed

    with pytest.raises(Killed):
        undoing.undo(run.pk, at=LATER, progress=stop)
    run.refresh_from_db()
    assert (run.status, run.undone_from, Edition.objects.count()) == ("undoing", 4, 3)
    undone(run)
    assert [model.objects.count() for model in MADE] == [0] * 6


def test_an_edition_that_a_changed_record_replaced_is_not_replaced_any_more() -> None:
    taken(record(), record(2))
    run = taken(record(2, relations=(Relation("03", sku(1)),)))
    assert edition().replaced_by == edition(2)
    undone(run)
    assert edition().replaced_by is None
    taken(record(2, relations=(Relation("03", sku(1)),)))
    assert edition().replaced_by == edition(2)


def test_an_old_edition_that_points_elsewhere_since_is_left_alone() -> None:
    taken(record(), record(2), record(3))
    run = taken(record(2, relations=(Relation("03", sku(1)),)))
    Edition.objects.filter(isbn13=sku(1)).update(replaced_by=edition(3))
    undone(run)
    assert edition().replaced_by == edition(3)


def test_what_a_record_said_of_numbers_that_are_not_here_is_forgotten() -> None:
    taken(record())
    run = taken(record(relations=(Relation("06", sku(2)),)))
    assert ExpectedRelation.objects.get().isbn13 == sku(2)
    undone(run)
    assert not ExpectedRelation.objects.exists()


def test_what_an_earlier_file_said_of_numbers_that_are_not_here_stays() -> None:
    taken(record(relations=(Relation("06", sku(2)),)))
    run = taken(record(pages=1, relations=(Relation("06", sku(2)), Relation("06", sku(3)))))
    assert ExpectedRelation.objects.count() == 2
    undone(run)
    assert ExpectedRelation.objects.get().isbn13 == sku(2)
