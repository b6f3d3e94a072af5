"""Plain factories of the catalogue."""

import datetime
from decimal import Decimal
from typing import Any

import factory
from django.conf import settings
from django.utils import timezone
from factory.django import DjangoModelFactory

from catalog import isbn
from catalog.models import (
    Contribution,
    Contributor,
    ContributorRole,
    Edition,
    Format,
    Imprint,
    Location,
    Price,
    Publisher,
    Series,
    StaffList,
    Stock,
    Subject,
    Supply,
    Work,
)

MADE_FROM = 100_000_000
"""Where the serial numbers of made-up editions begin: far from those that tests and samples name.

A process counts them on from test to test, and comes past any number some time.
"""


def sku(number: int) -> str:
    """The in-store number with this serial number."""
    twelve = f"29{number:010}"
    return twelve + isbn.check_digit(twelve)


class PublisherFactory(DjangoModelFactory[Publisher]):
    class Meta:
        model = Publisher
        django_get_or_create = ("name",)

    name = "Hogarth Press"


class ImprintFactory(DjangoModelFactory[Imprint]):
    class Meta:
        model = Imprint
        django_get_or_create = ("slug",)

    publisher = factory.SubFactory(PublisherFactory)
    name = "Hogarth"
    slug = "hogarth"


class SubjectFactory(DjangoModelFactory[Subject]):
    class Meta:
        model = Subject
        django_get_or_create = ("code",)

    code = "FBC"
    name = "Classics"
    slug = factory.LazyAttribute(lambda subject: subject.code.lower())


class SeriesFactory(DjangoModelFactory[Series]):
    class Meta:
        model = Series

    title = factory.Sequence(lambda n: f"Series {n}")
    slug = factory.Sequence(lambda n: f"series-{n}")


class ContributorFactory(DjangoModelFactory[Contributor]):
    class Meta:
        model = Contributor

    name = "Virginia Woolf"
    sort_name = factory.LazyAttribute(
        lambda person: ", ".join(reversed(person.name.rsplit(" ", 1)))
    )
    slug = factory.Sequence(lambda n: f"contributor-{n}")


class WorkFactory(DjangoModelFactory[Work]):
    """A work; `author="Name"` adds its author."""

    class Meta:
        model = Work
        skip_postgeneration_save = True

    key = factory.Sequence(lambda n: f"work-{n}")
    title = factory.Sequence(lambda n: f"Title {n}")

    @factory.post_generation
    def author(self: Work, create: bool, extracted: str | None, **kwargs: Any) -> None:
        if extracted:
            contributor = Contributor.objects.filter(name=extracted).first()
            Contribution.objects.create(
                work=self,
                contributor=contributor or ContributorFactory.create(name=extracted),
                role=ContributorRole.AUTHOR,
            )


class EditionFactory(DjangoModelFactory[Edition]):
    """An edition that is out.

    `price=Decimal(…)` is its price (`price=False`: none), `stock=3` puts 3 in the main shop.
    """

    class Meta:
        model = Edition
        skip_postgeneration_save = True

    isbn13 = factory.Sequence(lambda n: sku(MADE_FROM + n))
    work = factory.SubFactory(WorkFactory)
    format = Format.PAPERBACK
    language = "en"
    imprint = factory.SubFactory(ImprintFactory)
    publication_date = datetime.date(2024, 3, 1)

    @factory.post_generation
    def price(self: Edition, create: bool, extracted: Decimal | bool | None, **kwargs: Any) -> None:
        if extracted is False:
            return
        Price.objects.create(
            edition=self,
            amount=Decimal("9.99") if extracted is None else extracted,
            currency=settings.SHOP_CURRENCY,
            valid_from=datetime.date(2024, 1, 1),
            tax_rate=kwargs.get("tax_rate"),
        )

    @factory.post_generation
    def stock(self: Edition, create: bool, extracted: int | None, **kwargs: Any) -> None:
        if extracted:
            put_in_stock(self, extracted)


def main_shop() -> Location:
    """The location that every shop has."""
    return Location.objects.get_or_create(
        code="main", defaults={"name": "Main shop", "offers_collection": True}
    )[0]


def store_room() -> Location:
    """A second location, behind the main shop."""
    return Location.objects.get_or_create(
        code="store-room",
        defaults={"name": "Store room", "kind": Location.Kind.STORE_ROOM, "priority": 2},
    )[0]


def preorderable(edition: Edition, **fields: Any) -> Supply:
    """Customers can pre-order `edition` while it is forthcoming."""
    return Supply.objects.create(edition=edition, accepts_preorders=True, **fields)


def orderable(edition: Edition, **fields: Any) -> Supply:
    """The shop orders `edition` for customers when none is left."""
    return Supply.objects.create(edition=edition, accepts_backorders=True, **fields)


def put_in_stock(edition: Edition, quantity: int, *, location: Location | None = None) -> Stock:
    """Receive `quantity` copies."""
    stock, _created = Stock.objects.get_or_create(edition=edition, location=location or main_shop())
    stock.receive(quantity, reason="Test")
    return stock


class StaffListFactory(DjangoModelFactory[StaffList]):
    class Meta:
        model = StaffList

    title = "Staff picks"
    slug = factory.Sequence(lambda n: f"list-{n}")


def embargoed(days: int, *, title: str = "Held back", **fields: Any) -> Edition:
    """Published yesterday, and in stock; not to be sold before so many days from today."""
    today = timezone.localdate()
    edition = EditionFactory.create(
        work=WorkFactory.create(title=title),
        publication_date=today - datetime.timedelta(1),
        embargo_date=today + datetime.timedelta(days),
        **{"stock": 3, **fields},
    )
    return Edition.objects.with_price().with_availability().get(pk=edition.pk)
