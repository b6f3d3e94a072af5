"""The catalogue in the back office: lists, prices, stock, and everything renewed by each change."""

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog import indexing
from catalog.models import (
    Contributor,
    Edition,
    Format,
    Price,
    SearchEntry,
    StaffList,
    Stock,
    StockMovement,
    Subject,
    Work,
)
from catalog.tests.factories import (
    ContributorFactory,
    EditionFactory,
    ImprintFactory,
    SeriesFactory,
    SubjectFactory,
    WorkFactory,
    main_shop,
    put_in_stock,
)
from tests.people import alice, carol

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db

EDITIONS = "/admin/catalog/edition/"
WORKS = "/admin/catalog/work/"


@pytest.fixture
def clerk(client: Client) -> "User":
    """Carol, signed in."""
    user = carol()
    client.force_login(user)
    return user


@pytest.fixture
def helper(client: Client) -> "User":
    """A member of staff who may look at the catalogue, and no more."""
    user = alice()
    user.is_staff = True
    user.save()
    names = ("view_edition", "view_work", "view_stock")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return user


def emma(**fields: Any) -> Edition:
    work = WorkFactory.create(title="Emma", author="Jane Austen")
    edition: Edition = EditionFactory.create(work=work, **fields)
    indexing.works_changed([work.pk])
    return edition


def edition_form(edition: Edition, **changes: Any) -> dict[str, Any]:
    return {
        "work": edition.work_id,
        "format": edition.format,
        "language": edition.language,
        "imprint": edition.imprint_id,
        "is_offered": "on",
        "title": edition.title,
        "publication_date": "2024-03-01",
        **empty_formset("stocks"),
        **empty_formset("prices"),
        **changes,
    }


def empty_formset(prefix: str) -> dict[str, str]:
    return {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}


def vector_of(work: Work) -> str:
    return str(SearchEntry.objects.get(work=work).vector)


def stale_names() -> set[str]:
    jobs = ProcrastinateJob.objects.filter(task_name="caching.bump")
    return {name for job in jobs for name in job.args["names"]}


# --- Editions -----------------------------------------------------------------------------------


def test_the_list_shows_price_and_stock(client: Client, clerk: "User") -> None:
    emma(price=Decimal("12.50"), stock=3)
    emma(price=False)
    emma(format=Format.EBOOK)
    page = client.get(EDITIONS).content.decode()
    assert "12.50 USD" in page
    assert "not for sale" in page
    assert '<td class="field-available">3</td>' in page
    assert '<td class="field-available">∞</td>' in page


def test_the_list_takes_a_fixed_number_of_queries(
    client: Client, clerk: "User", django_assert_max_num_queries: Any
) -> None:
    emma(stock=1)
    counts = []
    for _time in range(2):
        with django_assert_max_num_queries(12) as counted:
            client.get(EDITIONS)
        counts.append(len(counted))
        for _place in range(8):
            emma(stock=1)
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "search", ["9780156907392", "0-15-690739-9", "ISBN 978 0 15 690739 2", "emma aust", "EMMÁ"]
)
def test_an_edition_is_found_by_number_and_words(
    client: Client, clerk: "User", search: str
) -> None:
    edition = emma(isbn13="9780156907392")
    other = EditionFactory.create(work=WorkFactory.create(title="Orlando"))
    indexing.works_changed([other.work_id])
    page = client.get(EDITIONS, {"q": search}).content.decode()
    assert edition.isbn13 in page
    assert other.isbn13 not in page


def test_filters_find_what_is_sold_out_or_without_price(client: Client, clerk: "User") -> None:
    stocked, sold_out, ebook = emma(stock=1), emma(price=False), emma(format=Format.EBOOK)

    def found(**query: str) -> set[str]:
        page = client.get(EDITIONS, query).content.decode()
        return {e.isbn13 for e in (stocked, sold_out, ebook) if e.isbn13 in page}

    assert found(stock="in") == {stocked.isbn13}
    assert found(stock="out") == {sold_out.isbn13}
    assert found(priced="no") == {sold_out.isbn13}


