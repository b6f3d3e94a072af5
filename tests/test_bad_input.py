"""What nobody should send: each gets its status and plain words, and nothing is half-written."""

import uuid

import pytest

from tests.conftest import NextEdition, is_plenty
from tests.purchases import add, check_out, make_basket, order_body, send_order
from tests.visitor import Visitor

BROKEN = "9780141439519"  # the last digit should be 8
UNKNOWN = "9780141439518"
A_LOT = 1000
PROBLEM = "application/problem+json"
NOBODYS = "0b063714-8d27-4d49-982d-752a17700000"


# --- Addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        (f"/books/{BROKEN}/", 404, f"“{BROKEN}” is not a valid ISBN"),
        (f"/books/{UNKNOWN}/", 404, "We do not sell the book with the number 978-0-14-143951-8"),
        ("/books/gone-with-the-wind/", 404, "is not a valid ISBN"),
        (f"/search/?q={BROKEN}", 200, "looks like an ISBN, but one of its digits must be wrong"),
        (f"/search/?q={UNKNOWN}", 200, "We do not have the book with the number"),
        ("/search/?q=%FF%FE", 400, "Some of what you search for cannot be read."),
        ("/search/?q=%00", 400, "Some of what you search for cannot be read."),
        (f"/search/?q={'a' * A_LOT}", 400, "That is more than 200 letters."),
        (f"/search/?q={'a' * 8 * A_LOT}", 400, "That is more than 200 letters."),
        ("/search/?sort=random", 400, "Sort by: we do not know “random”."),
        ("/search/?format=papyrus", 400, "Format: we do not know “papyrus”."),
        ("/search/?price=cheap", 400, "Price: we do not know “cheap”."),
        ("/search/?subject=../../etc", 400, "Subject: we do not know “../../etc”."),
        ("/search/?page=0", 400, "page"),
        ("/search/?page=-1", 400, "page"),
        ("/search/?page=x", 400, "page"),
        ("/search/?page=99999999999999999999", 400, "page"),
        ("/search/?page=49", 404, "The results end before page 49."),
        ("/subjects/no-such-subject/", 404, ""),
        ("/contributors/nobody/", 404, ""),
        ("/series/none/", 404, ""),
        ("/imprints/none/", 404, ""),
        ("/lists/none/", 404, ""),
        ("/no/such/page/", 404, "No such page on our shelves"),
        ("/orders/0000-0000-0000/", 404, ""),
        ("/orders/%00/", 400, ""),
        ("/orders/0000-0000-0000/?token=%FF", 404, ""),
        ("/basket/lines/", 405, ""),
        ("/static/../bookstore/settings.py", 404, ""),
        ("/webhooks/stripe/", 405, ""),
    ],
)
def test_address(visitor: Visitor, path: str, status: int, words: str) -> None:
    answer = visitor.get(path)
    assert answer.status == status
    assert words in answer.text


def test_a_huge_address_is_refused_at_the_door(visitor: Visitor) -> None:
    assert visitor.get(f"/search/?q={'a' * 100_000}").status == 414


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (f"stock?isbn13={BROKEN}", 400),
        ("stock", 400),
        ("stock?" + "&".join(["isbn13=2900000010017"] * 101), 400),
        ("suggest?q=" + "a" * A_LOT, 200),
        ("suggest?q=%FF", 200),
        ("suggest", 200),
        ("visitor?x=%FF", 200),
        ("no-such-answer", 404),
    ],
    ids=lambda value: str(value)[:30],
)
def test_live_answer(visitor: Visitor, query: str, status: int) -> None:
    assert visitor.get(f"/live/{query}").status == status


@pytest.mark.parametrize("cookie", ["x" * 5000, "../../etc/passwd", "", "ÿ"], ids=repr)
def test_a_made_up_session_is_nobodys(visitor: Visitor, cookie: str) -> None:
    visitor.cookies["visitor"] = cookie
    assert not visitor.get("/live/visitor").json()["signed_in"]
    assert visitor.get("/basket/").status == 200
    assert visitor.get("/account/").status == 302


