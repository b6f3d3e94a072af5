"""The catalogue's part of the API: listing and looking up editions, reading and counting stock."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from catalog import indexing
from catalog.api import PAGE_SIZE
from catalog.models import (
    Contribution,
    ContributorRole,
    Edition,
    Format,
    Location,
    Stock,
    StockMovement,
)
from catalog.tests.factories import (
    ContributorFactory,
    EditionFactory,
    SubjectFactory,
    WorkFactory,
    main_shop,
    orderable,
    preorderable,
    put_in_stock,
    store_room,
)
from tests.people import alice, bearer, carol

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db

EDITIONS = "/api/v1/editions"
Assertion = Callable[[int], Any]


def lighthouse(**fields: Any) -> Edition:
    """An edition with a real ISBN."""
    work = WorkFactory.create(title="To the Lighthouse", author="Virginia Woolf")
    work.subjects.add(SubjectFactory.create())
    edition: Edition = EditionFactory.create(work=work, isbn13="9780156907392", **fields)
    indexing.works_changed([work.pk])
    return edition


def field_errors(response: Any) -> dict[str, str]:
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    return {error["field"]: error["detail"] for error in response.json()["errors"]}


def drawn_cover(number: str) -> dict[str, Any]:
    return {"url": f"/covers/{number}.svg", "width": 400, "height": 600, "is_drawn": True}


def test_show_an_edition(client: Client) -> None:
    edition = lighthouse(price=Decimal("12.50"), stock=3)
    translator = ContributorFactory.create(name="Maurice Lanoire")
    Contribution.objects.create(
        work=edition.work,
        edition=edition,
        contributor=translator,
        role=ContributorRole.TRANSLATOR,
        ordinal=2,
    )

    response = client.get(f"{EDITIONS}/9780156907392")

    assert response.status_code == 200
    assert response.json() == {
        "isbn13": "9780156907392",
        "title": "To the Lighthouse",
        "subtitle": "",
        "contributors": [
            {"name": "Virginia Woolf", "role": "Author"},
            {"name": "Maurice Lanoire", "role": "Translator"},
        ],
        "format": "paperback",
        "language": "en",
        "imprint": "Hogarth",
        "publisher": "Hogarth Press",
        "publication_date": "2024-03-01",
        "price": {"amount": "12.50", "currency": "USD"},
        "available": 3,
        "availability": {"state": "few", "date": None, "days": None},
        "subjects": ["fbc"],
        "cover": drawn_cover("9780156907392"),
        "url": "/books/9780156907392/to-the-lighthouse/",
    }
    assert response["Cache-Control"].startswith("max-age=0")
    assert "Set-Cookie" not in response


@pytest.mark.parametrize(
    "notation", ["9780156907392", "978-0-15-690739-2", "0156907399", "ISBN 0-15-690739-9"]
)
def test_show_takes_any_notation(client: Client, notation: str) -> None:
    lighthouse()
    assert client.get(f"{EDITIONS}/{notation}").json()["isbn13"] == "9780156907392"


def test_show_an_edition_without_a_price_and_a_digital_one(client: Client) -> None:
    unpriced = EditionFactory.create(price=False)
    ebook = EditionFactory.create(format=Format.EBOOK)

    assert client.get(f"{EDITIONS}/{unpriced.isbn13}").json()["price"] is None
    assert client.get(f"{EDITIONS}/{unpriced.isbn13}").json()["available"] == 0
    assert client.get(f"{EDITIONS}/{ebook.isbn13}").json()["available"] is None


def test_show_what_can_be_pre_ordered_or_is_ordered(client: Client) -> None:
    day = timezone.localdate() + datetime.timedelta(days=30)
    forthcoming = EditionFactory.create(publication_date=day)
    preorderable(forthcoming)
    shown = client.get(f"{EDITIONS}/{forthcoming.isbn13}").json()["availability"]
    assert shown == {"state": "preorder", "date": day.isoformat(), "days": None}
    sold_out = EditionFactory.create()
    orderable(sold_out, backorder_days=5)
    shown = client.get(f"{EDITIONS}/{sold_out.isbn13}").json()
    assert shown["availability"] == {"state": "to_order", "date": None, "days": 5}
    assert shown["available"] == 0


def test_stock_by_location_and_what_is_awaited(client: Client) -> None:
    edition = lighthouse(stock=3)
    put_in_stock(edition, 4, location=store_room())
    orderable(edition).promise(2, on=timezone.localdate())
    url = f"/api/v1/stock/{edition.isbn13}"
    shown = client.get(url, headers=bearer(carol())).json()
    assert (shown["available"], shown["awaited"]) == (7, 2)
    assert [(row["location"], row["available"]) for row in shown["locations"]] == [
        ("main", 3), ("store-room", 4),
    ]  # fmt: skip
    assert client.get(f"{EDITIONS}/{edition.isbn13}").json()["available"] == 5


def test_show_refuses_a_broken_number(client: Client) -> None:
    response = client.get(f"{EDITIONS}/9780156907393")
    assert field_errors(response) == {"isbn13": "'9780156907393' is not a valid ISBN or SKU."}
    assert response.json()["title"] == "Unprocessable Entity"
    assert response.json()["status"] == 422
    assert response.json()["type"] == "about:blank"


def test_show_knows_no_missing_or_withdrawn_edition(client: Client) -> None:
    withdrawn = EditionFactory.create(is_offered=False)
    for number in ("9780156907392", withdrawn.isbn13):
        response = client.get(f"{EDITIONS}/{number}")
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["detail"] == "There is no such thing."


def test_list_editions(client: Client) -> None:
    first, second = EditionFactory.create(), EditionFactory.create()
    EditionFactory.create(is_offered=False)

    answer = client.get(EDITIONS).json()

    assert [item["isbn13"] for item in answer["items"]] == [first.isbn13, second.isbn13]
    assert answer["next"] is None


def test_list_goes_on_with_the_cursor(client: Client) -> None:
    work = WorkFactory.create()
    numbers = [EditionFactory.create(work=work).isbn13 for _place in range(PAGE_SIZE + 1)]

    first = client.get(EDITIONS).json()
    last = client.get(EDITIONS, {"cursor": first["next"]}).json()

    assert [item["isbn13"] for item in first["items"] + last["items"]] == numbers
    assert last["next"] is None


@pytest.mark.parametrize(
    "cursor", ["x", "ZQ", "ZTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk", "é", "ZS0x", "a b"]
)
def test_list_refuses_a_cursor_that_it_did_not_give(client: Client, cursor: str) -> None:
    response = client.get(EDITIONS, {"cursor": cursor})
    assert field_errors(response) == {"cursor": "This is no cursor of a list before."}


def test_list_by_words_by_number_and_by_subject(client: Client) -> None:
    edition = lighthouse()
    child = SubjectFactory.create(code="FBCX", parent=SubjectFactory.create())
    other = EditionFactory.create(work=WorkFactory.create(title="Orlando"))
    other.work.subjects.add(child)
    indexing.works_changed([other.work_id])

    def found(**query: str) -> list[str]:
        return [item["isbn13"] for item in client.get(EDITIONS, query).json()["items"]]

    assert found(q="woolf LIGHTHOUSE") == [edition.isbn13]
    assert found(q="0-15-690739-9") == [edition.isbn13]
    assert found(q="orlando") == [other.isbn13]
    assert found(q="orla") == [other.isbn13]
    assert found(q="!!!") == []
    assert found(q="nothing like that") == []
    assert found(subject="fbc") == [edition.isbn13, other.isbn13]
    assert found(subject="fbcx") == [other.isbn13]
    assert found(subject="fbc", q="orlando") == [other.isbn13]


def test_list_refuses_an_unknown_subject_and_a_long_or_poisoned_query(client: Client) -> None:
    assert field_errors(client.get(EDITIONS, {"subject": "alchemy"})) == {
        "subject": "There is no such subject."
    }
    assert list(field_errors(client.get(EDITIONS, {"q": "x" * 201}))) == ["q"]
    assert list(field_errors(client.get(EDITIONS, {"q": "a\x00b"}))) == ["q"]
    assert list(field_errors(client.get(EDITIONS, {"subject": "a\x00b"}))) == ["subject"]
    assert list(field_errors(client.get(EDITIONS, {"cursor": "a\x00b"}))) == ["cursor"]
    assert client.get(f"{EDITIONS}?q=%ff%fe").status_code == 200


def test_list_takes_a_fixed_number_of_queries(
    client: Client, django_assert_num_queries: Assertion
) -> None:
    for _place in range(3):
        lighthouse_like = WorkFactory.create(author="Virginia Woolf")
        lighthouse_like.subjects.add(SubjectFactory.create())
        EditionFactory.create(work=lighthouse_like, stock=1)
    with django_assert_num_queries(3):
        client.get(EDITIONS)
    for place in range(10):
        work = WorkFactory.create(author=f"Author {place}")
        EditionFactory.create(work=work, stock=1)
    with django_assert_num_queries(3):
        client.get(EDITIONS)


def test_the_head_alone_is_answered_too(client: Client) -> None:
    response = client.head(EDITIONS)
    assert response.status_code == 200
    assert response.content == b""


def test_unknown_addresses_and_methods_are_problems_too(client: Client) -> None:
    missing = client.get("/api/v1/nothing")
    assert missing.status_code == 404
    assert missing["Content-Type"] == "application/problem+json"

    wrong = client.delete(EDITIONS)
    assert wrong.status_code == 405
    assert wrong["Allow"] == "GET"
    assert wrong["Content-Type"] == "application/problem+json"


# --- Stock --------------------------------------------------------------------------------------


def put(client: Client, number: str, body: Any, user: "User | None" = None) -> Any:
    headers = bearer(user) if user else {}
    return client.put(
        f"/api/v1/stock/{number}", body, content_type="application/json", headers=headers
    )


def test_count_stock(client: Client) -> None:
    edition = lighthouse(stock=3)
    clerk = carol()

    response = put(client, "0156907399", {"on_hand": 7, "reason": "Stocktaking"}, clerk)

    assert response.status_code == 200
    place = {"on_hand": 7, "allocated": 0, "available": 7}
    expected = {
        "isbn13": "9780156907392",
        **place,
        "awaited": 0,
        "locations": [{"location": "main", "name": main_shop().name, **place}],
    }
    assert response.json() == expected
    movement = StockMovement.objects.first()
    assert movement is not None
    assert movement.on_hand_change == 4
    assert movement.reason == "Stocktaking"
    assert movement.actor == clerk
    read = client.get(f"/api/v1/stock/{edition.isbn13}", headers=bearer(clerk))
    assert read.json() == expected


def test_count_stock_at_another_location_and_twice(client: Client) -> None:
    Location.objects.create(code="annex", name="Annex", priority=9)
    edition = lighthouse(stock=3)
    clerk = carol()

    for _time in range(2):
        answer = put(client, edition.isbn13, {"on_hand": 2, "location": "annex"}, clerk).json()

    assert [(row["location"], row["on_hand"]) for row in answer["locations"]] == [
        ("main", 3),
        ("annex", 2),
    ]
    assert answer["on_hand"] == 5
    assert StockMovement.objects.count() == 2  # the first receipt, and one count


def test_count_refuses_to_break_a_promise(client: Client) -> None:
    edition = lighthouse()
    stock = put_in_stock(edition, 3)
    Stock.objects.allocate_many({stock: 2}, reference="ORDER")

    response = put(client, edition.isbn13, {"on_hand": 1}, carol())

    assert response.status_code == 409
    assert response.json()["code"] == "promised_to_orders"
    assert response.json()["isbn13"] == edition.isbn13
    stock.refresh_from_db()
    assert (stock.on_hand, stock.allocated) == (3, 2)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "on_hand"),
        ({"on_hand": -1}, "on_hand"),
        ({"on_hand": "3"}, "on_hand"),
        ({"on_hand": 1.5}, "on_hand"),
        ({"on_hand": True}, "on_hand"),
        ({"on_hand": 10**30}, "on_hand"),
        ({"on_hand": 1, "location": "moon"}, "location"),
        ({"on_hand": 1, "location": "a\x00"}, "location"),
        ({"on_hand": 1, "reason": "x" * 201}, "reason"),
        ({"on_hand": 1, "reason": "\x00"}, "reason"),
    ],
)
def test_count_refuses_nonsense(client: Client, body: dict[str, Any], field: str) -> None:
    edition = lighthouse()
    assert list(field_errors(put(client, edition.isbn13, body, carol()))) == [field]
    assert not Stock.objects.exists()


def test_count_refuses_files_and_unknown_editions(client: Client) -> None:
    clerk = carol()
    ebook = EditionFactory.create(format=Format.EBOOK)
    assert list(field_errors(put(client, ebook.isbn13, {"on_hand": 1}, clerk))) == ["isbn13"]
    assert put(client, "9780156907392", {"on_hand": 1}, clerk).status_code == 404


def test_stock_is_for_staff_with_the_permission(client: Client) -> None:
    edition = lighthouse(stock=3)
    customer = alice()
    for response in (
        put(client, edition.isbn13, {"on_hand": 0}),
        client.get(f"/api/v1/stock/{edition.isbn13}"),
        client.get(f"/api/v1/stock/{edition.isbn13}", headers={"Authorization": "Bearer no"}),
    ):
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"
        assert response["Content-Type"] == "application/problem+json"
    assert put(client, edition.isbn13, {"on_hand": 0}, customer).status_code == 403

    customer.is_staff = True
    customer.save()
    refusal = put(client, edition.isbn13, {"on_hand": 0}, customer)
    assert refusal.status_code == 403
    assert refusal.json()["detail"] == "The permission catalog.change_stock is needed."
    customer.user_permissions.add(Permission.objects.get(codename="view_stock"))
    headers = bearer(customer)
    assert client.get(f"/api/v1/stock/{edition.isbn13}", headers=headers).status_code == 200
    assert put(client, edition.isbn13, {"on_hand": 0}, customer).status_code == 403
    assert Stock.objects.get().on_hand == 3


def test_a_cookie_is_no_token(client: Client) -> None:
    edition = lighthouse(stock=3)
    client.force_login(carol())
    assert put(client, edition.isbn13, {"on_hand": 0}).status_code == 401


@pytest.mark.parametrize("body", ["{", "nan", "[" * 5000, b"\xff\xfe", "'x'"])
def test_a_body_that_is_no_json_is_refused(client: Client, body: Any) -> None:
    edition = lighthouse(stock=3)
    response = put(client, edition.isbn13, body, carol())
    assert response.status_code == 400
    assert response.json()["detail"] == "The body is not valid JSON."


def test_a_body_of_another_shape_or_size_is_refused(client: Client) -> None:
    edition = lighthouse(stock=3)
    clerk = carol()
    for body in ("[]", "3", '"x"', "null"):
        assert put(client, edition.isbn13, body, clerk).status_code == 422
    large = put(client, edition.isbn13, {"on_hand": 1, "reason": "x" * 70_000}, clerk)
    assert large.status_code == 413
    assert large["Content-Type"] == "application/problem+json"
    assert Stock.objects.get().on_hand == 3