@pytest.mark.parametrize("number", ["9780156907392", "978-0-15-690739-2", "0 15 690739 9"])
def test_an_edition_is_entered(client: Client, clerk: "User", number: str) -> None:
    work = WorkFactory.create(title="Emma", author="Jane Austen")
    draft = Edition(
        work=work, format=Format.PAPERBACK, language="en", imprint=ImprintFactory.create()
    )
    form = edition_form(draft, isbn13=number, new_price="12.50", tax_rate="7")

    response = client.post(f"{EDITIONS}add/", form)

    assert response.status_code == 302
    edition = Edition.objects.with_price().get()
    assert edition.isbn13 == "9780156907392"
    assert edition.price_amount == Decimal("12.50")
    price = edition.prices.get()
    assert (price.valid_from, price.tax_rate) == (timezone.localdate(), Decimal("7.00"))
    assert "emma" in vector_of(work)
    assert f"edition:{edition.isbn13}" in stale_names()


@pytest.mark.parametrize("number", ["9780156907393", "123", "", "9790000000001"])
def test_a_broken_number_is_refused(client: Client, clerk: "User", number: str) -> None:
    draft = Edition(
        work=WorkFactory.create(),
        format="paperback",
        language="en",
        imprint=ImprintFactory.create(),
    )
    response = client.post(f"{EDITIONS}add/", edition_form(draft, isbn13=number))
    assert response.status_code == 200
    assert "isbn13" in response.context["adminform"].form.errors
    assert not Edition.objects.exists()


def test_a_new_price_ends_the_running_one(client: Client, clerk: "User") -> None:
    edition = emma(price=Decimal("9.99"))
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)

    response = client.post(
        reverse("admin:catalog_edition_change", args=[edition.pk]),
        edition_form(edition, new_price="11.00", price_from=tomorrow.isoformat()),
    )

    assert response.status_code == 302
    assert list(edition.prices.order_by("valid_from").values_list("amount", "valid_to")) == [
        (Decimal("9.99"), timezone.localdate()),
        (Decimal("11.00"), None),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"new_price": "-1"}, "new_price"),
        ({"new_price": "1.005"}, "new_price"),
        ({"new_price": "x"}, "new_price"),
        ({"price_from": "2030-01-01"}, "new_price"),
        ({"new_price": "1", "price_from": "soon"}, "price_from"),
        ({"new_price": "1", "tax_rate": "101"}, "tax_rate"),
    ],
)
def test_a_wrong_price_is_refused(
    client: Client, clerk: "User", changes: dict[str, str], field: str
) -> None:
    edition = emma()
    url = reverse("admin:catalog_edition_change", args=[edition.pk])
    response = client.post(url, edition_form(edition, **changes))
    assert list(response.context["adminform"].form.errors) == [field]
    assert Price.objects.count() == 1


def test_a_change_renews_both_works(client: Client, clerk: "User") -> None:
    edition = emma()
    left, entered = edition.work, WorkFactory.create(title="Orlando")
    sibling = EditionFactory.create(work=left, title="Emma, annotated")
    client.post(
        reverse("admin:catalog_edition_change", args=[edition.pk]),
        edition_form(edition, work=entered.pk, title="Emma abridged"),
    )
    assert "abridg" in vector_of(entered)
    assert "abridg" not in vector_of(left)
    assert {f"edition:{edition.isbn13}", f"edition:{sibling.isbn13}"} <= stale_names()


def test_the_number_stays(client: Client, clerk: "User") -> None:
    edition = emma()
    url = reverse("admin:catalog_edition_change", args=[edition.pk])
    client.post(url, edition_form(edition, isbn13="9780156907392"))
    assert Edition.objects.get().isbn13 == edition.isbn13


def test_what_has_a_ledger_is_not_deleted(client: Client, clerk: "User") -> None:
    stocked, mistake = emma(stock=1), emma()
    for edition, status in ((stocked, 403), (mistake, 302)):
        url = reverse("admin:catalog_edition_delete", args=[edition.pk])
        assert client.post(url, {"post": "yes"}).status_code == status
    assert Edition.objects.get() == stocked


# --- Stock --------------------------------------------------------------------------------------


def stock_url(edition: Edition, action: str) -> str:
    return reverse("admin:catalog_edition_stock_change", args=[edition.pk, action])


def change_stock(client: Client, edition: Edition, action: str, quantity: Any) -> Any:
    form = {"location": main_shop().pk, "quantity": quantity, "reason": "Delivery 7"}
    return client.post(stock_url(edition, action), form)


