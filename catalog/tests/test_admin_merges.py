"""Doubtful matches, merging and splitting in the back office."""

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from catalog.models import (
    Contributor,
    Edition,
    FormerAddress,
    Imprint,
    MatchReview,
    Regrouping,
    Series,
    Work,
)
from catalog.tests.back_office import emma
from catalog.tests.factories import (
    ContributorFactory,
    EditionFactory,
    ImprintFactory,
    SeriesFactory,
    WorkFactory,
)

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db
NEXT = "/admin/catalog/matchreview/next/"
REVIEWS = "/admin/catalog/matchreview/"


def doubtful(score: int = 80, title: str = "Emma: A Novel") -> MatchReview:
    older = emma().work
    younger = EditionFactory.create(work__title=title, work__author="J. Austen").work
    return MatchReview.objects.create(
        work=younger, other=older, score=score, reasons=["The titles are alike."]
    )


def page_of(review: MatchReview) -> str:
    return f"{REVIEWS}{review.pk}/change/"


def sent(client: Client, address: str, **fields: Any) -> Any:
    """Fill the form of the page in, and send it as it stands there."""
    key = client.get(address).context["form"]["key"].value()
    return client.post(address, {"key": key, **fields})


def merge_page(row: Any, into: Any = None) -> str:
    address = reverse(f"admin:catalog_{row._meta.model_name}_merge", args=[row.pk])
    return f"{address}?into={into.pk}" if into else address


def test_the_start_page_says_how_many_wait(client: Client, clerk: "User") -> None:
    assert "doubtful match" not in client.get("/admin/").content.decode()
    review = doubtful()
    page = client.get("/admin/").content.decode()
    assert f'<a href="{NEXT}"><strong>1</strong> doubtful match to look at</a>' in page
    response = client.get(NEXT)
    assert (response.status_code, response["Location"]) == (303, page_of(review))


