"""Which works stand beside which, and why."""

from decimal import Decimal

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog import affinities, jobs, recommending
from catalog.affinities import Pair
from catalog.models import (
    Curation,
    Edition,
    Recommendation,
    StaffList,
    Subject,
    Work,
)
from catalog.tests.back_office import stale_names
from catalog.tests.factories import (
    EditionFactory,
    SeriesFactory,
    StaffListFactory,
    SubjectFactory,
    WorkFactory,
    put_in_stock,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def crime(db: None) -> Subject:
    fiction = SubjectFactory.create(code="F", name="Fiction", slug="fiction")
    return SubjectFactory.create(code="FF", name="Crime", slug="crime", parent=fiction)


def book(title: str, *, author: str = "", subject: Subject | None = None, **fields: object) -> Work:
    """A work with one edition in print."""
    work = WorkFactory.create(title=title, author=author or None, main_subject=subject, **fields)
    if subject:
        work.subjects.add(subject)
    EditionFactory.create(work=work)
    return work


def beside(work: Work) -> list[tuple[str, str]]:
    """Title and reason of all that was found, in order."""
    return [(row.other.title, row.because) for row in recommending.stored([work.pk])]


def test_every_reason_says_why_and_none_fills_the_row(crime: Subject) -> None:
    first = book("First", author="Ann Author", subject=crime)
    second, third = book("Second", author="Ann Author"), book("Third", author="Ann Author")
    series = SeriesFactory.create(title="The Row", slug="row")
    for position, work in enumerate((first, second, third), start=1):
        series.memberships.create(work=work, position=Decimal(position))
    bought = book("Bought", author="Ben Byrne")
    affinities.bought_together([Pair(first.pk, bought.pk, 0.5)])
    book("Same shelf", author="Cyd Cole", subject=crime)
    picked = book("Picked", author="Dee Dunn", subject=Subject.objects.get(code="F"))
    StaffListFactory.create().entries.create(work=picked, note="All night.")
    affinities.renew_all()
    assert beside(first) == [
        ("Second", "Comes next in The Row"),
        ("Bought", "Often bought with “First”"),
        ("Third", "Also by Ann Author"),
        ("Same shelf", "Also in Crime"),
        ("Picked", "Recommended by our booksellers: “All night.”"),
    ]
    assert beside(second)[0] == ("Third", "Comes next in The Row")
    assert beside(bought) == []


def test_a_shop_without_orders_lists_or_series_still_recommends(crime: Subject) -> None:
    works = [book(f"Crime {number}", author=f"A {number}", subject=crime) for number in range(3)]
    affinities.renew([works[0].pk])
    assert sorted(beside(works[0])) == [("Crime 1", "Also in Crime"), ("Crime 2", "Also in Crime")]


def test_where_nothing_was_found_yet_nothing_that_waits_means_all(crime: Subject) -> None:
    """A shop that is stopped right after its first start: its Redis forgets what waits."""
    works = [book(f"Crime {number}", author=f"A {number}", subject=crime) for number in range(3)]
    jobs.recommend_changed(timestamp=0)
    assert sorted(beside(works[0])) == [("Crime 1", "Also in Crime"), ("Crime 2", "Also in Crime")]
    Recommendation.objects.filter(work=works[0]).delete()
    jobs.recommend_changed(timestamp=0)
    assert beside(works[0]) == []  # something had been found, so nothing was lost


def test_a_lonely_leaf_looks_at_the_shelf_above_but_not_at_the_root(crime: Subject) -> None:
    leaf = SubjectFactory.create(code="FFC", name="Classic crime", slug="fc", parent=crime)
    alone, near = book("Alone", subject=leaf), book("Near", subject=crime)
    book("Far", subject=Subject.objects.get(code="F"))
    affinities.renew([alone.pk])
    assert beside(alone) == [("Near", "Also in Crime")]
    assert near.title == "Near"


def test_only_what_is_for_the_same_audience(crime: Subject) -> None:
    child = book("Child", subject=crime, audiences=["02"])
    book("Grown-up", subject=crime, audiences=["01"])
    book("Older child", subject=crime, audiences=["02", "03"])
    book("Unsaid", subject=crime)
    affinities.renew([child.pk])
    assert {title for title, _why in beside(child)} == {"Older child", "Unsaid"}


def test_hidden_shelves_and_qualifiers_are_no_reason(crime: Subject) -> None:
    Subject.objects.filter(pk=crime.pk).update(is_shown=False)
    france = SubjectFactory.create(code="1DDF", name="France", slug="france")
    one, two = book("One", subject=crime), book("Two", subject=crime)
    one.subjects.add(france)
    two.subjects.add(france)
    affinities.renew([one.pk, two.pk])
    assert beside(one) == beside(two) == []


def test_staff_pin_and_veto(crime: Subject) -> None:
    work, liked, unloved = (book(title, subject=crime) for title in ("Work", "Liked", "Unloved"))
    nowhere = book("Nowhere", subject=crime, is_recommendable=False)
    pinned = book("Pinned")
    Curation.objects.create(work=work, other=pinned, kind="pin", note="Trust me.")
    Curation.objects.create(work=work, other=unloved, kind="veto")
    affinities.renew_all()
    assert beside(work) == [
        ("Pinned", "Recommended by our booksellers: “Trust me.”"),
        ("Liked", "Also in Crime"),
    ]
    assert ("Unloved", "Also in Crime") in beside(liked)
    assert not Recommendation.objects.filter(other=nowhere).exists()
    assert Recommendation.objects.filter(work=nowhere).exists()


def test_what_is_no_longer_offered_goes_and_gift_cards_never_come(crime: Subject) -> None:
    work, gone = book("Work", subject=crime), book("Gone", subject=crime)
    card = WorkFactory.create(main_subject=crime)
    EditionFactory.create(work=card, format="gift_card")
    affinities.renew_all()
    assert [title for title, _why in beside(work)] == ["Gone"]
    Edition.objects.filter(work=gone).update(is_offered=False)
    assert recommending.beside([work.pk]) == []
    affinities.renew_all()
    assert beside(work) == []


def test_running_again_changes_nothing_and_makes_no_page_stale(crime: Subject) -> None:
    works = [book(f"Crime {number}", subject=crime) for number in range(40)]
    assert affinities.renew_all() == 40
    before = list(Recommendation.objects.values_list())
    assert affinities.renew_all() == 0
    assert affinities.renew([work.pk for work in works]) == 0
    assert list(Recommendation.objects.values_list()) == before


def test_only_changed_pages_go_stale(crime: Subject) -> None:
    one, two = book("One", subject=crime), book("Two", author="Ann Author")
    affinities.renew_all()
    third = book("Third", author="Ann Author")
    assert affinities.renew_all() == 2
    numbers = Edition.objects.filter(work__in=[two, third]).values_list("isbn13", flat=True)
    assert stale_names() == {f"edition:{number}" for number in numbers}
    assert one.recommendations.count() == 0


def test_not_everybody_gets_the_same_four(crime: Subject) -> None:
    works = [book(f"Crime {number}", subject=crime) for number in range(24)]
    affinities.renew_all()
    sets = {frozenset(work.recommendations.values_list("other", flat=True)) for work in works}
    assert len(sets) > 12
    assert {work.recommendations.count() for work in works} == {5}


def test_works_that_change_are_looked_at_by_the_job(crime: Subject) -> None:
    one, two = book("One", subject=crime), book("Two", subject=crime)
    for _again in range(2):
        jobs.publish_works([one.pk])
    assert beside(one) == beside(two) == []
    looking = ProcrastinateJob.objects.filter(task_name=affinities.JOB, status="todo")
    assert looking.count() == 1  # for all changes of the next seconds
    jobs.recommend_changed(timestamp=0)
    assert beside(one) == [("Two", "Also in Crime")]
    assert beside(two) == []
    assert affinities.renew_waiting() == 0
    waiting = ProcrastinateJob.objects.filter(task_name="catalog.count_shelves", status="todo")
    assert waiting.count() == 1  # for all changes of the next seconds
    jobs.recommend(timestamp=0)
    jobs.count_shelves(timestamp=0)
    assert beside(two) == [("One", "Also in Crime")]
    assert Subject.objects.get(pk=crime.pk).size == 2


# --- What is shown of it ------------------------------------------------------------------------


def test_shown_are_available_ones_first_and_the_pinned_before_all(crime: Subject) -> None:
    work, _sold_out, here = (book(title, subject=crime) for title in ("Work", "Sold out", "Here"))
    pinned = book("Pinned")
    put_in_stock(here.editions.get(), 2)
    Curation.objects.create(work=work, other=pinned, kind="pin")
    affinities.renew([work.pk])
    shown = [each.card.title for each in recommending.beside([work.pk])]
    assert shown == ["Pinned", "Here", "Sold out"]


def test_no_author_fills_the_row_by_subject(crime: Subject) -> None:
    work = book("Work", author="Zoe", subject=crime)
    for number in range(4):
        book(f"Many {number}", author="Prolific", subject=crime)
    other = book("Other", author="Somebody", subject=crime)
    affinities.renew([work.pk])
    shown = [each.card.work_id for each in recommending.beside([work.pk], most=3)]
    assert other.pk in shown
    assert len(shown) == 3


def test_beside_a_basket_stands_nothing_that_is_in_it(crime: Subject) -> None:
    one, two, _three = (book(title, subject=crime) for title in ("One", "Two", "Three"))
    affinities.renew_all()
    assert [each.card.title for each in recommending.beside([one.pk, two.pk])] == ["Three"]


def test_a_deleted_list_takes_its_reason_along(crime: Subject) -> None:
    love = SubjectFactory.create(code="FR", name="Love", slug="love", parent=crime.parent)
    work, picked = book("Work", subject=love), book("P", subject=crime)
    StaffListFactory.create().entries.create(work=picked, note="Yes.")
    affinities.renew_all()
    assert beside(work) == [("P", "Recommended by our booksellers: “Yes.”")]
    StaffList.objects.all().delete()
    assert beside(work) == []
