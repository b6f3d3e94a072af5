"""A word longer than a phone's screen is wide breaks, and nothing goes off the screen with it."""

import pytest
from playwright.sync_api import expect

from tests.browsing import DESK, NARROWEST, PHONE, Tab
from tests.conftest import NextEdition
from tests.pages import FIXED, FOUND
from tests.purchases import ADDRESS
from tests.shop import Shop
from tests.test_journey_member import sign_in, sign_up
from tests.visitor import Visitor

WORD = "Rechtsschutzversicherungsgesellschaftenangelegenheiten"
EMAIL = f"{WORD}@{WORD}.example.com".lower()
SAY_IT_EVERYWHERE = """word => {
    const says = node => node.nodeType === Node.TEXT_NODE && /^[^$]*[a-z]{2}/i.test(node.data);
    const said = "main :is(h1, h2, h3, p, li, dt, dd, address, a, span)";
    for (const each of document.querySelectorAll(said)) {
        if (each.matches(".button, .stock")) continue;
        if (getComputedStyle(each).whiteSpace === "nowrap") continue;
        for (const node of [...each.childNodes].filter(says)) node.data = word;
    }
}"""
"""Instead of all words of the page that are none of ours."""


def expect_to_fit(tab: Tab) -> None:
    tab.settle()
    for viewport in (NARROWEST, PHONE):
        assert tab.sticking_out(viewport) == []
    tab.page.set_viewport_size(DESK)


@pytest.mark.parametrize("name", [*FIXED, *FOUND])
def test_in_public_pages(tab: Tab, pages: dict[str, str], name: str) -> None:
    tab.open(pages[name])
    tab.settle()
    tab.page.evaluate(SAY_IT_EVERYWHERE, WORD)
    expect(tab.main()).to_contain_text(WORD)
    expect_to_fit(tab)


def test_in_a_search(tab: Tab) -> None:
    tab.open(f"/search/?q={WORD}")
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text(WORD)
    expect_to_fit(tab)


def test_in_an_account_and_an_order(
    shop: Shop, tab: Tab, staff: Visitor, next_edition: NextEdition
) -> None:
    sign_up(shop, tab, EMAIL)
    sign_in(tab, EMAIL)
    tab.open("/account/name/")
    tab.fill(name=WORD)
    tab.press("Save")
    tab.wait_for("/account/")
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text(WORD)
    expect(tab.main()).to_contain_text(EMAIL)
    expect_to_fit(tab)
    tab.open("/account/email/")
    expect_to_fit(tab)
    number = order(tab, next_edition)
    sent = {"carrier": WORD[:30], "tracking": WORD}
    assert staff.call("POST", f"orders/{number}/shipments", sent).status == 201
    tab.open(f"/orders/{number}/")
    for words in (WORD, EMAIL):
        expect(tab.main()).to_contain_text(words)
    expect_to_fit(tab)


def order(tab: Tab, next_edition: NextEdition) -> str:
    """Bought and paid for; its number."""
    tab.open(next_edition()["url"])
    tab.press("Add to basket")
    expect(tab.header_count()).to_be_visible()
    tab.open("/checkout/")
    expect_to_fit(tab)
    tab.fill(**{**ADDRESS, "name": WORD, "line1": WORD, "city": WORD})
    tab.page.get_by_label("Pretended payment").check()
    tab.press("Buy now")
    tab.wait_for("/orders/[^/]+/fake-payment/")
    tab.press("Pay")
    tab.wait_for("/orders/[^/]+/")
    return tab.path.split("/")[2]
