"""Parts of the running shop are killed: the rest goes on, and what was lost heals by itself."""

import signal
import time
import uuid

import pytest

from tests.conftest import NextEdition
from tests.drills.mishaps import header, nobody_heals, walk
from tests.patience import eventually
from tests.purchases import add, check_out, make_basket, order_body, order_number, send_order
from tests.shop import Shop
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("whole_again")


def has_healed(visitor: Visitor, isbn13: str) -> bool:
    """Whether suggestions and badges are there."""
    suggestions = visitor.get("/live/suggest?q=pride%20an").json()["suggestions"]
    (level,) = visitor.get(f"/live/stock?isbn13={isbn13}").json()["items"]
    return bool(suggestions) and level["state"] in ("in_stock", "few")


def is_at_full_speed(shop: Shop, visitor: Visitor, pages: dict[str, str]) -> bool:
    """Whether all pages come out of Redis, but that of the status, of which nothing is kept."""
    before = shop.outcomes()
    walk(visitor, list(pages.values()), times=1)
    return shop.outcomes() - before == {"hit": len(pages) - 1}


# --- Redis --------------------------------------------------------------------------------------


def test_without_redis_the_shop_goes_on(
    shop: Shop, visitor: Visitor, next_edition: NextEdition, pages: dict[str, str]
) -> None:
    edition, other = next_edition(), next_edition()
    add(visitor, edition)
    with nobody_heals(shop):
        shop.redis().kill()
        started_at = time.monotonic()
        assert {name: visitor.get(path).status for name, path in pages.items()} == dict.fromkeys(
            pages, 200
        )
        assert visitor.get("/live/ready").status == 503
        assert visitor.get("/ready").status == 503
        (level,) = visitor.get(f"/live/stock?isbn13={edition['isbn13']}").json()["items"]
        assert level["state"] == "unknown"
        assert visitor.get("/live/suggest?q=pride").json()["suggestions"] == []
        assert visitor.get("/live/visitor").json()["basket_quantity"] is None
        assert visitor.get("/live/trending").json()["items"] == []
        # All that counts stands in PostgreSQL.
        assert add(visitor, other).status == 303
        assert edition["title"] in visitor.get("/basket/").text
        number = order_number(check_out(visitor, "drill@example.com", payment_method="offline"))
        assert visitor.get(f"/orders/{number}/").status == 200
        basket = make_basket(visitor, (edition["isbn13"], 1))
        assert send_order(visitor, order_body(basket), key=str(uuid.uuid4())).status == 201
        assert time.monotonic() - started_at < 30
    eventually(lambda: has_healed(visitor, edition["isbn13"]))


@pytest.mark.parametrize("loss", ["killed", "flushed"])
def test_what_redis_lost_comes_back_by_itself(
    shop: Shop, visitor: Visitor, next_edition: NextEdition, pages: dict[str, str], loss: str
) -> None:
    edition = next_edition()
    add(visitor, edition, 3)
    email, password = shop.staff_login
    member = Visitor(shop.base_url)
    form = member.get("/account/login/").form("/account/login/")
    assert member.submit(form, login=email, password=password).status == 302
    if loss == "killed":
        shop.redis().kill()
    else:
        shop.flush_redis()
    eventually(lambda: visitor.get("/live/ready").status == 200)
    eventually(lambda: has_healed(visitor, edition["isbn13"]))
    # Each process finds out by itself that Redis is back.
    eventually(lambda: header(visitor) == 3)
    assert member.get("/account/").status == 200  # still signed in
    eventually(lambda: header(member) == 0)
    assert member.header()["name"] == "Carol"
    assert edition["title"] in visitor.get("/basket/").text
    walk(visitor, list(pages.values()))
    # Each process that meets the new Redis, some of them late, has all pages made once more.
    eventually(lambda: is_at_full_speed(shop, visitor, pages))


def test_stock_that_changes_while_redis_is_away_is_right_afterwards(
    shop: Shop, staff: Visitor, visitor: Visitor, next_edition: NextEdition
) -> None:
    edition = next_edition()
    with nobody_heals(shop):
        shop.redis().kill()
        changed = staff.call("PUT", f"stock/{edition['isbn13']}", {"on_hand": 1})
        assert changed.status == 200
    path = f"/live/stock?isbn13={edition['isbn13']}"
    eventually(lambda: visitor.get(path).json()["items"][0]["label"] == "Only 1 left")


def test_without_redis_people_sign_in_and_up(shop: Shop, visitor: Visitor) -> None:
    email, password = shop.staff_login
    with nobody_heals(shop):
        shop.redis().kill()
        started_at = time.monotonic()
        new = Visitor(shop.base_url)
        form = new.get("/account/signup/").form("/account/signup/")
        fields = {"email": f"{uuid.uuid4()}@example.com", "password1": "an honest phrase"}
        assert new.submit(form, **fields).location == "/account/confirm-email/"
        form = visitor.get("/account/password/reset/").form("/account/password/reset/")
        assert visitor.submit(form, email=email).location == "/account/password/reset/done/"
        form = visitor.get("/account/login/").form("/account/login/")
        assert visitor.submit(form, login=email, password=password).location == "/account/"
        clerk = Visitor(shop.base_url)
        form = clerk.get("/admin/login/").form("/admin/login/")
        assert clerk.submit(form, username=email, password=password, next="/admin/").status == 302
        assert clerk.get("/admin/").status == 200
        assert time.monotonic() - started_at < 30


# --- Processes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "own", "others"),
    [
        ("frontend", "/search/?available=1", ["/basket/", "/live/visitor"]),
        ("redis", "/live/visitor", ["/", "/basket/"]),
        ("rds", "/basket/", ["/", "/live/visitor"]),
    ],
)
def test_a_killed_role_comes_back_and_the_others_do_not_notice(
    shop: Shop, visitor: Visitor, role: str, own: str, others: list[str]
) -> None:
    (master,) = shop.role_masters(role)
    with nobody_heals(shop):
        for process in [master, *master.children()]:
            process.kill()
        assert visitor.get(own).status == 502
        assert [visitor.get(path).status for path in others] == [200, 200]
    eventually(lambda: visitor.get(own).status == 200)


def test_pages_outlive_the_role_that_makes_them(
    shop: Shop, visitor: Visitor, pages: dict[str, str]
) -> None:
    (master,) = shop.role_masters("frontend")
    before = {path: visitor.get(path).body for path in pages.values()}
    with nobody_heals(shop):
        for process in [master, *master.children()]:
            process.kill()
        time.sleep(1)  # until nginx may no longer answer by itself
        assert {path: visitor.get(path).body for path in pages.values()} == before
        assert visitor.get("/search/?q=never-asked-before").status == 502
    eventually(lambda: visitor.get("/ready").status == 200)
    assert visitor.get("/search/?q=never-asked-before").status == 200


def test_a_killed_process_of_a_role_is_replaced(shop: Shop, visitor: Visitor) -> None:
    (master,) = shop.role_masters("frontend")
    first = master.children()[0]
    first.send_signal(signal.SIGKILL)
    eventually(lambda: len(master.children()) == 2 and first not in master.children())
    assert visitor.get("/").status == 200
