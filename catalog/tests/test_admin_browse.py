"""Recommendations and shelves in the back office."""

from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from catalog import affinities, indexing, jobs, popularity, recommending, shelf_sizes
from catalog.models import Curation, SearchEntry, Subject, Work
from catalog.models.work import MOST_BOOST
from catalog.tests.back_office import WORKS, empty_formset, stale_names
from catalog.tests.factories import EditionFactory, SubjectFactory, WorkFactory

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db
SUBJECTS = "/admin/catalog/subject/"


@pytest.fixture
def pair(db: None) -> tuple[Work, Work]:
    """Two works on one shelf, each with an edition."""
    shelf = SubjectFactory.create(code="FF", name="Crime", slug="crime")
    works = [WorkFactory.create(title=title, main_subject=shelf) for title in ("One", "Two")]
    for work in works:
        EditionFactory.create(work=work)
    affinities.renew_all()
    return works[0], works[1]


def form_of(work: Work, **changes: Any) -> dict[str, Any]:
    formsets = ("contributions", "editions", "series_memberships", "curations")
    empty = {name: value for prefix in formsets for name, value in empty_formset(prefix).items()}
    fields = {
        "title": work.title,
        "key": work.key,
        "main_subject": work.main_subject_id or "",
        "boost": str(work.boost),
        "is_recommendable": "on",
    }
    return {**fields, **empty, **changes}


def curation(other: Work, kind: str, note: str = "") -> dict[str, Any]:
    return {
        "curations-TOTAL_FORMS": "1",
        "curations-0-kind": kind,
        "curations-0-other": other.pk,
        "curations-0-note": note,
        "curations-0-ordinal": "1",
    }


def shown(work: Work) -> list[tuple[str, str]]:
    return [(each.card.title, each.because) for each in recommending.beside([work.pk])]


def test_a_veto_and_a_pin_show_at_once(
    client: Client, clerk: "User", pair: tuple[Work, Work]
) -> None:
    one, two = pair
    url = f"{WORKS}{one.pk}/change/"
    assert shown(one) == [("Two", "Also in Crime")]
    assert client.post(url, form_of(one, **curation(two, "veto"))).status_code == 302
    assert (shown(one), shown(two)) == ([], [("One", "Also in Crime")])
    Curation.objects.all().delete()
    client.post(url, form_of(one, **curation(two, "pin", "Read both.")))
    assert shown(one) == [("Two", "Recommended by our booksellers: “Read both.”")]
    assert f"edition:{one.editions.get().isbn13}" in stale_names()


def test_a_work_is_not_pinned_beside_itself(
    client: Client, clerk: "User", pair: tuple[Work, Work]
) -> None:
    answer = client.post(
        f"{WORKS}{pair[0].pk}/change/", form_of(pair[0], **curation(pair[0], "pin"))
    )
    assert "A book does not stand beside itself." in answer.content.decode()
    assert not Curation.objects.exists()


def test_a_veto_everywhere_shows_at_once(
    client: Client, clerk: "User", pair: tuple[Work, Work]
) -> None:
    one, two = pair
    form = form_of(two)
    del form["is_recommendable"]
    assert client.post(f"{WORKS}{two.pk}/change/", form).status_code == 302
    assert shown(one) == []


def test_a_boost_counts_at_once_and_sales_stay(
    client: Client, clerk: "User", pair: tuple[Work, Work]
) -> None:
    Work.objects.filter(pk=pair[0].pk).update(boost=5, popularity=25)
    client.post(f"{WORKS}{pair[0].pk}/change/", form_of(pair[0], boost="50"))
    work = Work.objects.get(pk=pair[0].pk)
    assert (work.boost, work.popularity) == (50, 70)