# --- The basket ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"isbn13": BROKEN, "quantity": "1"}, 422, "is not a valid ISBN"),
        ({"isbn13": UNKNOWN, "quantity": "1"}, 404, "978-0-14-143951-8"),
        ({"isbn13": "", "quantity": "1"}, 422, "Please give the ISBN of the book."),
        ({"isbn13": "{isbn13}", "quantity": "-1"}, 422, "must be at least 1"),
        ({"isbn13": "{isbn13}", "quantity": "0"}, 422, "must be at least 1"),
        ({"isbn13": "{isbn13}", "quantity": "51"}, 422, "at most 50"),
        ({"isbn13": "{isbn13}", "quantity": "one"}, 422, "must be a whole number"),
        ({"isbn13": "{isbn13}", "quantity": "1.5"}, 422, "must be a whole number"),
        ({"isbn13": "{isbn13}", "quantity": "9" * 5000}, 422, ""),
        ({"isbn13": "\0", "quantity": "1"}, 422, ""),
    ],
    ids=lambda value: str(value)[:60],
)
def test_line(
    visitor: Visitor,
    next_edition: NextEdition,
    fields: dict[str, str],
    status: int,
    words: str,
) -> None:
    edition = next_edition()
    sent = {name: value.format(**edition) for name, value in fields.items()}
    answer = visitor.post("/basket/lines/", sent)
    assert answer.status == status
    assert words in answer.text
    assert visitor.basket_quantity == 0


def test_no_quantity_means_one(visitor: Visitor, next_edition: NextEdition) -> None:
    number = next_edition()["isbn13"]
    assert visitor.post("/basket/lines/", {"isbn13": number}).status == 303
    assert visitor.basket_quantity == 1


def test_a_line_of_more_than_fifty_is_refused(visitor: Visitor, next_edition: NextEdition) -> None:
    edition = next_edition()
    assert add(visitor, edition, 50).status == 303
    assert add(visitor, edition, 1).status == 422
    assert visitor.basket_quantity == 50


def test_a_thousand_lines_are_refused_after_the_hundredth(visitor: Visitor) -> None:
    numbers: list[str] = []
    cursor = ""
    while len(numbers) < 101:
        part = visitor.call("GET", f"editions?cursor={cursor}").json()
        numbers += [edition["isbn13"] for edition in part["items"] if is_plenty(edition)]
        cursor = part["next"]
    basket = make_basket(visitor, *((number, 1) for number in numbers[:100]))
    line = {"isbn13": numbers[100], "quantity": 1}
    answer = visitor.call("POST", f"baskets/{basket}/lines", line)
    assert (answer.status, answer.json()["code"]) == (409, "basket_full")
    for number in numbers[:100]:
        visitor.post("/basket/lines/", {"isbn13": number, "quantity": "1"})
    assert visitor.post("/basket/lines/", {"isbn13": numbers[100]}).status == 422
    assert visitor.basket_quantity == 100


def test_a_form_with_ten_thousand_fields_is_refused(visitor: Visitor) -> None:
    fields = {f"field{number}": "1" for number in range(10_000)}
    assert visitor.post("/basket/lines/", fields).status == 400


def test_a_body_that_is_too_large_is_refused(visitor: Visitor) -> None:
    for letters in (2_000_000, 20_000_000):
        answer = visitor.post("/basket/lines/", {"isbn13": "1" * letters})
        assert answer.status == 413
        assert "Please send less." in answer.text


# --- The checkout -------------------------------------------------------------------------------


def test_a_foreign_basket_is_not_ordered(visitor: Visitor, next_edition: NextEdition) -> None:
    foreign = make_basket(visitor, (next_edition()["isbn13"], 1))
    add(visitor, next_edition())
    form = visitor.get("/checkout/").form("/checkout/")
    form.fields["basket"] = foreign
    answer = visitor.submit(form, email="thief@example.com", payment_method="offline")
    assert answer.status == 409
    assert visitor.call("GET", f"baskets/{foreign}").status == 200
    assert visitor.basket_quantity == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"email": "nobody"}, "Please enter an e-mail address such as name@example.com."),
        ({"email": "a" * 300 + "@example.com"}, ""),
        ({"line1": "a" * 5000}, ""),
        ({"country": "XX"}, ""),
        ({"country": ""}, "Please choose the country."),
        ({"postcode": ""}, "Please enter the postcode."),
        ({"shipping_method": "drone"}, ""),
        ({"shipping_method": "download"}, ""),
        ({"payment_method": "gold"}, ""),
        ({"name": "\0"}, ""),
    ],
    ids=lambda value: str(value)[:40],
)
def test_checkout(
    visitor: Visitor, next_edition: NextEdition, values: dict[str, str], words: str
) -> None:
    add(visitor, next_edition())
    form = {"email": "alice@example.com", "payment_method": "offline", **values}
    answer = check_out(visitor, **form)
    assert answer.status == 422
    assert words in answer.text
    assert visitor.basket_quantity == 1


