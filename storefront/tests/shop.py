"""A small shop to look at in tests, and what every public page must be."""

import datetime
import re
from decimal import Decimal

from django.db import transaction
from django.test.client import Client
from django.utils import timezone

from catalog import indexing, shelf_sizes
from catalog.models import Contribution, Edition, Work
from catalog.tests.factories import (
    ContributorFactory,
    EditionFactory,
    ImprintFactory,
    SeriesFactory,
    StaffListFactory,
    SubjectFactory,
    WorkFactory,
)
from storefront.answering import for_caches


@transaction.atomic
def open_shop() -> Edition:
    """A paperback of Emma, with a second format, a series, a subject and a staff pick."""
    fiction = SubjectFactory.create(code="F", name="Fiction", slug="fiction")
    classics = SubjectFactory.create(code="FBC", name="Classics", slug="classics", parent=fiction)
    emma = WorkFactory.create(
        title="Emma",
        author="Jane Austen",
        description="Handsome, clever and rich.",
        main_subject=classics,
        original_language="en",
        first_published=1815,
    )
    emma.subjects.add(classics)
    SeriesFactory.create(title="Highbury", slug="highbury").memberships.create(
        work=emma, position=Decimal("2.0")
    )
    StaffListFactory.create(title="Our favorites", slug="favorites").entries.create(
        work=emma, note="I lend it to everybody."
    )
    paperback = EditionFactory.create(
        work=emma,
        isbn13="9780306406157",
        price=Decimal("12.50"),
        stock=3,
        pages=474,
        imprint=ImprintFactory.create(name="Harbour", slug="harbour"),
    )
    EditionFactory.create(work=emma, format="ebook", price=Decimal("3.99"))
    Contribution.objects.create(
        work=emma,
        edition=paperback,
        contributor=ContributorFactory.create(name="Ada Note", slug="ada-note"),
        role="A24",
    )
    indexing.works_changed([emma.pk])
    shelf_sizes.renew()
    return paperback


@transaction.atomic
def add_works(count: int, *, like: Edition) -> list[Work]:
    """More works that stand wherever `like` stands."""
    works = []
    for number in range(count):
        work = WorkFactory.create(
            title=f"More {number}",
            author="Jane Austen",
            main_subject=like.work.main_subject,
            popularity=number,
        )
        work.subjects.set(like.work.subjects.all())
        series = like.work.series_memberships.get().series
        series.memberships.create(work=work, position=10 + number)
        like.work.list_entries.get().staff_list.entries.create(work=work, ordinal=2 + number)
        EditionFactory.create(work=work, imprint=like.imprint)
        EditionFactory.create(work=work, format="hardback", imprint=like.imprint)
        works.append(work)
    indexing.works_changed([work.pk for work in works])
    shelf_sizes.renew()
    return works


def read(client: Client, path: str) -> str:
    """The text of a public page that is in order."""
    response = client.get(path)
    assert response.status_code == 200, path
    assert not response.cookies
    assert response["Cache-Control"] == for_caches()
    assert "Cookie" not in response.get("Vary", "")
    return response.content.decode()


def days_ago(days: int) -> datetime.date:
    return timezone.localdate() - datetime.timedelta(days=days)


def titles(page: str) -> list[str]:
    """What stands in the grid, in order."""
    return re.findall(r"<h3[^>]*><a [^>]*>([^<]+)</a></h3>", page)
