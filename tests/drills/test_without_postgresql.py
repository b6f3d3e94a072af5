"""PostgreSQL is killed: pages and live answers go on; ordering says that it pauses, and is back."""

import pytest

from bookstore.embedded.addresses import Engines
from bookstore.embedded.postgresql import answers
from tests.conftest import NextEdition
from tests.drills import SECONDS
from tests.drills.mishaps import header, nobody_heals, walk
from tests.patience import eventually
from tests.purchases import ADDRESS, add, order_number
from tests.shop import Shop
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("whole_again")

BACK_SECONDS = 5 if SECONDS else 60  # on a machine that runs all other tests beside it
PAUSED = "Ordering pauses for a moment"
TYPED = {**ADDRESS, "email": "pause@example.com", "payment_method": "offline"}


def test_pages_go_on_and_ordering_pauses(
    shop: Shop, visitor: Visitor, next_edition: NextEdition, pages: dict[str, str]
) -> None:
    edition, other = next_edition(), next_edition()
    add(visitor, edition, 2)
    book = visitor.open(other["url"])
    into_the_basket = book.form("/basket/lines/")
    checkout = visitor.get("/checkout/").form("/checkout/")
    public = [*pages.values(), edition["url"], "/new/feed.xml", "/sitemap.xml"]
    before = walk(visitor, public)
    with nobody_heals(shop):
        shop.postgresql().kill()
        asked = shop.outcomes()
        assert walk(visitor, public, times=1) == before
        hits = shop.outcomes() - asked
        assert hits["hit"] + hits["away"] == hits.total()  # whoever was away was asked again
        assert hits["hit"] >= len(public) - 2  # all but the status page and some robot's
        assert visitor.get("/search/?q=asked-by-nobody").status == 503
        _assert_live_goes_on(visitor, edition["isbn13"])
        for path in ("/basket/", "/checkout/"):
            page = visitor.get(path)
            assert (page.status, page.headers["Retry-After"]) == (503, "10")
            assert PAUSED in page.text
            assert "Your basket is kept." in page.text
        htmx = visitor.post("/basket/lines/", into_the_basket.fields, {"HX-Request": "true"})
        assert (htmx.status, htmx.headers["HX-Reswap"]) == (503, "none")
        assert "#announcement" in htmx.body.decode()
        assert visitor.submit(into_the_basket).status == 503
        paused = visitor.submit(checkout, **TYPED)
        assert paused.status == 503
        assert "so is what you filled in" in paused.text
        again = paused.form("/checkout/")
        assert TYPED.items() <= again.fields.items()
        assert visitor.get("/api/ready").status == 503
    eventually(lambda: answers(Engines(shop.data_dir)))
    eventually(lambda: visitor.get("/basket/").status == 200, within=BACK_SECONDS)
    assert edition["title"] in visitor.get("/basket/").text
    eventually(lambda: header(visitor) == 2)
    assert visitor.get(f"/orders/{order_number(visitor.submit(again))}/").status == 200
    eventually(lambda: visitor.get("/search/?q=asked-again").status == 200, within=BACK_SECONDS)


def _assert_live_goes_on(visitor: Visitor, isbn13: str) -> None:
    # On a busy machine Redis may take too long now and then.
    eventually(lambda: visitor.get("/live/ready").status == 200)
    assert visitor.basket_quantity == 2
    stock = f"/live/stock?isbn13={isbn13}"
    eventually(lambda: visitor.get(stock).json()["items"][0]["state"] == "in_stock")
    eventually(lambda: visitor.get("/live/suggest?q=pride%20an").json()["suggestions"])
    assert visitor.get("/live/trending").status == 200
    (card,) = visitor.get(f"/live/cards?isbn13={isbn13}").json()["items"]
    assert visitor.get(card["url"]).status == 200  # the page that is kept, and no way to it
