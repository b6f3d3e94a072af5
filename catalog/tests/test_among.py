"""The lookup `among`: as `in`, with one parameter for any number of values."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Contributor, Edition, Work
from catalog.tests.factories import EditionFactory

pytestmark = pytest.mark.django_db

NASTY = ['He said "no"', "back\\slash", "{a,b}", "NULL", "", "o’Neill, %s", "it's"]


def test_numbers_texts_and_foreign_keys_are_found_as_by_in() -> None:
    editions = [EditionFactory.create() for _time in range(3)]
    wanted = editions[:2]
    works = [each.work_id for each in wanted]
    ids = [each.pk for each in wanted]
    assert set(Edition.objects.filter(isbn13__among=[e.isbn13 for e in wanted])) == set(wanted)
    assert set(Edition.objects.filter(pk__among=ids)) == set(wanted)
    assert set(Edition.objects.filter(work__among=works)) == set(wanted)
    assert set(Work.objects.filter(editions__among=ids)) == {each.work for each in wanted}


@pytest.mark.parametrize("text", NASTY)
def test_every_text_is_itself(text: str) -> None:
    person = Contributor.objects.create(name=text, sort_name=text, slug="somebody")
    Contributor.objects.create(name="a", sort_name="a", slug="a")
    found = Contributor.objects.filter(sort_name__among=[text, "nobody"])
    assert list(found) == [person]


def test_nothing_is_among_nothing() -> None:
    edition = EditionFactory.create()
    with CaptureQueriesContext(connection) as asked:
        assert not list(Edition.objects.filter(pk__among=[]))
    assert not asked.captured_queries
    assert list(Edition.objects.exclude(pk__among=[])) == [edition]


def test_it_is_one_parameter_however_many_there_are() -> None:
    statement, parameters = Edition.objects.filter(pk__among=range(5_000)).query.sql_with_params()
    assert statement.count("%s") == len(parameters) == 1