def test_a_boost_has_a_bound_and_popularity_goes_on(
    client: Client, clerk: "User", pair: tuple[Work, Work]
) -> None:
    url = f"{WORKS}{pair[0].pk}/change/"
    for boost in (MOST_BOOST + 1, 2_147_483_647):
        response = client.post(url, form_of(pair[0], boost=str(boost)))
        assert list(response.context["adminform"].form.errors) == ["boost"]
    with pytest.raises(IntegrityError, match="work_boost_bounded"), transaction.atomic():
        Work.objects.filter(pk=pair[0].pk).update(boost=MOST_BOOST + 1)
    assert client.post(url, form_of(pair[0], boost=str(MOST_BOOST))).status_code == 302

    popularity.renew({pair[0].pk: 1_000_000_000, pair[1].pk: 10})

    found = Work.objects.order_by("pk").values_list("popularity", flat=True)
    assert list(found) == [1_001_000_000, 10]


def test_the_page_says_why_each_is_shown(
    client: Client, clerk: "User", pair: tuple[Work, Work], django_assert_max_num_queries: Any
) -> None:
    one, two = pair
    for number in range(8):
        EditionFactory.create(
            work=WorkFactory.create(title=f"T{number}", main_subject=one.main_subject)
        )
    Curation.objects.create(work=one, other=two, kind="veto", note="Spoils it.")
    affinities.renew_all()
    with django_assert_max_num_queries(10):
        page = client.get(f"{WORKS}{one.pk}/beside/").content.decode()
    assert "Why are these shown?" in page
    assert "Also in Crime" in page
    assert "Spoils it." in page
    assert f'href="/admin/catalog/work/{one.pk}/beside/"' in client.get(
        f"{WORKS}{one.pk}/change/"
    ).content.decode()  # fmt: skip


def test_who_may_not_see_works_sees_no_reasons(
    client: Client, helper: "User", pair: tuple[Work, Work]
) -> None:
    assert client.get(f"{WORKS}{pair[0].pk}/beside/").status_code == 200
    helper.user_permissions.clear()
    assert client.get(f"{WORKS}{pair[0].pk}/beside/").status_code == 403
    assert client.get(f"{WORKS}0/beside/").status_code == 404


@pytest.mark.parametrize("most", [0, 2_000])
def test_works_move_with_their_subject(
    most: int, client: Client, clerk: "User", pair: tuple[Work, Work],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(indexing, "MANY", most)
    for work in pair:
        work.subjects.set(Subject.objects.all())
    indexing.works_changed([work.pk for work in pair])
    crime, books = Subject.objects.get(), SubjectFactory.create(code="B", name="Books")
    form = {"scheme": "thema", "code": crime.code, "name": crime.name, "slug": crime.slug,
            "parent": books.pk, "ordinal": "1", "is_shown": "on"}  # fmt: skip
    assert client.post(f"{SUBJECTS}{crime.pk}/change/", form).status_code == 302
    jobs.renew_entries(0)
    books.refresh_from_db()
    assert books.size == 2
    below = SearchEntry.objects.filter(subjects__contains=[books.pk, crime.pk])
    assert {each.work_id for each in below} == {work.pk for work in pair}
    assert shelf_sizes.renew() == 0


def test_a_shelf_of_the_shops_own_gathers(
    client: Client, clerk: "User", pair: tuple[Work, Work]
) -> None:
    crime = Subject.objects.get()
    form = {
        "scheme": "shop", "code": "dark", "name": "Dark evenings", "slug": "dark",
        "gathers": [crime.pk], "intro": "Lock the door.", "ordinal": "1", "is_shown": "on",
    }  # fmt: skip
    assert client.post(f"{SUBJECTS}add/", form).status_code == 302
    assert list(Subject.objects.get(code="dark").gathers.all()) == [crime]
    own = Subject.objects.get(code="dark")
    refused = client.post(
        f"{SUBJECTS}add/", {**form, "code": "x", "slug": "x", "gathers": [own.pk]}
    )
    assert "A shelf gathers Thema subjects, not other shelves." in refused.content.decode()
    thema = {**form, "scheme": "thema", "code": "FX", "slug": "fx"}
    refused = client.post(f"{SUBJECTS}add/", thema)
    assert "Only a shelf of the shop’s own gathers others." in refused.content.decode()
    assert Subject.objects.count() == 2
