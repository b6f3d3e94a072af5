"""Merging doubles, undoing it, and splitting works."""

import datetime
import io
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from catalog import importing, indexing, matching, merging, shelf_sizes
from catalog.models import (
    Classification,
    Contribution,
    Contributor,
    Edition,
    FormerAddress,
    Imprint,
    MatchReview,
    Provenance,
    Publisher,
    Regrouping,
    SearchEntry,
    Series,
    SeriesMembership,
    StaffListEntry,
    Work,
)
from catalog.tests.back_office import stale_names, vector_of
from catalog.tests.factories import (
    ContributorFactory,
    EditionFactory,
    ImprintFactory,
    PublisherFactory,
    SeriesFactory,
    StaffListFactory,
    SubjectFactory,
    WorkFactory,
    sku,
)
from tests.people import carol
from tests.races import at_once

NOW = datetime.datetime(2026, 11, 3, 10, tzinfo=datetime.UTC)


@transaction.atomic
def work(title: str = "Emma", author: str = "Jane Austen", **fields: Any) -> Work:
    made: Work = WorkFactory.create(title=title, author=author, **fields)
    EditionFactory.create(work=made)
    indexing.works_changed([made.pk])
    return made


def merge(gone: Any, into: Any) -> Regrouping:
    return merging.merge(gone, into=into, actor=None, at=NOW)


def picture() -> dict[str, list[Any]]:
    """All that can be merged, in plain values."""
    works = Work.objects.order_by("pk")
    return {
        "works": list(works.values("pk", "key", "title", "subtitle", "description", "popularity",
                                   "main_subject", "first_published", "created_at", "match_key")),
        "editions": list(Edition.objects.order_by("pk").values("pk", "work", "title", "subtitle",
                                                               "imprint")),
        "people": list(Contributor.objects.order_by("pk").values()),
        "parts": list(Contribution.objects.order_by("pk").values()),
        "series": list(SeriesMembership.objects.order_by("pk").values()),
        "codes": list(Classification.objects.order_by("pk").values()),
        "lists": list(StaffListEntry.objects.order_by("pk").values()),
        "subjects": sorted(Work.subjects.through.objects.values_list("work", "subject")),
        "reviews": list(MatchReview.objects.order_by("pk").values()),
        "addresses": list(FormerAddress.objects.order_by("pk").values("kind", "slug", "target_id")),
    }  # fmt: skip


def furnished(**fields: Any) -> Work:
    """A work with something of everything."""
    made = work(**fields)
    Classification.objects.create(work=made, scheme="bisac", code="FIC004000", is_main=True)
    Classification.objects.create(work=made, scheme="bisac", code=f"FIC{made.pk % 1000000:06}")
    series = Series.objects.get_or_create(title="Highbury", slug="highbury")[0]
    SeriesMembership.objects.create(series=series, work=made, position=Decimal(2))
    own = SeriesFactory.create()
    SeriesMembership.objects.create(series=own, work=made)
    made.subjects.add(SubjectFactory.create(), SubjectFactory.create(code=f"X{made.pk}"))
    shared = StaffListFactory.create(slug=f"own-{made.pk}")
    StaffListEntry.objects.create(staff_list=shared, work=made, note="Read it.")
    return made


@pytest.mark.django_db
def test_a_work_is_merged_into_another() -> None:
    actor = carol()
    into, gone = furnished(description=""), furnished(title="Emma", description="A heroine.")
    gone_id, gone_key = gone.pk, gone.key
    edition = gone.editions.get()
    Provenance.objects.create(edition=edition, sources={"work.title": "big-books"})
    done = merging.merge(gone, into=into, actor=actor, at=NOW)
    assert not Work.objects.filter(pk=gone_id).exists()
    into.refresh_from_db()
    assert into.description == "A heroine."
    assert into.editions.count() == 2
    assert into.contributions.count() == 1
    assert into.subjects.count() == 3
    assert into.series_memberships.count() == 3
    assert into.classifications.count() == 3
    assert into.list_entries.count() == 2
    assert Provenance.objects.get(edition=edition).sources == {"work.title": "big-books"}
    assert (done.actor, done.done_at, done.other_id, done.other_key) == (
        actor, NOW, gone_id, gone_key,
    )  # fmt: skip
    assert "heroine" in vector_of(into)
    assert not SearchEntry.objects.filter(work=gone_id).exists()
    assert f"edition:{edition.isbn13}" in stale_names()


