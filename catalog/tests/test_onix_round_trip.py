"""The catalogue as ONIX, taken into an empty shop as a supplier's file: the same catalogue."""

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as shop
from django.core.files.base import ContentFile
from django.utils import timezone

from catalog import indexing, intake, onix_exporting
from catalog.feeds import runs
from catalog.models import (
    Classification,
    Contribution,
    Contributor,
    ContributorRole,
    Edition,
    Format,
    ImportRun,
    Imprint,
    Publisher,
    SearchEntry,
    Series,
    SeriesMembership,
    Work,
)
from catalog.tests import feeds
from catalog.tests.factories import (
    ContributorFactory,
    EditionFactory,
    ImprintFactory,
    SeriesFactory,
    SubjectFactory,
    WorkFactory,
)
from catalog.tests.feeds import outcomes

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
COLUMNS = (
    *("format", "language", "pages", "duration_minutes", "weight_grams", "height_mm", "width_mm"),
    *("thickness_mm", "edition_number", "edition_statement", "product_form", "cover_url"),
    *("publication_date", "embargo_date", "publishing_status", "supplier_availability"),
    *("is_offered", "display_title", "display_subtitle"),
)
WORK_COLUMNS = (
    *("title", "subtitle", "description", "original_language", "first_published", "keywords"),
    "audiences",
)


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> None:
    """Files of runs go with the test."""
    settings.MEDIA_ROOT = tmp_path / "media"


def people(contributions: Any) -> list[tuple[Any, ...]]:
    found = []
    for each in contributions.order_by("ordinal", "pk"):
        who = each.contributor
        years = (who.birth_year, who.death_year)
        found.append((who.name, who.sort_name, who.is_corporate, *years, who.biography, each.role))
    return found


def said_of(work: Work) -> dict[str, Any]:
    """All that is said of a work, without our own ids."""
    return {name: getattr(work, name) for name in WORK_COLUMNS} | {
        "main": work.main_subject.code if work.main_subject else "",
        "subjects": sorted(work.subjects.values_list("code", flat=True)),
        "others": sorted(work.classifications.values_list("scheme", "code", "is_main")),
        "series": sorted(work.series_memberships.values_list("series__title", "position")),
        "people": people(work.contributions.filter(edition=None)),
        "editions": sorted(work.editions.values_list("isbn13", flat=True)),
    }


def catalogue() -> dict[str, dict[str, Any]]:
    """All that is said of each edition, by its number."""
    found = {}
    for edition in Edition.objects.exclude(format=Format.GIFT_CARD):
        terms = edition.prices.order_by("valid_from").values_list("amount", "currency", "tax_rate")
        found[edition.isbn13] = {name: getattr(edition, name) for name in COLUMNS} | {
            "imprint": (edition.imprint.name, edition.imprint.publisher.name),
            "replaced_by": edition.replaced_by.isbn13 if edition.replaced_by else "",
            "prices": [(*each, last) for each, last in zip(terms, lasts(edition), strict=True)],
            "people": people(Contribution.objects.filter(edition=edition)),
            "work": said_of(edition.work),
        }
    return found


def lasts(edition: Edition) -> list[datetime.date | None]:
    return list(edition.prices.order_by("valid_from").values_list("valid_to", flat=True))


def differing(before: dict[str, dict[str, Any]], *but: str) -> list[tuple[Any, ...]]:
    """What is no longer as it was: number, field, what it was, what it is."""
    now = catalogue()
    assert now.keys() == before.keys()
    return [
        (number, name, value, now[number][name])
        for number, said in before.items()
        for name, value in said.items()
        if name not in but and value != now[number][name]
    ]


def empty() -> None:
    """Take away what a supplier's file can bring; the tree of subjects stays."""
    Contribution.objects.all().delete()
    Edition.objects.update(replaced_by=None)
    for model in (Edition, Work, Series, Contributor, Imprint, Publisher):
        model._default_manager.all().delete()


def moved(content: bytes | None = None) -> ImportRun:
    """The run of our own export, or of `content`, in a shop that was emptied before."""
    content = content or b"".join(onix_exporting.export_onix(sent_at=AT))
    empty()
    return taken(content)


def taken(content: bytes) -> ImportRun:
    file = ContentFile(content, name="shop.xml")
    run = intake.keep(supplier=feeds.supplier("other-shop"), file=file)
    runs.run(run.pk, at=AT)
    run.refresh_from_db()
    return run


