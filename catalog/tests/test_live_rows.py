"""What SQL says of the catalogue for the live answers is what the models say."""

import datetime
import random
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import timezone

from catalog import live_rows
from catalog.live_records import ContributorRecord, EditionRecord, WorkRecord
from catalog.models import (
    Contribution,
    Contributor,
    Edition,
    Location,
    Price,
    Stock,
    Supply,
    Work,
)
from catalog.tests.factories import EditionFactory, ImprintFactory, WorkFactory, main_shop, sku

pytestmark = pytest.mark.django_db
FORMATS = ["paperback", "hardback", "ebook", "audiobook_download", "gift_card"]
ROLES = ["A01", "A01", "B01", "B06"]


@pytest.fixture
def varied(db: None) -> datetime.date:
    """Works and editions of all kinds; the day on which they are looked at."""
    chance, today = random.Random(7), timezone.localdate()
    people = Contributor.objects.bulk_create(
        Contributor(name=f"Person\t{n}", sort_name=f"{n}", slug=f"person-{n}") for n in range(8)
    )
    works = Work.objects.bulk_create(
        Work(key=f"{n}", title=f"Title {n} \\ é\n", popularity=chance.randint(0, 3))
        for n in range(40)
    )
    Contribution.objects.bulk_create(
        Contribution(work=work, contributor=person, role=chance.choice(ROLES), ordinal=ordinal)
        for work in works
        for ordinal, person in enumerate(chance.sample(people, chance.randint(0, 3)))
    )
    days = [None, *(today + datetime.timedelta(days=n) for n in (-400, -1, 0, 1, 30))]
    numbers = iter(range(1, 1_000))
    imprint = ImprintFactory.create()
    editions = Edition.objects.bulk_create(
        Edition(
            isbn13=sku(next(numbers)),
            work=work,
            imprint=imprint,
            language="en",
            title=chance.choice(["", "", "Ein \\ Titel"]),
            format=chance.choice(FORMATS),
            publication_date=chance.choice(days),
            embargo_date=chance.choice(days),
            is_offered=chance.random() < 0.8,
        )
        for work in works
        for _each in range(chance.randint(0, 4))
    )
    _price_and_supply(editions, chance)
    return today


def _price_and_supply(editions: list[Edition], chance: random.Random) -> None:
    Price.objects.bulk_create(
        Price(
            edition=edition,
            amount=chance.choice([Decimal("9.99"), Decimal("5.00")]),
            currency=chance.choice([settings.SHOP_CURRENCY, settings.SHOP_CURRENCY, "XXX"]),
            valid_from=datetime.date(chance.choice([2024, 2024, 2999]), 1, 1),
        )
        for edition in editions
    )
    annex = Location.objects.create(code="annex", name="Annex", serves_shipping=False)
    Stock.objects.bulk_create(
        Stock(edition=edition, location=location, on_hand=5, allocated=chance.randint(0, 5))
        for edition in editions
        for location in (main_shop(), annex)
        if chance.random() < 0.5
    )
    Supply.objects.bulk_create(
        Supply(
            edition=edition,
            accepts_preorders=chance.random() < 0.5,
            preorder_cap=chance.choice([None, 0, 3, 9]),
            promised_date=edition.release_date if chance.random() < 0.5 else None,
            accepts_backorders=chance.random() < 0.5,
            backorder_days=chance.randint(1, 30),
            awaited=chance.randint(0, 4),
        )
        for edition in editions
        if chance.random() < 0.6
    )


def plain(text: str) -> str:
    return text.replace("\t", " ").replace("\n", " ")


def test_works_are_as_their_models(varied: datetime.date) -> None:
    models = {}
    for work in Work.objects.offered().for_cards():
        editions = sorted(work.editions.all(), key=lambda edition: edition.list_rank)
        models[str(work.pk)] = WorkRecord(
            title=plain(work.title),
            byline=plain(work.byline),
            authors=tuple(each.contributor_id for each in work.authors),
            popularity=work.popularity,
            numbers=tuple(edition.isbn13 for edition in editions),
            own_title=editions[0].title,
        )
    assert len(models) > 20
    assert {pk: WorkRecord.read(line) for pk, line in live_rows.all_works(today=varied)} == models
    assert live_rows.works(list(map(int, models)), today=varied) == dict(
        live_rows.all_works(today=varied)
    )


def test_editions_are_as_their_models(varied: datetime.date) -> None:
    models = {
        edition.isbn13: EditionRecord(edition.availability, edition.work_id, edition.title)
        for edition in Edition.objects.offered().with_availability()
    }
    assert len({record.availability for record in models.values()}) > 20
    lines = dict(live_rows.all_editions(today=varied))
    assert {number: EditionRecord.read(line) for number, line in lines.items()} == models
    assert live_rows.editions(list(lines), today=varied) == lines
    withdrawn = Edition.objects.filter(is_offered=False).values_list("isbn13", flat=True)
    assert withdrawn
    assert live_rows.editions(list(withdrawn), today=varied) == {}


def test_contributors_are_those_whom_a_byline_names(varied: datetime.date) -> None:
    popularity: dict[int, int] = {}
    named = {}
    for work in Work.objects.offered().for_cards():
        for each in work.authors:
            most = max(popularity.get(each.contributor_id, 0), work.popularity)
            popularity[each.contributor_id] = most
            person = each.contributor
            named[str(person.pk)] = ContributorRecord(plain(person.name), person.slug, most)
    everybody = [int(pk) for pk, _line in live_rows.all_contributors()]
    found = live_rows.contributors(everybody)
    assert {pk: ContributorRecord.read(line) for pk, line in found.items()} == named
    assert 0 < len(named) <= len(everybody)


def test_what_would_end_a_line_is_a_space() -> None:
    work = WorkFactory.create(title="One\tTwo\nThree\\n \x0b\x08\x0c.")
    EditionFactory.create(work=work)
    ((_pk, line),) = live_rows.all_works(today=timezone.localdate())
    assert WorkRecord.read(line).title == "One Two Three\\n    ."
