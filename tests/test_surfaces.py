"""Every change is on every surface at once: what is kept is what would be made anew.

The changes are made the way staff makes them, one after the other, in a shop all of whose public
addresses stand in Redis. After each the writer's own bump must be enough: its job is not run.
"""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from caching import store
from catalog import affinities, covers, memory, merging
from catalog.models import (
    Contributor,
    Edition,
    Imprint,
    Series,
    StaffList,
    Subject,
    Work,
)
from catalog.tests.factories import ContributorFactory
from catalog.tests.pictures import show_picture
from storefront.tests.shop import add_works, open_shop
from storefront.urls import public
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db

EXAMPLES = {
    "home": ["/"],
    "search": ["/search/?q=emma&subject=fiction&format=paperback"],
    "edition_number": ["/books/9780306406157/"],
    "edition": ["/books/9780306406157/emma/"],
    "contributor": ["/contributors/ada-note/"],
    "series": ["/series/highbury/"],
    "subjects": ["/subjects/"],
    "subject": ["/subjects/classics/"],
    "imprint": ["/imprints/harbour/"],
    "new": ["/new/"],
    "feed": ["/new/feed.xml"],
    "coming_soon": ["/coming-soon/"],
    "staff_lists": ["/lists/"],
    "staff_list": ["/lists/favorites/"],
    "cover": ["/covers/9780306406157.svg"],
    "sitemap": ["/sitemap.xml"],
}
SHOW_NO_ROWS = {"media", "robots", "status"}
"""Files under the digest of what they hold, and pages of settings alone."""
API = "/api/v1/editions"
LIVE = ("/live/suggest?q=emm", "/live/suggest?q=ada", "/live/suggest?q=more")


@dataclass
class Books:
    """A small shop with a book of which much is shown, and other books beside it."""

    emma: Edition
    others: list[Work]
    staff: Client

    def edit(self, row: models.Model, **changes: Any) -> None:
        """Change fields of a row in the back office, and leave the others as its form has them."""
        url = reverse(f"admin:catalog_{row._meta.model_name}_change", args=[row.pk])
        context = self.staff.get(url).context
        forms = [context["adminform"].form]
        for inline in context["inline_admin_formsets"]:
            forms += [inline.formset.management_form, *inline.formset.initial_forms]
        fields = {bound.html_name: sent(bound.value()) for form in forms for bound in form}
        for inline in context["inline_admin_formsets"]:
            prefix = inline.formset.prefix
            fields[f"{prefix}-TOTAL_FORMS"] = str(len(inline.formset.initial_forms))
        data = {name: value for name, value in {**fields, **changes}.items() if value is not None}
        response = self.staff.post(url, data)
        assert response.status_code == 302, response.context["errors"]

    def delete(self, row: models.Model) -> None:
        url = reverse(f"admin:catalog_{row._meta.model_name}_delete", args=[row.pk])
        assert self.staff.post(url, {"post": "yes"}).status_code == 302
        assert not type(row)._default_manager.filter(pk=row.pk).exists()


def sent(value: Any) -> Any:
    """A form's value as a browser sends it; None: not at all."""
    if value is None or value is False:
        return None
    if isinstance(value, list | models.QuerySet):
        return [sent(each) for each in value]
    if isinstance(value, models.Model):
        return value.pk
    return value.isoformat() if isinstance(value, datetime.date) else value


@pytest.fixture
def books() -> Books:
    emma = open_shop()
    others = add_works(2, like=emma)
    affinities.renew_all()
    memory.rebuild()
    staff = Client()
    staff.force_login(User.objects.create_superuser("owner@example.com"))
    return Books(emma, others, staff)


def test_every_address_of_the_public_pages_has_an_example() -> None:
    assert {route.name for route in public.urlpatterns} == EXAMPLES.keys() | SHOW_NO_ROWS


# --- Changes ------------------------------------------------------------------------------------


def a_price(books: Books) -> None:
    books.emma.set_price(Decimal("11.25"), valid_from=timezone.localdate())


def a_works_title(books: Books) -> None:
    books.edit(books.emma.work, title="Emma Woodhouse")


def an_editions_title(books: Books) -> None:
    books.edit(books.emma, title="Emma, Revised")


def names(books: Books) -> None:
    books.edit(Contributor.objects.get(slug="ada-note"), name="Ada Footnote")
    books.edit(Series.objects.get(), title="Highbury Novels")
    books.edit(Imprint.objects.get(slug="harbour"), name="Haven")


def a_merged_contributor(books: Books) -> None:
    gone = Contributor.objects.get(slug="ada-note")
    into = ContributorFactory.create(name="Ada Footnote-Page")
    merging.merge(gone, into=into, actor=None, at=timezone.now())


