"""What stands around a subject, by one statement."""

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog import surroundings
from catalog.models import Subject
from catalog.tests.factories import SubjectFactory

pytestmark = pytest.mark.django_db


def names(nodes: list[surroundings.Node]) -> list[str]:
    return [str(node) for node in nodes]


def test_above_below_and_beside(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    root = SubjectFactory.create(code="F", name="Fiction", size=9)
    crime = SubjectFactory.create(code="FF", name="Crime", parent=root, size=5, intro="Sit down.")
    for code, name, fields in (
        ("FFA", "Classic crime", {"parent": crime, "size": 2}),
        ("FFB", "First", {"parent": crime, "size": 1, "ordinal": 1}),
        ("FFC", "Empty", {"parent": crime, "size": 0}),
        ("FR", "Love", {"parent": root, "size": 3}),
        ("FS", "Hidden", {"parent": root, "size": 3, "is_shown": False}),
        ("1A", "Qualifier", {"parent": root, "size": 3}),
        ("B", "Other root", {"size": 3}),
    ):
        SubjectFactory.create(code=code, name=name, **fields)
    with django_assert_num_queries(1):
        found = surroundings.around(crime.slug)
    assert found is not None
    assert (found.here.name, found.here.intro, found.here.size) == ("Crime", "Sit down.", 5)
    assert found.here.get_absolute_url() == crime.get_absolute_url()
    assert names(found.above) == ["Fiction"]
    assert names(found.below) == ["First", "Classic crime"]
    assert names(found.beside) == ["Love"]
    assert found.mark == f"=s{crime.pk}"


def test_a_root_has_nothing_above_and_nothing_beside() -> None:
    SubjectFactory.create(code="F", name="Fiction", slug="f", size=1)
    SubjectFactory.create(code="B", name="Lives", slug="b", size=1)
    found = surroundings.around("f")
    assert found is not None
    assert (found.above, found.below, found.beside) == ([], [], [])
    assert surroundings.around("nothing") is None


def test_what_it_and_those_below_gather_is_in_its_mark() -> None:
    crime, love, war = (SubjectFactory.create(code=code) for code in ("FF", "FR", "FJ"))
    shelf = SubjectFactory.create(scheme="shop", code="own", name="Own", slug="own")
    below = SubjectFactory.create(scheme="shop", code="low", name="Low", slug="low", parent=shelf)
    shelf.gathers.add(crime)
    below.gathers.add(crime, love)
    SubjectFactory.create(scheme="shop", code="else", name="Else", slug="else").gathers.add(war)
    found = surroundings.around("own")
    assert found is not None
    marked = {int(mark.removeprefix("=s")) for mark in found.mark.split("|")}
    assert marked == set(Subject.objects.marked(shelf)) == {shelf.pk, crime.pk, love.pk}
