"""Every change is on every surface at once: what is kept is what would be made anew.

The changes are made the way staff makes them, one after the other, in a shop all of whose public
addresses stand in Redis. After each the writer's own bump must be enough: its job is not run.
"""

import datetime
import io
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from catalog import (
    affinities,
    covers,
    indexing,
    jobs,
    memory,
    merging,
    popularity,
    price_lists,
    samples,
)
from catalog.feeds import undoing
from catalog.models import (
    Contributor,
    Edition,
    ImportRun,
    Imprint,
    Regrouping,
    SearchDay,
    Series,
    StaffList,
    Subject,
    Work,
)
from catalog.tests import feeds
from catalog.tests.factories import ContributorFactory, preorderable
from catalog.tests.pictures import show_picture
from orders.models import Seller
from storefront.tests.shop import add_works, open_shop
from storefront.urls import public
from tests.jobs import run_jobs
from tests.surfaces import (
    API,
    EXAMPLES,
    SHOW_NO_ROWS,
    Books,
    old_live_answers,
    public_pages,
    read,
    warm,
)

pytestmark = pytest.mark.django_db

PUBLISH = ("catalog.publish_works", "catalog.publish_stock", "catalog.publish_popularity")


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


def a_pin(books: Books) -> None:
    books.curate(books.emma.work, books.others[0], kind="pin", note="Read them together.")


def a_veto(books: Books) -> None:
    books.curate(books.others[1], books.emma.work, kind="veto")


def a_book_that_is_recommended_nowhere(books: Books) -> None:
    books.edit(books.others[0], is_recommendable=None)


def popular_books(books: Books) -> None:
    popularity.renew({books.emma.work_id: 40, books.others[0].pk: 90})


def a_price_list(books: Books) -> None:
    lines = [f"{each.isbn13},{number}.49" for number, each in enumerate(Edition.objects.all(), 7)]
    text = "\n".join(["isbn13,amount", *lines])
    price_lists.import_prices(io.BytesIO(text.encode()), today=timezone.localdate())


def a_suppliers_file(books: Books) -> None:
    feeds.taken(feeds.record(title="More Waves"), feeds.record(2, title="More Gulls"))


def a_suppliers_later_file(books: Books) -> None:
    later = feeds.record(title="More Waves at Sea", offers=(feeds.price("4.75"),))
    gone = feeds.record(2, title="More Gulls", notification="05")
    feeds.taken(later, gone)


def a_file_taken_back_out(books: Books) -> None:
    for run in ImportRun.objects.order_by("-pk"):
        undoing.undo(run.pk, at=timezone.now())


def a_split_work(books: Books) -> None:
    ebook = books.emma.work.editions.get(format="ebook")
    merging.split([ebook], like=ebook, actor=None, at=timezone.now())


def a_merged_work(books: Books) -> None:
    merging.merge(books.others[1], into=books.emma.work, actor=None, at=timezone.now())


def a_merger_undone(books: Books) -> None:
    merged = Regrouping.objects.filter(kind="work", other_id=books.others[1].pk).latest("pk")
    merging.undo(merged, actor=None, at=timezone.now())


def the_seller(books: Books) -> None:
    form = {"legal_name": "Emma Books Ltd", "withdrawal_days": "14", "credit_note_prefix": "C"}
    assert books.staff.post(reverse("admin:orders_seller_add"), form).status_code == 302


def the_sellers_telephone(books: Books) -> None:
    page = reverse("admin:orders_seller_change", args=[Seller.objects.get().pk])
    fields = books.staff.get(page).context["adminform"].form.initial
    form = {name: value for name, value in {**fields, "phone": "+44 20 1"}.items() if value}
    assert books.staff.post(page, form).status_code == 302


def a_deleted_list(books: Books) -> None:
    books.delete(StaffList.objects.get())


def removed_samples(books: Books) -> None:
    Edition.objects.filter(pk=books.emma.pk).update(is_sample=True)
    Work.objects.filter(pk=books.emma.work_id).update(is_sample=True)
    samples.remove()


CHANGES = [
    a_price, a_works_title, an_editions_title, names, a_merged_contributor,
    a_subjects_name, a_lists_note,
    a_book_off_a_list, a_picture, a_drawn_cover, a_day_to_come, a_preorder,
    a_pin, a_veto, popular_books, a_price_list,
    a_suppliers_file, a_suppliers_later_file, a_file_taken_back_out,
    a_book_off_sale, a_book_that_is_recommended_nowhere,
    a_subject_that_is_hidden, a_works_subject, a_deleted_edition, a_replaced_edition,
    a_split_work, a_merged_work, a_merger_undone, the_seller, the_sellers_telephone,
    a_deleted_list, removed_samples,
]  # fmt: skip


# --- Everywhere ---------------------------------------------------------------------------------


def test_each_change_is_everywhere_at_once(
    books: Books,
    client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    before = warm(client)
    old: dict[str, list[str]] = {}
    for change in CHANGES:
        with django_capture_on_commit_callbacks(execute=True):
            change(books)
        after, pages = public_pages(client)
        assert after != before, f"{change.__name__} changed nothing"
        run_jobs(only=PUBLISH)
        old[change.__name__] = pages + old_live_answers(client)
        before = after
    assert old == {change.__name__: [] for change in CHANGES}


def test_the_api_keeps_nothing(books: Books, client: Client) -> None:
    for path in (API, f"{API}/{books.emma.isbn13}", f"{API}/{books.emma.isbn13}/recommendations"):
        before = client.get(path)
        assert "no-store" in before["Cache-Control"]
        assert before.status_code == 200
    books.emma.set_price(Decimal("11.25"), valid_from=timezone.localdate())
    assert client.get(f"{API}/{books.emma.isbn13}").json()["price"]["amount"] == "11.25"


def test_what_changes_by_itself_changes_with_the_day(
    books: Books,
    client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    midnight = datetime.datetime.combine(tomorrow, datetime.time(), timezone.get_default_timezone())
    coming, embargoed = (work.editions.get(format="paperback") for work in books.others)
    preorderable(coming)
    Edition.objects.filter(pk=coming.pk).update(publication_date=tomorrow)
    Edition.objects.filter(pk=embargoed.pk).update(embargo_date=tomorrow)
    books.emma.set_price(Decimal("11.25"), valid_from=tomorrow)
    indexing.works_changed([work.pk for work in (*books.others, books.emma.work)])
    by_itself = {books.emma: "$11.25", coming: "Add to basket", embargoed: "Add to basket"}

    def has_changed() -> set[bool]:
        pages = {each: read(client, each.get_absolute_url())[2].decode() for each in by_itself}
        return {words in pages[each] for each, words in by_itself.items()}

    with time_machine.travel(midnight - datetime.timedelta(seconds=20)) as clock:
        SearchDay.objects.note(timezone.localdate())
        memory.rebuild()
        before = warm(client)
        assert has_changed() == {False}
        clock.move_to(midnight + datetime.timedelta(seconds=2))
        after, old = public_pages(client)
        assert old == []
        assert has_changed() == {True}
        with django_capture_on_commit_callbacks(execute=True):
            jobs.turn_day(timestamp=int(midnight.timestamp()))
        run_jobs(only=PUBLISH)
        sorted_anew, old = public_pages(client)
        assert old + old_live_answers(client) == []
    assert len({str(each) for each in (before, after, sorted_anew)}) == 3
