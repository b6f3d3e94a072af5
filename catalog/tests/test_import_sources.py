"""Who is believed: staff before suppliers, the trusted before the others, the later of equals."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Contributor, Edition, Imprint, Provenance, Series
from catalog.onix.records import Person, Relation
from catalog.tests import feeds
from catalog.tests.factories import EditionFactory, WorkFactory, orderable, sku
from catalog.tests.feeds import edition, outcomes, record, supplier, taken

pytestmark = pytest.mark.django_db


def said_by(source: str, *names: str) -> None:
    """As the back office notes who wrote these fields of the first edition."""
    found = Provenance.objects.get(edition=edition())
    found.sources |= dict.fromkeys(names, source)
    found.save()


def test_what_staff_wrote_stays_and_the_record_says_so() -> None:
    taken(record())
    made = edition()
    made.work.title, made.pages, made.is_offered = "Waves, The", 1, False
    made.work.save()
    made.save()
    said_by("staff", "work.title", "pages", "price", "is_offered", "work.contributors")
    people = (Person("Ann Lee", "Lee, Ann", "A01", 1),)
    run = taken(record(pages=300, offers=(feeds.price("1.00"),), people=people))
    found = run.records.get()
    assert found.outcome == "unchanged"
    assert {name for name, _why in found.reasons} == {
        "pages", "work.title", "price", "work.contributors",
    }  # fmt: skip
    made = edition()
    assert (made.title, made.work.title, made.pages, made.is_offered) == (
        "", "Waves, The", 1, False,
    )  # fmt: skip
    assert made.prices.get().amount == Decimal("9.99")
    assert not Contributor.objects.filter(sort_name="Lee, Ann").exists()


def test_what_is_locked_stays_whoever_wrote_it() -> None:
    taken(record())
    Provenance.objects.update(locked=["imprint", "work.description", "work.series"])
    taken(record(imprint="Vintage", description="New.", collections=()))
    assert edition().imprint.name == "Hogarth"
    assert edition().work.description == "Six voices."
    assert edition().work.series_memberships.count() == 1
    assert not Imprint.objects.filter(name="Vintage").exists()


def test_what_was_there_before_anybody_kept_count_is_staffs() -> None:
    work = WorkFactory.create(title="The Waves", author="Virginia Woolf")
    old = EditionFactory.create(isbn13=sku(1), work=work, pages=None, price=Decimal("5.00"))
    orderable(old, backorder_days=3)
    taken(record())
    made = edition()
    assert (made.pages, made.imprint, made.prices.get().amount) == (224, old.imprint, Decimal(5))
    assert made.supply.backorder_days == 3
    assert made.work.description == "Six voices."
    assert [c.contributor.sort_name for c in work.contributions.all()] == ["Woolf, Virginia"]


@pytest.mark.parametrize(("trust", "expected"), [(40, "The Waves"), (50, "Waves"), (60, "Waves")])
def test_the_more_trusted_supplier_wins_and_of_equals_the_later(trust: int, expected: str) -> None:
    taken(record(pages=None))
    other = supplier("nielsen", trust=trust)
    run = taken(record(title="Waves", pages=300, weight_grams=999), by=other)
    made = edition()
    assert made.work.title == expected
    assert made.pages == 300
    assert (made.weight_grams == 999) is (trust >= 50)
    sources = made.provenance.sources
    assert sources["pages"] == "nielsen"
    assert sources["work.title"] == ("nielsen" if trust >= 50 else "gardners")
    if trust < 50:
        assert [name for name, _why in run.records.get().reasons] == ["work.title", "weight_grams"]


def test_a_trusted_supplier_that_says_the_same_is_believed_from_then_on() -> None:
    taken(record())
    taken(record(), by=supplier("nielsen", trust=90))
    run = taken(record(pages=1))
    assert edition().pages == 224
    assert outcomes(run) == ["unchanged"]


def test_a_supplier_empties_only_what_it_has_filled() -> None:
    taken(record(height_mm=None))
    taken(record(description="", weight_grams=None), by=supplier("nielsen", trust=90))
    assert edition().work.description == "Six voices."
    taken(record(description="", weight_grams=None, offers=(), people=()))
    made = edition()
    assert (made.work.description, made.weight_grams) == ("", None)
    assert made.prices.count() == made.work.contributions.count() == 1


def test_two_editions_do_not_take_turns_with_what_is_said_of_their_work() -> None:
    hardback = record(
        2, format="hardback", description="Another text.", relations=(Relation("06", sku(1)),)
    )
    taken(record(), hardback)
    assert edition().work.description == "Six voices."
    both = (replace(record(), pages=9), replace(hardback, pages=9))
    run = taken(*both)
    assert [set(row.changes) for row in run.records.all()] == [{"pages"}, {"pages"}]
    taken(replace(hardback, description="Trusted."), by=supplier("nielsen", trust=90))
    assert edition().work.description == "Trusted."
    taken(record(description="Back again."))
    assert edition().work.description == "Trusted."


def test_a_supply_that_staff_set_up_stays() -> None:
    taken(record())
    said_by("staff", "backorders")
    taken(record(supplier_availability="51"))
    assert edition().supply.accepts_backorders


def test_unused_names_are_not_kept() -> None:
    def named(**values: Any) -> None:
        taken(record(**values), by=supplier("late", trust=1))

    taken(record())
    named(imprint="X", publisher="Y", collections=(), people=(Person("A", "A", "A01", 1),))
    assert list(Imprint.objects.values_list("name", flat=True)) == ["Hogarth"]
    assert Contributor.objects.count() == Series.objects.count() == Edition.objects.count() == 1