@pytest.mark.parametrize(
    ("action", "quantity", "on_hand", "kind"),
    [("receive", 2, 5, "receive"), ("adjust", -1, 2, "adjust"), ("count", 9, 9, "adjust")],
)
def test_stock_is_received_adjusted_and_counted(
    client: Client, clerk: "User", action: str, quantity: int, on_hand: int, kind: str
) -> None:
    edition = emma(stock=3)

    response = change_stock(client, edition, action, quantity)

    assert response.status_code == 303
    assert Stock.objects.get().on_hand == on_hand
    movement = StockMovement.objects.first()
    assert movement is not None
    assert (movement.kind, movement.reason, movement.actor) == (kind, "Delivery 7", clerk)
    page = client.get(response["Location"]).content.decode()
    assert f"Main shop now has {on_hand} copies, {on_hand} of them available." in page
    assert "Delivery 7" in page


def test_the_first_copies_are_received(client: Client, clerk: "User") -> None:
    edition = emma()
    assert client.get(stock_url(edition, "receive")).status_code == 200
    assert change_stock(client, edition, "receive", 4).status_code == 303
    assert Stock.objects.get().on_hand == 4


@pytest.mark.parametrize(
    ("action", "quantity"),
    [
        ("receive", 0), ("receive", -1), ("receive", 100_001), ("receive", "x"),
        ("adjust", 0), ("adjust", -4), ("count", -1), ("count", ""),
    ],
)  # fmt: skip
def test_nonsense_is_refused(client: Client, clerk: "User", action: str, quantity: Any) -> None:
    edition = emma(stock=3)
    response = change_stock(client, edition, action, quantity)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["quantity"]
    assert Stock.objects.get().on_hand == 3
    assert StockMovement.objects.count() == 1


def test_no_promise_is_broken_and_no_row_left_behind(client: Client, clerk: "User") -> None:
    edition = emma()
    stock = put_in_stock(edition, 3)
    stock.allocate(2, reference="ORDER")
    page = change_stock(client, edition, "count", 1).content.decode()
    assert "Fewer copies would be left than are promised to orders (2)." in page
    stock.refresh_from_db()
    assert stock.on_hand == 3

    other = emma()
    assert change_stock(client, other, "adjust", -1).status_code == 200
    assert not other.stocks.exists()


def test_a_reason_is_needed_to_adjust(client: Client, clerk: "User") -> None:
    edition = emma(stock=3)
    form = {"location": main_shop().pk, "quantity": -1, "reason": ""}
    response = client.post(stock_url(edition, "adjust"), form)
    assert list(response.context["form"].errors) == ["reason"]


def test_files_have_no_stock_and_other_actions_do_not_exist(client: Client, clerk: "User") -> None:
    ebook, book = emma(format=Format.EBOOK), emma()
    assert client.get(reverse("admin:catalog_edition_stock", args=[ebook.pk])).status_code == 404
    assert client.get(stock_url(book, "steal")).status_code == 404


def test_without_the_permission_stock_is_only_looked_at(client: Client, helper: "User") -> None:
    edition = emma(stock=3)
    page = client.get(reverse("admin:catalog_edition_stock", args=[edition.pk])).content.decode()
    assert "Main shop" in page
    assert stock_url(edition, "receive") not in page
    assert change_stock(client, edition, "receive", 1).status_code == 403
    assert Stock.objects.get().on_hand == 3


def test_the_ledger_is_only_read(client: Client, clerk: "User") -> None:
    edition = emma(stock=3)
    movement = StockMovement.objects.get()
    page = client.get("/admin/catalog/stockmovement/", {"q": edition.isbn13}).content.decode()
    assert "Received" in page
    change = reverse("admin:catalog_stockmovement_change", args=[movement.pk])
    assert client.post(change, {}).status_code == 403
    assert client.get("/admin/catalog/stockmovement/add/").status_code == 403


# --- Works and the names they share -------------------------------------------------------------


def work_form(work: Work, **changes: Any) -> dict[str, Any]:
    formsets = ("contributions", "editions", "series_memberships")
    forms = [empty_formset(prefix) for prefix in formsets]
    merged = {name: value for form in forms for name, value in form.items()}
    return {"title": work.title, "popularity": "0", "key": work.key, **merged, **changes}


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


def test_another_title_is_found_at_once(client: Client, clerk: "User") -> None:
    edition = emma()
    url = reverse("admin:catalog_work_change", args=[edition.work_id])
    client.post(url, work_form(edition.work, title="Persuasion"))
    assert "persuasion" in vector_of(edition.work)
    assert "emma" not in vector_of(edition.work)
    assert f"edition:{edition.isbn13}" in stale_names()


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
    form = {"scheme": "thema", "code": root.code, "name": root.name, "slug": root.slug}
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
