"""What records say of each other, also where the other comes later; and whom staff has merged."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import merging
from catalog.feeds.sayings import Saying
from catalog.feeds.vocabulary import Thema, Vocabulary
from catalog.models import Contributor, ExpectedRelation, Imprint, Publisher, Series, Work
from catalog.onix.records import Collection, Person, Relation
from catalog.tests.factories import sku
from catalog.tests.feeds import AT, edition, outcomes, record, taken
from tests.people import carol

pytestmark = pytest.mark.django_db
OLD_NAME = Person("V. Woolfe", "Woolfe, V.", "A01", 1)


def test_an_edition_that_was_named_before_it_came_joins_the_work() -> None:
    taken(record(relations=(Relation("06", sku(2)), Relation("13", sku(3)))))
    assert ExpectedRelation.objects.count() == 2
    taken(record(2, title="The Waves: Ebook", format="ebook", people=()))
    taken(record(3, format="audiobook"))
    assert edition(2).work == edition(3).work == edition().work
    assert Work.objects.count() == 1


def test_what_was_said_is_kept_once_and_only_of_numbers_that_are_not_here() -> None:
    one = record(relations=(Relation("06", sku(2)), Relation("06", sku(3))))
    taken(one, record(2))
    taken(record(pages=1, relations=one.relations))
    kept = ExpectedRelation.objects.get()
    assert (kept.edition, kept.isbn13, kept.code) == (edition(), sku(3), "06")


@pytest.mark.parametrize("is_old_first", [True, False])
def test_who_replaces_whom_is_known_when_the_other_comes(is_old_first: bool) -> None:
    old = record(relations=(Relation("05", sku(2)),) if is_old_first else ())
    new = record(2, relations=() if is_old_first else (Relation("03", sku(1)),))
    for each in (old, new) if is_old_first else (new, old):
        taken(each)
    assert edition().replaced_by == edition(2)


def test_a_file_that_uses_a_merged_name_means_who_stays() -> None:
    taken(record(), record(2, title="Orlando", people=(OLD_NAME,)))
    gone = Contributor.objects.get(name="V. Woolfe")
    stays = Contributor.objects.get(name="Virginia Woolf")
    merged = merging.merge(gone, into=stays, actor=None, at=AT)
    run = taken(
        record(2, title="Orlando", people=(OLD_NAME,), pages=1),
        record(3, title="Flush", people=(OLD_NAME, record().people[0])),
    )
    assert outcomes(run) == ["changed", "created"]
    assert Contributor.objects.get() == stays
    assert list(edition(3).work.contributions.values_list("contributor", "role")) == [
        (stays.pk, "A01")
    ]
    merging.undo(merged, actor=carol(), at=AT)
    taken(record(4, title="Freshwater", people=(OLD_NAME,)))
    assert [each.contributor_id for each in edition(4).work.contributions.all()] == [gone.pk]


def test_a_name_leads_through_two_merges() -> None:
    middle = Person("V. S. Woolf", "Woolf, V. S.", "A01", 1)
    taken(
        record(), record(2, title="A", people=(OLD_NAME,)), record(3, title="B", people=(middle,))
    )
    one, two = (Contributor.objects.get(name=each.name) for each in (OLD_NAME, middle))
    stays = Contributor.objects.get(name="Virginia Woolf")
    merging.merge(one, into=two, actor=None, at=AT)
    merging.merge(two, into=stays, actor=None, at=AT)
    taken(record(4, title="C", people=(OLD_NAME,)))
    assert [each.contributor for each in edition(4).work.contributions.all()] == [stays]


def test_a_file_that_uses_a_merged_series_or_imprint_means_what_stays() -> None:
    old = {
        "title": "Orlando",
        "collections": (Collection("The Works", Decimal(2)),),
        "imprint": "Hogarth Pr.",
        "publisher": "H. Press",
    }
    taken(record(), record(2, **old))
    imprint, series = Imprint.objects.get(name="Hogarth Pr."), Series.objects.get(title="The Works")
    done = [
        merging.merge(imprint, into=edition().imprint, actor=None, at=AT),
        merging.merge(series, into=edition().work.series.get(), actor=None, at=AT),
    ]
    Publisher.objects.get(name="H. Press").delete()
    run = taken(record(2, **old, pages=1), record(3, **{**old, "title": "Flush"}))
    assert outcomes(run) == ["changed", "created"]
    assert Imprint.objects.get() == edition(3).imprint == edition(2).imprint
    assert Series.objects.get() == edition(3).work.series.get()
    assert Publisher.objects.get().name == "Hogarth Press"
    other_house = record(4, **{**old, "title": "Roger Fry", "publisher": "Another House"})
    taken(other_house)
    assert edition(4).imprint != edition().imprint
    merging.undo(done[1], actor=carol(), at=AT)
    taken(record(5, **{**old, "title": "Freshwater"}))
    assert edition(5).work.series.get() == series


def test_what_was_merged_costs_a_batch_no_statement_where_nothing_was() -> None:
    said = [Saying(record(), {"imprint": ("A", "B"), "work.series": [("C", None)]})]
    with CaptureQueriesContext(connection) as asked:
        Vocabulary(said, Thema())
    assert len(asked) == 4  # the tree; imprints; series; what was merged of any kind


def test_the_same_person_twice_in_one_part_is_named_once() -> None:
    taken(record(people=(OLD_NAME, OLD_NAME)))
    assert edition().work.contributions.count() == 1
