"""Who said what of an edition, and what no feed may overwrite."""

from functools import partial

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.models import Edition, Provenance, SupplierRecord
from catalog.tests.factories import EditionFactory
from catalog.tests.suppliers import north
from tests.races import at_once


@pytest.fixture
def edition(db: None) -> Edition:
    edition: Edition = EditionFactory.create()
    Provenance.objects.create(edition=edition, sources={"pages": "north", "title": "north"})
    SupplierRecord.objects.create(edition=edition, supplier=north(), digest="a" * 64)
    return edition


def said(edition: Edition) -> tuple[dict[str, str], list[str], str]:
    row = Provenance.objects.get(edition=edition)
    digests = SupplierRecord.objects.filter(edition=edition).values_list("digest", flat=True)
    return row.sources, sorted(row.locked), "".join(digests)


def test_what_staff_wrote_is_theirs(edition: Edition) -> None:
    edition.provenance.mark_staff(["pages", "work.title"])
    assert edition.provenance.sources == {"pages": "staff", "title": "north", "work.title": "staff"}
    assert said(edition)[2] == "a" * 64  # the same record again is still no news


def test_fields_are_locked_and_unlocked(edition: Edition) -> None:
    edition.provenance.lock(["title", "pages"])
    edition.provenance.lock(["pages"])
    sources = {"pages": "north", "title": "north"}
    assert said(edition) == (sources, ["pages", "title"], "a" * 64)
    edition.provenance.unlock(["pages"])
    assert said(edition) == (sources, ["title"], "")  # the next file is read anew


def test_fields_are_given_back(edition: Edition) -> None:
    edition.provenance.mark_staff(["pages"])
    edition.provenance.lock(["pages", "title"])
    edition.provenance.release(["pages"])
    assert said(edition) == ({"pages": "released", "title": "north"}, ["title"], "")


def test_editions_without_a_row_get_one(db: None) -> None:
    first, second, other = EditionFactory.create_batch(3)
    Provenance.objects.mark_staff([first.pk, second.pk], ["work.title"])
    Provenance.objects.lock([second.pk], ["pages"])
    Provenance.objects.release([other.pk], ["pages"])
    assert said(first) == ({"work.title": "staff"}, [], "")
    assert said(second) == ({"work.title": "staff"}, ["pages"], "")
    assert said(other) == ({"pages": "released"}, [], "")


def test_many_editions_take_two_statements(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    editions = EditionFactory.create_batch(3)
    fields = {edition.pk: {"pages", f"x{n}"} for n, edition in enumerate(editions)}
    with django_assert_num_queries(2):
        Provenance.objects.mark_staff_each(fields)
        Provenance.objects.mark_staff_each({})
        Provenance.objects.mark_staff([], ["pages"])
    assert [said(edition)[0] for edition in editions] == [
        {"pages": "staff", f"x{n}": "staff"} for n in range(3)
    ]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_write_at_once_neither_is_forgotten() -> None:
    edition = EditionFactory.create()
    names = [f"field{n}" for n in range(6)]
    verbs = (Provenance.objects.mark_staff, Provenance.objects.lock)
    at_once([partial(verb, [edition.pk], [name]) for name in names for verb in verbs])
    sources, locked, _digest = said(edition)
    assert sources == dict.fromkeys(names, "staff")
    assert locked == names