def test_a_total_that_was_not_shown_is_not_charged(
    visitor: Visitor, next_edition: NextEdition
) -> None:
    add(visitor, next_edition())
    answer = check_out(
        visitor, "alice@example.com", payment_method="offline", expected_total_standard="0.01"
    )
    assert answer.status == 409
    assert visitor.basket_quantity == 1


# --- The API ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "data", "status"),
    [
        ("GET", f"editions/{BROKEN}", None, 422),
        ("GET", f"editions/{UNKNOWN}", None, 404),
        ("GET", "editions?q=" + "a" * A_LOT, None, 422),
        ("GET", "editions?q=%00", None, 422),
        ("GET", "editions?q=%FF", None, 200),
        ("GET", "editions?cursor=nonsense", None, 422),
        ("GET", "editions?subject=no-such-subject", None, 422),
        ("GET", f"baskets/{NOBODYS}", None, 404),
        ("POST", f"baskets/{NOBODYS}/lines", {"isbn13": UNKNOWN, "quantity": 1}, 404),
        ("GET", "baskets/not-a-uuid", None, 404),
        ("GET", "orders/0000-0000-0000?token=x", None, 404),
        ("DELETE", "editions", None, 405),
        ("GET", "nothing", None, 404),
        ("PUT", "stock/2900000010017", {"on_hand": 1}, 401),
    ],
    ids=lambda value: str(value)[:40],
)
def test_api(visitor: Visitor, method: str, path: str, data: object, status: int) -> None:
    answer = visitor.call(method, path, data)
    assert answer.status == status, answer.body
    if status >= 400:
        assert answer.headers["Content-Type"] == PROBLEM
        assert answer.json()["status"] == status


@pytest.mark.parametrize(
    "line",
    [
        {"isbn13": BROKEN, "quantity": 1},
        {"isbn13": UNKNOWN, "quantity": 1},
        {"isbn13": "{isbn13}", "quantity": -1},
        {"isbn13": "{isbn13}", "quantity": 0},
        {"isbn13": "{isbn13}", "quantity": 51},
        {"isbn13": "{isbn13}", "quantity": "2"},
        {"isbn13": "{isbn13}", "quantity": 1.5},
        {"quantity": 1},
        [],
        "text",
    ],
    ids=str,
)
def test_api_line(visitor: Visitor, next_edition: NextEdition, line: object) -> None:
    if isinstance(line, dict) and line.get("isbn13") == "{isbn13}":
        line = {**line, "isbn13": next_edition()["isbn13"]}
    basket = make_basket(visitor)
    answer = visitor.call("POST", f"baskets/{basket}/lines", line)
    assert (answer.status, answer.headers["Content-Type"]) == (422, PROBLEM)
    assert visitor.call("GET", f"baskets/{basket}").json()["lines"] == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"email": "nobody"}, 422),
        ({"shipping_method": "drone"}, 422),
        ({"payment_method": "gold"}, 422),
        ({"basket": "nonsense"}, 422),
        ({"basket": NOBODYS}, 404),
    ],
    ids=str,
)
def test_api_order(
    visitor: Visitor, next_edition: NextEdition, changes: dict[str, object], status: int
) -> None:
    basket = make_basket(visitor, (next_edition()["isbn13"], 1))
    answer = send_order(visitor, order_body(basket) | changes, key=str(uuid.uuid4()))
    assert (answer.status, answer.headers["Content-Type"]) == (status, PROBLEM)
    assert len(visitor.call("GET", f"baskets/{basket}").json()["lines"]) == 1


def test_an_order_needs_a_key(visitor: Visitor, next_edition: NextEdition) -> None:
    body = order_body(make_basket(visitor, (next_edition()["isbn13"], 1)))
    assert visitor.call("POST", "orders", body).status == 422
    assert send_order(visitor, body, key="k" * 151).status == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"\xff", 400), (b"[" * 60_000, 400), (b'"' + b"a" * 100_000 + b'"', 413)],
    ids=lambda value: str(value)[:10],
)
def test_a_body_that_is_no_json(visitor: Visitor, body: bytes, status: int) -> None:
    path = f"/api/v1/baskets/{make_basket(visitor)}/lines"
    answer = visitor.send("POST", path, body, {"Content-Type": "application/json"})
    assert (answer.status, answer.headers["Content-Type"]) == (status, PROBLEM)