@pytest.mark.django_db
def test_two_merged_works_stand_once_on_a_shelf() -> None:
    shelf = SubjectFactory.create()
    gone, into = work(), work("Emma, a Novel")
    for each in (gone, into):
        each.subjects.set([shelf])
    indexing.works_changed([gone.pk, into.pk])
    done = merge(gone, into)
    shelf.refresh_from_db()
    assert shelf.size == 1
    merging.undo(done, actor=None, at=NOW)
    shelf.refresh_from_db()
    assert (shelf.size, shelf_sizes.renew()) == (2, 0)


@pytest.mark.django_db
def test_what_was_merged_is_brought_back_as_it_was() -> None:
    into, gone = furnished(description=""), furnished(title="Emma: A Novel", popularity=7)
    third = work("Emma Woodhouse")
    MatchReview.objects.create(work=gone, other=into, score=80)
    MatchReview.objects.create(work=third, other=gone, score=70)
    before = picture()
    done = merge(gone, into)
    assert picture() != before
    back = merging.undo(done, actor=carol(), at=NOW)
    assert picture() == before
    assert back == gone
    done.refresh_from_db()
    assert done.undone_at == NOW
    assert {"emma", "novel"} <= {word.split(":")[0].strip("'") for word in vector_of(gone).split()}
    with pytest.raises(merging.Refused, match="undone already"):
        merging.undo(done, actor=None, at=NOW)


@pytest.mark.django_db
def test_what_staff_changed_since_stays_when_a_merge_is_undone() -> None:
    into, gone = work(description=""), work(description="A heroine.")
    done = merge(gone, into)
    Work.objects.filter(pk=into.pk).update(description="Handsome, clever, and rich.")
    newer = EditionFactory.create(work=into)
    merging.undo(done, actor=None, at=NOW)
    into.refresh_from_db()
    assert into.description == "Handsome, clever, and rich."
    assert set(into.editions.all()) >= {newer}
    assert gone.editions.count() == 1


@pytest.mark.django_db
def test_editions_keep_the_title_they_went_by() -> None:
    into = work("The Three Musketeers", "Alexandre Dumas")
    gone = work("Les Trois Mousquetaires", "Alexandre Dumas", subtitle="Roman")
    edition = gone.editions.get()
    address = edition.get_absolute_url()
    merge(gone, into)
    edition = Edition.objects.get(pk=edition.pk)
    assert (edition.display_title, edition.display_subtitle) == ("Les Trois Mousquetaires", "Roman")
    assert edition.get_absolute_url() == address


@pytest.mark.django_db
def test_a_name_written_otherwise_is_not_named_twice() -> None:
    into, gone = work(), work(author="J. Austen")
    other = ContributorFactory.create(name="Hugh Thomson")
    Contribution.objects.create(work=gone, contributor=other, role="A12", ordinal=2)
    merge(gone, into)
    assert [str(part) for part in into.contributions.all()] == [
        "Jane Austen (Author)", "Hugh Thomson (Illustrator)",
    ]  # fmt: skip


@pytest.mark.django_db
def test_reviews_follow_the_work_that_stays() -> None:
    into, gone, third, fourth = work(), work(), work("Emma W."), work("Emma X.")
    MatchReview.objects.create(work=gone, other=into, score=80)
    MatchReview.objects.create(work=third, other=gone, score=70)
    MatchReview.objects.create(work=fourth, other=into, score=60)
    MatchReview.objects.create(work=fourth, other=gone, score=61, decision="different")
    merge(gone, into)
    assert list(MatchReview.objects.order_by("pk").values_list("work", "other", "decision")) == [
        (third.pk, into.pk, "open"),
        (fourth.pk, into.pk, "different"),
    ]


@pytest.mark.django_db
def test_refusals_change_nothing() -> None:
    one, other = work(), work()
    with pytest.raises(merging.Refused, match="itself"):
        merge(one, one)
    gone = Work.objects.get(pk=other.pk)
    merge(other, one)
    before = picture()
    with pytest.raises(merging.Refused, match="not there any more"):
        merge(gone, one)
    assert picture() == before
    assert Regrouping.objects.count() == 1


