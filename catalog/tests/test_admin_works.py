"""Works and the names they share in the back office."""

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog import affinities
from catalog.models import (
    Contributor,
    StaffList,
    Subject,
    Work,
)
from catalog.models.subject import lineage
from catalog.tests.back_office import (
    EDITIONS,
    WORKS,
    emma,
    empty_formset,
    stale_names,
    vector_of,
)
from catalog.tests.factories import (
    ContributorFactory,
    EditionFactory,
    SeriesFactory,
    SubjectFactory,
    WorkFactory,
)
from tests.people import alice

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


def work_form(work: Work, **changes: Any) -> dict[str, Any]:
    formsets = ("contributions", "editions", "series_memberships", "curations")
    forms = [empty_formset(prefix) for prefix in formsets]
    merged = {name: value for form in forms for name, value in form.items()}
    return {
        "title": work.title,
        "boost": "0",
        "is_recommendable": "on",
        "key": work.key,
        **merged,
        **changes,
    }


def test_a_work_is_entered_with_its_author(client: Client, clerk: "User") -> None:
    author = ContributorFactory.create(name="Jane Austen")
    form = work_form(
        Work(title="Emma"),
        **{
            "contributions-TOTAL_FORMS": "1",
            "contributions-0-ordinal": "1",
            "contributions-0-role": "A01",
            "contributions-0-contributor": author.pk,
        },
    )
    assert client.post(f"{WORKS}add/", form).status_code == 302
    work = Work.objects.get()
    assert work.byline == "Jane Austen"
    assert work.key.startswith("emma-")
    assert "austen" in vector_of(work)


def parts_form(work: Work, *parts: tuple[Any, str]) -> dict[str, Any]:
    """The form of `work` with its one contribution and these that are new."""
    there = work.contributions.get()
    rows = [(there.contributor_id, there.role), *parts]
    form = work_form(work)
    form |= {"contributions-TOTAL_FORMS": str(len(rows)), "contributions-INITIAL_FORMS": "1"}
    for number, (contributor, role) in enumerate(rows):
        row = {"work": work.pk, "ordinal": "1", "role": role, "contributor": contributor}
        form |= {f"contributions-{number}-{name}": value for name, value in row.items()}
    return {**form, "contributions-0-id": there.pk}


def test_a_part_that_is_there_is_refused_in_its_row(client: Client, clerk: "User") -> None:
    work = emma().work
    austen, other = work.contributions.get().contributor_id, ContributorFactory.create().pk
    url = reverse("admin:catalog_work_change", args=[work.pk])

    for parts in ([(austen, "A01")], [(other, "B06"), (other, "B06")]):
        response = client.post(url, parts_form(work, *parts))
        assert response.status_code == 200
        formset = response.context["inline_admin_formsets"][0].formset
        assert [list(errors) for errors in formset.errors[:-1]] == [[]] * len(parts)
        assert "has this part already" in formset.errors[-1]["contributor"][0]
        assert work.contributions.count() == 1

    form = parts_form(work, (other, "B06"))  # somebody adds the translator meanwhile
    work.contributions.create(contributor_id=other, role="B06")
    assert "has this part already" in client.post(url, form).content.decode()

    moved = {**form, "contributions-1-role": "A12"}
    assert client.post(url, moved).status_code == 302
    assert work.contributions.count() == 3


def test_rows_lead_to_their_editions_and_say_what_their_fields_are(
    client: Client, clerk: "User"
) -> None:
    edition = emma()
    author = ContributorFactory.create(name="Jane Austen")
    edition.work.contributions.all().delete()
    edition.work.contributions.create(contributor=author, role="A01", ordinal=1)
    page = client.get(reverse("admin:catalog_work_change", args=[edition.work_id]))
    text = page.content.decode()
    address = reverse("admin:catalog_edition_change", args=[edition.pk])
    assert f'<p><a href="{address}">{edition.isbn13}</a></p>' in text
    for name, label in (("ordinal", "Position"), ("role", "Role"), ("edition", "Edition")):
        field = re.search(
            '<span class="shop-field-name" aria-hidden="true">([^<]*)</span>'  # shows on a phone
            f'(?:<div[^>]*>\\s*)?(<(?:input|select)[^>]*name="contributions-0-{name}"[^>]*>)',
            text,
        )
        assert field is not None
        assert field[1] == label
        assert f'aria-label="{label}"' in field[2]
    box = re.search('<input[^>]*name="contributions-0-DELETE"[^>]*>', text)
    assert box is not None
    assert 'aria-label="Delete: ' in box[0]