def full_edition() -> Edition:
    """An edition of which everything is said."""
    main, other = SubjectFactory.create(code="FBC"), SubjectFactory.create(code="1DDU")
    work = WorkFactory.create(
        title="The Waves & <Sands>", subtitle="A novel", description="One.\n\nTwo & 1 < 2, “so”.",
        original_language="en", first_published=1931, main_subject=main, keywords="sea; waves",
        audiences=["01", "06"], author="Virginia Woolf",
    )  # fmt: skip
    work.subjects.set([main, other])
    Classification.objects.create(work=work, scheme="bisac", code="FIC019000", is_main=True)
    Classification.objects.create(work=work, scheme="bic", code="FA")
    SeriesMembership.objects.create(
        work=work, series=SeriesFactory.create(title="Voyages"), position=Decimal("2.5")
    )
    edition = EditionFactory.create(
        work=work, format=Format.LARGE_PRINT, language="fr", pages=240, duration_minutes=90,
        weight_grams=245, height_mm=198, width_mm=129, thickness_mm=21, edition_number=2,
        edition_statement="Second edition", embargo_date=datetime.date(2024, 3, 2),
        publishing_status="04", supplier_availability="21", product_form="BC",
        cover_url="https://covers.example/1.jpg?a=1&b=2", price__tax_rate=Decimal("7.00"),
        imprint=ImprintFactory.create(name="Dial", slug="dial"),
    )  # fmt: skip
    for name, role in (("Marie Gaulis", ContributorRole.TRANSLATOR), ("Jo Ek", "E07")):
        person = ContributorFactory.create(name=name, birth_year=1901, biography="Wrote.\n\nMore.")
        Contribution.objects.create(work=work, edition=edition, contributor=person, role=role)
    return edition


def test_everything_comes_back() -> None:
    edition = full_edition()
    newer = EditionFactory.create(work=edition.work, format=Format.EBOOK, product_form="ED")
    Edition.objects.filter(pk=edition.pk).update(replaced_by=newer)
    before = catalogue()
    run = moved()
    assert (run.status, run.created_count, run.rejected_count) == ("done", 2, 0)
    assert differing(before) == []


@pytest.mark.parametrize("format_", [each for each in Format if each != Format.GIFT_CARD])
def test_each_format_comes_back(format_: Format) -> None:
    # The export names a form where nobody had. What is no book is not offered by an import.
    EditionFactory.create(format=format_, is_offered=format_ != Format.OTHER)
    before = catalogue()
    assert outcomes(moved()) == ["created"]
    assert differing(before, "product_form", "supplier_availability") == []


def test_bodies_namesakes_and_titles_of_editions_come_back() -> None:
    work = WorkFactory.create(title="Emma")
    for place, (name, born) in enumerate((("Jo Ek", 1950), ("Jo Ek", 1980), ("Ek & Ek Ltd", None))):
        filed = name if born is None else "Ek, Jo"
        person = ContributorFactory.create(
            name=name, sort_name=filed, birth_year=born, is_corporate=born is None
        )
        Contribution.objects.create(
            work=work, contributor=person, role=("A01", "A12", "A23")[place], ordinal=place
        )
    EditionFactory.create(work=work, product_form="BC")
    own = {"title": "Emma, oder so", "subtitle": "Roman", "language": "de", "product_form": "BB"}
    EditionFactory.create(work=work, format=Format.HARDBACK, **own)
    before = catalogue()
    moved()
    assert differing(before) == []


def test_what_is_not_offered_or_has_no_price_stays_so() -> None:
    kept = EditionFactory.create(is_offered=False, product_form="BC", supplier_availability="21")
    EditionFactory.create(price=False, product_form="BC")
    before = catalogue()
    moved()
    # Of both, what suppliers say and what the shop does, ONIX has but one.
    assert differing(before) == [(kept.isbn13, "supplier_availability", "21", "46")]


def test_nothing_is_given_away_because_a_file_says_so() -> None:
    EditionFactory.create(price=Decimal("0.00"), product_form="BC")
    before = catalogue()
    moved()
    assert [(name, now) for _number, name, _was, now in differing(before)] == [("prices", [])]


def test_prices_of_later_days_come_back() -> None:
    edition = EditionFactory.create(price=False, product_form="BC")
    today, day = timezone.localdate(AT), datetime.timedelta(days=1)
    edition.prices.create(
        amount=Decimal("9.99"),
        currency=shop.SHOP_CURRENCY,
        valid_from=today,
        valid_to=today + 9 * day,
    )
    edition.prices.create(amount=2, currency=shop.SHOP_CURRENCY, valid_from=today + 10 * day)
    before = catalogue()
    moved()
    assert differing(before) == []


def test_exported_again_it_is_the_same_file() -> None:
    full_edition()
    moved()
    first = b"".join(onix_exporting.export_onix(sent_at=AT))
    run = taken(first)
    assert outcomes(run) == ["unchanged"]
    moved(first)
    assert b"".join(onix_exporting.export_onix(sent_at=AT)) == first


def test_search_finds_it_there_by_the_same_words() -> None:
    full_edition()
    works = list(Work.objects.values_list("pk", flat=True))
    indexing.write_entries(works, today=timezone.localdate(), progress=lambda done: None)
    columns = ("names", "head", "popularity_key", "title_key", "newest_key", "price_key")
    before = SearchEntry.objects.values(*columns).get()
    moved()
    assert SearchEntry.objects.values(*columns).get() == before