@pytest.mark.django_db
def test_a_merge_is_undone_before_those_that_it_was_part_of() -> None:
    first, second, third = (
        work("A Tale", "Ann Bee"),
        work("B Tale", "Ann Bee"),
        work("C", "Ann Bee"),
    )
    earlier = merge(first, second)
    later = merge(second, third)
    with pytest.raises(merging.Refused, match="undo that first"):
        merging.undo(earlier, actor=None, at=NOW)
    merging.undo(later, actor=None, at=NOW)
    merging.undo(earlier, actor=None, at=NOW)
    assert [each.editions.get().display_title for each in (first, second, third)] == [
        "A Tale", "B Tale", "C",
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_file_that_names_a_merged_work_finds_where_it_has_gone() -> None:
    first, second, third = work(key="emma-1"), work(key="emma-2"), work(key="emma-3")
    merge(first, second)
    merge(second, third)
    number = sku(9001)
    line = f"{number},emma-1,Emma,Jane Austen,Hogarth,ebook,en\n"
    head = "isbn13,work,title,contributors,imprint,format,language\n"
    file = io.BytesIO((head + line).encode())
    importing.import_catalog(file, today=datetime.date(2026, 11, 3))
    assert Edition.objects.get(isbn13=number).work == third
    assert Work.objects.get() == third


@pytest.mark.django_db
@pytest.mark.parametrize("publisher", ["", "H. Press"])
def test_a_file_that_uses_merged_names_means_what_stays(publisher: str) -> None:
    into, gone = work(), work("Persuasion", "Austen")
    author, old_author = (each.contributions.get().contributor for each in (into, gone))
    series, old_series = SeriesFactory.create(title="Novels"), SeriesFactory.create(title="The N.")
    house = PublisherFactory.create(name="H. Press")
    imprint, old_imprint = (
        ImprintFactory.create(),
        ImprintFactory.create(name="Hogarth Pr.", slug="hogarth-pr", publisher=house),
    )
    for old, new in ((old_author, author), (old_series, series), (old_imprint, imprint)):
        merge(old, new)
    house.delete()
    head = "isbn13,title,contributors,imprint,publisher,series,format,language\n"
    line = f"{sku(9001)},Emma 2,Austen,Hogarth Pr.,{publisher},The N.,ebook,en\n"
    file = io.BytesIO((head + line).encode())
    importing.import_catalog(file, today=datetime.date(2026, 11, 3))
    made = Edition.objects.get(isbn13=sku(9001))
    assert [each.contributor for each in made.work.contributions.all()] == [author]
    assert (made.imprint, made.work.series.get()) == (imprint, series)
    names = (Contributor, Imprint, Series, Publisher)
    assert [each.objects.count() for each in names] == [1, 1, 1, 1]


@pytest.mark.django_db
def test_contributors_are_merged_and_their_address_leads_on() -> None:
    into = ContributorFactory.create(name="Jane Austen", slug="jane-austen", birth_year=1775)
    gone = ContributorFactory.create(name="J. Austen", slug="j-austen", death_year=1817)
    older = ContributorFactory.create(name="Miss Austen", slug="miss-austen")
    both = work("Emma", "Jane Austen")
    Contribution.objects.create(work=both, contributor=gone, role="A01", ordinal=2)
    alone = work("Persuasion", "J. Austen")
    before = picture()
    merge(older, gone)
    done = merge(gone, into)
    into.refresh_from_db()
    assert (into.birth_year, into.death_year) == (1775, 1817)
    assert both.contributions.get().contributor == into
    assert alone.contributions.get().contributor == into
    addresses = FormerAddress.objects.order_by("slug").values_list("slug", "target_id")
    assert list(addresses) == [("j-austen", into.pk), ("miss-austen", into.pk)]
    assert "jane" in vector_of(alone)
    assert "vocabulary" in stale_names()
    merging.undo(done, actor=None, at=NOW)
    merging.undo(Regrouping.objects.get(other_id=older.pk), actor=None, at=NOW)
    assert picture() == before


@pytest.mark.django_db
def test_years_that_do_not_go_together_are_not_taken_over() -> None:
    into = ContributorFactory.create(name="Samuel Butler", birth_year=1835)
    gone = ContributorFactory.create(name="S. Butler", death_year=1680)
    merge(gone, into)
    into.refresh_from_db()
    assert (into.birth_year, into.death_year) == (1835, None)


@pytest.mark.django_db
def test_series_and_imprints_are_merged() -> None:
    emma, persuasion = work(), work("Persuasion")
    into, gone = SeriesFactory.create(title="Novels"), SeriesFactory.create(title="The Novels")
    SeriesMembership.objects.create(series=into, work=emma, position=Decimal(1))
    SeriesMembership.objects.create(series=gone, work=emma, position=Decimal(9))
    SeriesMembership.objects.create(series=gone, work=persuasion, position=Decimal(2))
    merge(gone, into)
    assert [str(each) for each in into.memberships.all()] == ["Novels 1", "Novels 2"]
    other = ImprintFactory.create(name="Hogarth Pr.", slug="hogarth-pr")
    moved = EditionFactory.create(work=emma, imprint=other)
    merge(other, ImprintFactory.create())
    assert Edition.objects.get(pk=moved.pk).imprint.slug == "hogarth"
    kinds = FormerAddress.objects.order_by("kind").values_list("kind", flat=True)
    assert list(kinds) == ["imprint", "series"]


@pytest.mark.django_db
def test_some_editions_become_a_work_of_their_own() -> None:
    actor = carol()
    old = work("Poems", "Emily Dickinson", subtitle="Series One", description="Verse.")
    old.subjects.add(SubjectFactory.create())
    second = EditionFactory.create(work=old, title="Poems", subtitle="Series Two")
    third = EditionFactory.create(work=old, title="Poems, Third Series")
    Contribution.objects.create(
        work=old, edition=second, contributor=ContributorFactory.create(name="Ann Bee"), role="B06"
    )
    new = merging.split([second, third], like=second, actor=actor, at=NOW)
    assert (new.title, new.subtitle, new.description) == ("Poems", "Series Two", "Verse.")
    assert new.byline == "Emily Dickinson"
    assert new.subjects.count() == 1
    assert new.contributions.exclude(edition=None).get().edition == second
    assert old.editions.count() == 1
    titles = [(e.title, e.display_title, e.display_subtitle) for e in new.editions.order_by("pk")]
    assert titles == [
        ("", "Poems", "Series Two"), ("Poems, Third Series", "Poems, Third Series", ""),
    ]  # fmt: skip
    review = MatchReview.objects.get()
    assert (review.work, review.other, review.decision) == (new, old, "different")
    assert (review.decided_by, review.decided_at) == (actor, NOW)
    assert Regrouping.objects.get().action == Regrouping.Action.SPLIT
    assert "two" in vector_of(new)
    assert "two" not in vector_of(old)


@pytest.mark.django_db
def test_a_work_is_never_left_without_editions() -> None:
    old, other = work(), work("Persuasion")
    edition, stranger = old.editions.get(), other.editions.get()
    for editions, like in (([edition], edition), ([edition, stranger], edition), ([], edition)):
        with pytest.raises(merging.Refused):
            merging.split(editions, like=like, actor=None, at=NOW)
    assert Work.objects.count() == 2
    assert not Regrouping.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_merge_the_same_at_once() -> None:
    """Into each other, and both into a third: whoever comes later is refused, nothing is lost."""
    works = [work() for _number in range(3)]
    one, other, third = works
    pairs = [(one, other), (other, one), (one, third), (other, third)]
    outcomes = at_once([partial(merge, *pair) for pair in pairs])
    assert all(isinstance(each, Regrouping | merging.Refused) for each in outcomes)
    done = [each for each in outcomes if isinstance(each, Regrouping)]
    assert done
    assert Work.objects.count() == 3 - len(done)
    assert Edition.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_merge_waits_for_an_import_that_adds_to_the_work() -> None:
    into, gone = work(), work()
    imprint = gone.editions.get().imprint

    def take_in() -> None:
        with transaction.atomic():
            matching.hold_works()
            if Work.objects.filter(pk=gone.pk).exists():
                Edition.objects.create(
                    isbn13=sku(9001), work=gone, format="ebook", language="en", imprint=imprint
                )

    outcomes = at_once([take_in, lambda: merge(gone, into)])
    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert set(Edition.objects.values_list("work", flat=True)) == {into.pk}
