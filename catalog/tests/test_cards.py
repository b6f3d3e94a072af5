"""Cards say what the models would say, by one statement for any number of works."""

import datetime
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog import cards
from catalog.cards import Card
from catalog.models import Cover, Location, Work
from catalog.tests.factories import (
    ContributorFactory,
    EditionFactory,
    SeriesFactory,
    WorkFactory,
    preorderable,
    put_in_stock,
)

pytestmark = pytest.mark.django_db
AHEAD = timezone.localdate() + datetime.timedelta(days=30)


def varied() -> list[Work]:
    """Works that differ in all that decides what a card shows."""
    plain = WorkFactory.create(title="Plain", author="Jane Austen")
    EditionFactory.create(work=plain, price=Decimal("12.00"))
    EditionFactory.create(work=plain, price=Decimal("8.00"), title="Plain, abridged")
    EditionFactory.create(work=plain, price=Decimal("1.00"), format="ebook")
    EditionFactory.create(work=plain, price=Decimal("2.00"), is_offered=False)
    unpriced = WorkFactory.create(title="Unpriced")
    EditionFactory.create(work=unpriced, price=False, language="fr")
    EditionFactory.create(work=unpriced, price=False)
    ahead = WorkFactory.create(title="Ahead", author="Ann Author")
    preorderable(EditionFactory.create(work=ahead, publication_date=AHEAD))
    EditionFactory.create(work=ahead, format="audiobook")
    embargo = WorkFactory.create(title="Embargo")
    EditionFactory.create(work=embargo, embargo_date=AHEAD)
    translated = WorkFactory.create(title="Translated")
    for place, (name, role) in enumerate((("Tess", "B06"), ("Ida", "A12")), start=1):
        person = ContributorFactory.create(name=name)
        translated.contributions.create(contributor=person, role=role, ordinal=place)
    edition = EditionFactory.create(work=translated)
    translated.contributions.create(
        contributor=ContributorFactory.create(name="Of one edition"), role="A01", edition=edition
    )
    Cover.objects.create(
        edition=edition, source="uploaded", state="ready", digest="a" * 32, width=500, height=700,
        color="#123456", updated_at=timezone.now(),
    )  # fmt: skip
    row = SeriesFactory.create(title="The Row")
    two = WorkFactory.create(title="Two", author="Ann Author")
    two.contributions.create(contributor=ContributorFactory.create(name="Ben"), role="A01")
    EditionFactory.create(work=two)
    row.memberships.create(work=two, position=Decimal("2.0"))
    SeriesFactory.create(title="Unnumbered").memberships.create(work=two)
    return [plain, unpriced, ahead, embargo, translated, two]


def test_a_card_says_what_the_models_say(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    ids = [work.pk for work in varied()]
    with django_assert_num_queries(1):
        found = cards.read(ids)
    works = Work.objects.for_cards().in_bulk(ids)
    assert [card.work_id for card in found] == ids
    for card in found:
        _compare(card, works[card.work_id])


def _compare(card: Card, work: Work) -> None:
    edition = work.lead_edition
    assert edition is not None
    said = (card.isbn13, card.title, card.url, card.byline, card.format_label, card.language)
    assert said == (
        edition.isbn13, edition.display_title, edition.get_absolute_url(), work.byline,
        edition.format_label, edition.language,
    )  # fmt: skip
    assert (card.price_amount, card.is_for_sale) == (edition.price_amount, edition.is_for_sale)
    assert card.release_date == edition.release_date
    assert card.is_forthcoming == edition.is_forthcoming
    assert card.is_now == any(not each.is_forthcoming for each in work.editions.all())
    assert (card.key, card.imprint) == (work.key, edition.imprint.name)
    places = [(str(each.series), each.label) for each in work.series_memberships.all()]
    assert [(place.series, place.label) for place in card.places] == places
    digest = edition.own_cover.digest if edition.own_cover else ""
    assert (card.picture.digest if card.picture else "") == digest


def test_the_order_is_kept_and_what_is_not_offered_left_out() -> None:
    first, gone, last = (EditionFactory.create() for _number in range(3))
    gone.work.editions.update(is_offered=False)
    found = cards.read([last.work_id, gone.work_id, first.work_id, 999_999])
    assert [card.isbn13 for card in found] == [last.isbn13, first.isbn13]
    assert cards.read([]) == []


def test_only_the_editions_that_are_named_stand_for_a_work() -> None:
    cheap = EditionFactory.create(price=Decimal(1))
    dear = EditionFactory.create(work=cheap.work, price=Decimal(9))
    assert [card.isbn13 for card in cards.read([cheap.work_id])] == [cheap.isbn13]
    found = cards.read([cheap.work_id], editions=[dear.pk])
    assert [card.isbn13 for card in found] == [dear.isbn13]
    assert cards.read([cheap.work_id], editions=[]) == []


def test_with_stock_now_means_at_once() -> None:
    here, kept_back, out, ahead = (EditionFactory.create() for _number in range(4))
    ebook = EditionFactory.create(format="ebook")
    put_in_stock(here, 1)
    annex = Location.objects.create(code="annex", name="Annex", serves_shipping=False)
    put_in_stock(kept_back, 1, location=annex)
    put_in_stock(ahead, 1)
    ahead.publication_date = AHEAD
    ahead.save()
    ids = [edition.work_id for edition in (here, kept_back, out, ahead, ebook)]
    assert [card.is_now for card in cards.read(ids, with_stock=True)] == [
        True, False, False, False, True,
    ]  # fmt: skip
    assert [card.is_now for card in cards.read(ids)] == [True, True, True, False, True]


def test_bylines_are_those_of_the_works() -> None:
    works = varied()
    assert cards.bylines([work.pk for work in works]) == {work.pk: work.byline for work in works}
    assert cards.bylines([]) == {}