def test_a_work_with_editions_is_not_deleted_and_the_page_says_why(
    client: Client, clerk: "User"
) -> None:
    edition = emma(stock=1)
    url = reverse("admin:catalog_work_delete", args=[edition.work_id])
    for page in (client.get(url), client.post(url, {"post": "yes"})):
        text = page.content.decode()
        assert "A work goes once it has no edition" in text
        assert edition.isbn13 in text
        assert "your account" not in text
    assert Work.objects.exists()


@pytest.mark.parametrize(
    ("page", "fields", "words"),
    [
        (
            "contributor",
            {"name": "A", "sort_name": "A", "slug": "a", "birth_year": 1900, "death_year": 1899},
            "The year of death lies before the year of birth.",
        ),
        ("contributor", {"name": "A", "sort_name": "A", "slug": "é b"}, "letters without accents"),
        ("location", {"code": "é b", "name": "B", "kind": "shop", "priority": 1}, "no spaces"),
        ("supplier", {"code": "é b", "name": "B"}, "no spaces"),
        ("stafflist", {"slug": "é b", "title": "B"}, "no spaces"),
    ],
)
def test_what_is_refused_is_said_in_plain_words(
    client: Client, clerk: "User", page: str, fields: dict[str, Any], words: str
) -> None:
    form = {**empty_formset("entries"), **fields}
    text = client.post(f"/admin/catalog/{page}/add/", form).content.decode()
    assert words in text
    assert "Constraint" not in text
    assert "Enter a valid" not in text


@pytest.mark.parametrize(
    ("page", "field"),
    [("contributor", "slug"), ("location", "code"), ("supplier", "code"), ("stafflist", "slug")],
)
def test_readable_addresses_and_codes_have_fields_like_others(
    client: Client, clerk: "User", page: str, field: str
) -> None:
    form = client.get(f"/admin/catalog/{page}/add/").context["adminform"].form
    assert 'class="vTextField"' in str(form[field])


def test_a_year_that_is_not_likely_is_refused(client: Client, clerk: "User") -> None:
    form = work_form(Work(title="Emma"), first_published="2500")
    page = client.post(f"{WORKS}add/", form).content.decode()
    assert "The year of the first publication is not likely." in page


def test_another_title_is_found_at_once(client: Client, clerk: "User") -> None:
    edition = emma()
    url = reverse("admin:catalog_work_change", args=[edition.work_id])
    client.post(url, work_form(edition.work, title="Persuasion"))
    assert "persuasion" in vector_of(edition.work)
    assert "emma" not in vector_of(edition.work)
    assert f"edition:{edition.isbn13}" in stale_names()


def subject_form(code: str, **changes: Any) -> dict[str, Any]:
    texts = {"scheme": "shop", "code": code, "name": code, "slug": f"own-{code}"}
    return {**texts, "ordinal": "1", "is_shown": "on", **changes}


def test_the_shop_has_subjects_of_its_own_beside_thema(client: Client, clerk: "User") -> None:
    thema = SubjectFactory.create(code="F", name="Fiction", slug="fiction")
    add = "/admin/catalog/subject/add/"
    assert client.post(add, subject_form("F")).status_code == 302
    own = Subject.objects.get(scheme="shop")
    assert client.post(add, subject_form("LOCAL", parent=thema.pk)).status_code == 302
    assert [subject.path for subject in Subject.objects.order_by("pk")] == [
        "F/", "shop:F/", "F/shop:LOCAL/",
    ]  # fmt: skip
    assert lineage("F/shop:LOCAL/") == ["F/", "F/shop:LOCAL/"]
    assert set(Subject.objects.under(own)) == {own}


@pytest.mark.parametrize("code", ["F/FB", "shop:F"])
def test_a_code_that_breaks_paths_is_refused(client: Client, clerk: "User", code: str) -> None:
    response = client.post("/admin/catalog/subject/add/", subject_form(code, slug="own"))
    assert list(response.context["adminform"].form.errors) == ["code"]
    assert not Subject.objects.exists()