def a_subjects_name(books: Books) -> None:
    books.edit(Subject.objects.get(slug="classics"), name="The classics")


def a_lists_note(books: Books) -> None:
    books.edit(StaffList.objects.get(), **{"entries-0-note": "I read it each year."})


def a_book_off_a_list(books: Books) -> None:
    books.edit(StaffList.objects.get(), **{"entries-1-DELETE": "on"})


def a_picture(books: Books) -> None:
    show_picture(books.emma)


def a_drawn_cover(books: Books) -> None:
    covers.draw(books.emma, at=timezone.now())


def a_day_to_come(books: Books) -> None:
    day = timezone.localdate() + datetime.timedelta(days=30)
    books.edit(books.emma, publication_date=day.isoformat())


def a_preorder(books: Books) -> None:
    accepted = {
        "supply-TOTAL_FORMS": "1",
        "supply-0-accepts_preorders": "on",
        "supply-0-backorder_days": "7",
    }
    books.edit(books.emma, **accepted)


def a_book_off_sale(books: Books) -> None:
    books.edit(books.others[0].editions.get(format="paperback"), is_offered=None)


def a_subject_that_is_hidden(books: Books) -> None:
    books.edit(Subject.objects.get(slug="classics"), is_shown=None)


def a_works_subject(books: Books) -> None:
    books.edit(books.others[1], subjects=[], main_subject="")


def a_deleted_edition(books: Books) -> None:
    books.delete(books.others[0].editions.get(format="hardback"))


def a_replaced_edition(books: Books) -> None:
    double = books.others[1].editions.get(format="hardback")
    merging.replace_edition(double, by=books.emma)


def a_merged_work(books: Books) -> None:
    merging.merge(books.others[1], into=books.emma.work, actor=None, at=timezone.now())


def a_deleted_list(books: Books) -> None:
    books.delete(StaffList.objects.get())


CHANGES = [
    a_price, a_works_title, an_editions_title, names, a_merged_contributor,
    a_subjects_name, a_lists_note,
    a_book_off_a_list, a_picture, a_drawn_cover, a_day_to_come, a_preorder, a_book_off_sale,
    a_subject_that_is_hidden, a_works_subject, a_deleted_edition, a_replaced_edition,
    a_merged_work, a_deleted_list,
]  # fmt: skip


# --- What is shown ------------------------------------------------------------------------------


def public_pages(client: Client) -> dict[str, tuple[int, str, bytes]]:
    found = {}
    for path in [path for paths in EXAMPLES.values() for path in paths]:
        response = client.get(path)
        is_page = response.status_code < 400  # what is missing has a number for each request
        content = response.content if is_page else b""
        found[path] = (response.status_code, response.get("Location", ""), content)
    return found


def live_answers(client: Client) -> dict[str, bytes]:
    numbers = ",".join(Edition.objects.order_by("pk").values_list("isbn13", flat=True))
    return {path: client.get(path).content for path in (*LIVE, f"/live/stock?isbn13={numbers}")}


def old_pages(client: Client, before: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """The addresses that show something old, and what all of them should show."""
    kept = public_pages(client)
    with store.bypassed():
        true = public_pages(client)
    if true == before:
        return ["The change changed nothing."], true
    return [path for path in true if kept[path] != true[path]], true


def old_live_answers(client: Client) -> list[str]:
    kept = live_answers(client)
    memory.rebuild()
    true = live_answers(client)
    return [path for path in true if kept[path] != true[path]]


def test_each_change_is_everywhere_at_once(
    books: Books,
    client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    for _time in range(2):  # a search is kept when it is asked for again
        before: dict[str, Any] = public_pages(client)
    old: dict[str, list[str]] = {}
    for change in CHANGES:
        with django_capture_on_commit_callbacks(execute=True):
            change(books)
        pages, before = old_pages(client, before)
        run_jobs(only=["catalog.publish_works", "catalog.publish_stock"])
        old[change.__name__] = pages + old_live_answers(client)
    assert old == {change.__name__: [] for change in CHANGES}


def test_the_api_keeps_nothing(books: Books, client: Client) -> None:
    for path in (API, f"{API}/{books.emma.isbn13}", f"{API}/{books.emma.isbn13}/recommendations"):
        before = client.get(path)
        assert "no-store" in before["Cache-Control"]
        assert before.status_code == 200
    books.emma.set_price(Decimal("11.25"), valid_from=timezone.localdate())
    assert client.get(f"{API}/{books.emma.isbn13}").json()["price"]["amount"] == "11.25"