def test_two_works_stand_side_by_side(
    client: Client, clerk: "User", django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    review = doubtful()
    for _number in range(5):
        EditionFactory.create(work=review.work, format="hardback")
    client.get(page_of(review))  # the session is read once
    with django_assert_num_queries(11):
        page = client.get(page_of(review)).content.decode()
    for said in ("80 of 100", "The titles are alike.", "Emma: A Novel", "J. Austen", "Hardback"):
        assert said in page
    number = review.other.editions.get().display_number
    assert number in page
    assert f'src="/covers/{review.other.editions.get().isbn13}.svg"' in page


def test_the_same_is_merged_and_the_next_comes_up(client: Client, clerk: "User") -> None:
    first, second = doubtful(90), doubtful(70, "Emma Woodhouse")
    older = first.other
    response = sent(client, page_of(first), decision="same")
    assert (response.status_code, response["Location"]) == (303, page_of(second))
    assert older.editions.count() == 2
    assert not MatchReview.objects.filter(pk=first.pk).exists()
    assert Regrouping.objects.get().actor == clerk


def test_different_ones_do_not_come_back_but_can_be_looked_at(
    client: Client, clerk: "User"
) -> None:
    review = doubtful()
    response = sent(client, page_of(review), decision="different")
    assert (response.status_code, response["Location"]) == (303, REVIEWS)
    review.refresh_from_db()
    assert (review.decision, review.decided_by) == ("different", clerk)
    assert review.decided_at is not None
    assert Work.objects.count() == 2
    assert "Different works, said Carol" in client.get(page_of(review)).content.decode()
    response = sent(client, page_of(review), decision="open")
    assert (response.status_code, response["Location"]) == (303, page_of(review))
    assert MatchReview.objects.filter(decision="open", decided_by=None, decided_at=None).exists()


def test_later_passes_a_pair_over(client: Client, clerk: "User") -> None:
    first, second = doubtful(90), doubtful(70, "Emma Woodhouse")
    assert client.get(page_of(first)).context["next"] == second
    assert client.get(page_of(second)).context["next"] == first


def test_two_colleagues_at_one_pair(client: Client, clerk: "User") -> None:
    review = doubtful()
    key = client.get(page_of(review)).context["form"]["key"].value()
    sent(client, page_of(review), decision="same")
    response = client.post(page_of(review), {"key": key, "decision": "same"}, follow=True)
    assert "Somebody has merged one of the two works already." in response.content.decode()
    assert Regrouping.objects.count() == 1


def test_who_may_only_look_decides_nothing(client: Client, helper: "User") -> None:
    review = doubtful()
    assert client.get(page_of(review)).status_code == 403
    helper.user_permissions.add(Permission.objects.get(codename="view_matchreview"))
    page = client.get(page_of(review))
    assert page.status_code == 200
    assert 'name="decision"' not in page.content.decode()
    key = page.context["form"]["key"].value()
    for decision in ("same", "different"):
        response = client.post(page_of(review), {"key": key, "decision": decision})
        assert response.status_code == 403
    assert client.get(merge_page(review.work, review.other)).status_code == 403
    split = reverse("admin:catalog_work_split", args=[review.work_id])
    assert client.get(split).status_code == 403
    assert Work.objects.count() == 2


@pytest.mark.parametrize("decision", ["", "neither"])
def test_what_is_no_decision_is_refused(client: Client, clerk: "User", decision: str) -> None:
    review = doubtful()
    assert sent(client, page_of(review), decision=decision).status_code == 404
    assert client.get(f"{REVIEWS}999999999/change/").status_code == 404
    review.refresh_from_db()
    assert review.decision == "open"


def test_a_merge_is_looked_at_first(client: Client, clerk: "User") -> None:
    stays = emma().work
    goes = EditionFactory.create(
        work=WorkFactory.create(title="Emma: A Novel", description="A heroine.", author="J. Austen")
    ).work
    found = client.get(f"{merge_page(goes)}?q=emma")
    assert f'href="?into={stays.pk}"' in found.content.decode()
    page = client.get(merge_page(goes, stays)).content.decode()
    assert "1 edition of “Emma: A Novel” moves to “Emma”" in page
    assert page.count("taken over") == 1
    assert page.count("given up") == 2  # title and contributors
    assert Work.objects.count() == 2
    response = sent(client, merge_page(goes, stays))
    assert (response.status_code, response["Location"]) == (
        303, reverse("admin:catalog_work_change", args=[stays.pk]),
    )  # fmt: skip
    assert Work.objects.get().description == "A heroine."


def test_a_double_click_merges_once(client: Client, clerk: "User") -> None:
    review = doubtful()
    third = emma().work
    key = client.get(merge_page(review.work, review.other)).context["form"]["key"].value()
    for goes in (review.work, third):
        client.post(merge_page(goes, review.other), {"key": key})
    assert set(Work.objects.all()) == {review.other, third}


def test_two_works_are_chosen_in_the_list(client: Client, clerk: "User") -> None:
    review = doubtful()
    fields = {"action": "merge_works", "_selected_action": [review.work_id, review.other_id]}
    response = client.post("/admin/catalog/work/", fields)
    assert response["Location"] == merge_page(review.work, review.other)
    fields["_selected_action"] = [review.work_id]
    response = client.post("/admin/catalog/work/", fields, follow=True)
    assert "Choose two" in response.content.decode()
    assert Work.objects.count() == 2


def names() -> list[tuple[Any, Any]]:
    return [
        (ContributorFactory.create(name="J. Austen"), ContributorFactory.create()),
        (SeriesFactory.create(), SeriesFactory.create()),
        (ImprintFactory.create(name="Hogarth Pr.", slug="hogarth-pr"), ImprintFactory.create()),
        (EditionFactory.create(), EditionFactory.create()),
    ]


@pytest.mark.parametrize("place", range(4))
def test_names_and_editions_are_merged_on_a_page(client: Client, clerk: "User", place: int) -> None:
    goes, stays = names()[place]
    change = reverse(f"admin:catalog_{goes._meta.model_name}_change", args=[goes.pk])
    assert merge_page(goes) in client.get(change).content.decode()
    assert client.get(merge_page(goes)).status_code == 200
    response = sent(client, merge_page(goes, stays))
    assert response.status_code == 303
    assert not type(goes).objects.filter(pk=goes.pk).exists()
    assert FormerAddress.objects.get().target_id == stays.pk


def test_a_persons_double_is_looked_for_by_the_family_name(client: Client, clerk: "User") -> None:
    goes = ContributorFactory.create(name="S. Quell", sort_name="Quell, S.")
    stays = ContributorFactory.create(name="Sidney Quell", sort_name="Quell, Sidney")
    ContributorFactory.create(name="Sidney Other", sort_name="Other, Sidney")
    answer = client.get(merge_page(goes))
    assert list(answer.context["found"]) == [stays]
    assert 'value="Quell"' in answer.content.decode()


def test_an_edition_with_a_ledger_is_not_deleted(client: Client, clerk: "User") -> None:
    goes, stays = EditionFactory.create(stock=1), EditionFactory.create()
    response = sent(client, merge_page(goes, stays))
    assert response.status_code == 200
    assert "ledger" in response.content.decode()
    assert Edition.objects.count() == 2


def test_editions_are_split_off(client: Client, clerk: "User") -> None:
    first = emma()
    second = EditionFactory.create(work=first.work, title="Emma Retold")
    address = reverse("admin:catalog_work_split", args=[first.work_id])
    assert sent(client, address, editions=[]).status_code == 200
    refused = sent(client, address, editions=[first.pk, second.pk])
    assert "Leave the work at least one edition." in refused.content.decode()
    assert Work.objects.count() == 1
    response = sent(client, address, editions=[second.pk])
    new = Work.objects.get(title="Emma Retold")
    assert response["Location"] == reverse("admin:catalog_work_change", args=[new.pk])
    assert new.editions.get() == second


def test_a_merge_is_undone_from_the_history(client: Client, clerk: "User") -> None:
    review = doubtful()
    sent(client, page_of(review), decision="same")
    done = Regrouping.objects.get()
    assert "Emma: A Novel" in client.get("/admin/catalog/regrouping/").content.decode()
    address = reverse("admin:catalog_regrouping_change", args=[done.pk])
    assert "Undo this merge" in client.get(address).content.decode()
    assert sent(client, address).status_code == 303
    assert Work.objects.count() == 2
    assert client.get(NEXT)["Location"] == page_of(review)  # it waits again
    assert "Undo this merge" not in client.get(address).content.decode()
    response = sent(client, address)
    assert "This was undone already." in client.get(response["Location"]).content.decode()


@pytest.mark.parametrize("model", [Work, Contributor, Series, Imprint, Edition])
def test_what_is_not_there_is_missing(client: Client, clerk: "User", model: Any) -> None:
    row = next(row for pair in [*names(), (emma().work, None)] for row in pair
               if isinstance(row, model))  # fmt: skip
    for into in ("999999999", "x", "9" * 30, ""):
        assert client.get(f"{merge_page(row)}?into={into}").status_code == 404
    itself = sent(client, merge_page(row, row))
    assert "nothing can be merged with itself" in itself.content.decode()