def test_a_tree_that_is_too_deep_is_refused(client: Client, clerk: "User") -> None:
    parent = SubjectFactory.create(code="0" * 20)
    for number in range(1, 11):
        parent = SubjectFactory.create(code=f"{number:020}", parent=parent)
    form = subject_form("0" * 20, parent=parent.pk)
    response = client.post("/admin/catalog/subject/add/", form)
    assert list(response.context["adminform"].form.errors) == ["parent"]


def test_who_is_taken_off_a_work_has_other_pages_renewed(client: Client, clerk: "User") -> None:
    edition = emma()
    persuasion = EditionFactory.create(work=WorkFactory.create(author="Jane Austen"))
    affinities.renew([persuasion.work_id])
    part = edition.work.contributions.get()
    form = work_form(
        edition.work,
        **{
            "contributions-TOTAL_FORMS": "1",
            "contributions-INITIAL_FORMS": "1",
            "contributions-0-id": part.pk,
            "contributions-0-work": edition.work_id,
            "contributions-0-ordinal": "1",
            "contributions-0-role": "A01",
            "contributions-0-contributor": part.contributor_id,
            "contributions-0-DELETE": "on",
        },
    )
    client.post(reverse("admin:catalog_work_change", args=[edition.work_id]), form)
    assert not edition.work.contributions.exists()
    assert f"edition:{persuasion.isbn13}" in stale_names()
    assert not persuasion.work.recommendations.exists()


def test_a_contributor_is_renamed_everywhere(client: Client, clerk: "User") -> None:
    edition = emma()
    person = Contributor.objects.get()
    form = {"name": "Miss Austen", "sort_name": "Austen, Miss", "slug": "miss-austen"}
    url = reverse("admin:catalog_contributor_change", args=[person.pk])
    assert client.post(url, form).status_code == 302
    assert "miss" in vector_of(edition.work)
    assert "vocabulary" in stale_names()


def test_series_and_their_works(client: Client, clerk: "User") -> None:
    edition = emma()
    series = SeriesFactory.create(title="Highbury")
    form = {
        "title": "Highbury novels",
        "slug": series.slug,
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-work": edition.work_id,
        "memberships-0-position": "1",
    }
    url = reverse("admin:catalog_series_change", args=[series.pk])
    assert client.post(url, form).status_code == 302
    assert "highbury" in vector_of(edition.work)


def test_a_subject_does_not_stand_below_itself(client: Client, clerk: "User") -> None:
    root = SubjectFactory.create()
    child = SubjectFactory.create(code="FBCX", parent=root)
    form = subject_form(root.code, scheme="thema", name=root.name, slug=root.slug)
    url = reverse("admin:catalog_subject_change", args=[root.pk])
    response = client.post(url, {**form, "parent": child.pk})
    assert list(response.context["adminform"].form.errors) == ["parent"]
    assert Subject.objects.get(pk=root.pk).parent is None


def test_a_staff_list_makes_the_pages_stale(client: Client, clerk: "User") -> None:
    edition = emma()
    form = {
        "title": "Summer",
        "slug": "summer",
        "ordinal": "1",
        "entries-TOTAL_FORMS": "1",
        "entries-INITIAL_FORMS": "0",
        "entries-0-work": edition.work_id,
        "entries-0-ordinal": "1",
        "entries-0-note": "Read it in the garden.",
    }
    assert client.post("/admin/catalog/stafflist/add/", form).status_code == 302
    assert StaffList.objects.get().entries.get().note == "Read it in the garden."
    assert "catalog" in stale_names()


@pytest.mark.parametrize(
    "name",
    ["work", "edition", "contributor", "imprint", "publisher", "series", "subject", "stafflist",
     "location", "stockmovement"],
)  # fmt: skip
def test_every_list_opens_and_searches(client: Client, clerk: "User", name: str) -> None:
    emma(stock=1)
    url = reverse(f"admin:catalog_{name}_changelist")
    assert client.get(url).status_code == 200
    for query in ("emma", "é'\"%", "x" * 3000, "a\x00b"):
        assert client.get(url, {"q": query}).status_code in (200, 302)


def test_customers_do_not_get_in(client: Client) -> None:
    client.force_login(alice())
    response = client.get(EDITIONS)
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")
