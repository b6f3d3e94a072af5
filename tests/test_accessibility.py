"""Every page for everyone: axe's rules, light and dark, on a phone and a desk, down to 320 px."""

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.browsing import DESK, NARROWEST, PHONE, Tab
from tests.conftest import NextEdition
from tests.pages import FIXED, FOUND
from tests.purchases import ADDRESS, add, check_out, order_number
from tests.shop import Shop
from tests.visitor import Visitor

GRAVE = {"serious", "critical"}
# Django's tables scroll on a phone, where chromium and Firefox let the keyboard into them; axe does
# not know that yet.
NOT_IN_DJANGOS_TABLES = {"scrollable-region-focusable": {"enabled": False}}


def findings(page: Page, where: str, **options: object) -> list[str]:
    """What axe holds against the page as it is shown now."""
    page.evaluate("document.getAnimations().forEach(each => each.finish())")  # colors that fade
    result: dict[str, Any] = page.evaluate(
        "options => axe.run(document, {resultTypes: ['violations'], ...options})", options
    )
    return [
        f"{where}: {violation['id']} ({violation['impact']}): {node['target']} {node['html'][:120]}"
        for violation in result["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


def inspect(tab: Tab, *, is_ours: bool = True) -> None:
    """Look at the open page in every way."""
    page, found = tab.page, []
    tab.settle()
    assert tab.complaints == []
    page.evaluate(AXE_SCRIPT)
    for name, viewport in (("phone", PHONE), ("desk", DESK)):
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme="light")
        found += findings(page, f"{name}, light", rules={} if is_ours else NOT_IN_DJANGOS_TABLES)
        page.emulate_media(color_scheme="dark")
        found += findings(page, f"{name}, dark", runOnly=["color-contrast"])
    assert found == [], "\n".join(found)
    tab.complaints.clear()  # axe makes copies of elements, with styles that the policy forbids
    if is_ours:
        assert tab.sticking_out(NARROWEST) == []


# --- Pages for everyone -------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*FIXED, *FOUND])
def test_public_page(tab: Tab, pages: dict[str, str], name: str) -> None:
    assert tab.open(pages[name]) == 200
    inspect(tab)


@pytest.mark.parametrize(
    ("path", "status"), [("/no/such/page/", 404), ("/search/?sort=random", 400)]
)
def test_page_of_an_error(tab: Tab, path: str, status: int) -> None:
    tab.expected.add(status)
    assert tab.open(path) == status
    inspect(tab)


def test_search_with_open_suggestions(tab: Tab) -> None:
    tab.open("/")
    tab.type_search("holm")
    expect(tab.page.get_by_role("option").first).to_be_visible()
    inspect(tab)


# --- Buying -------------------------------------------------------------------------------------


def fill_basket(tab: Tab, next_edition: NextEdition) -> None:
    tab.open(next_edition()["url"])
    tab.press("Add to basket")
    expect(tab.header_count()).to_be_visible()


def test_announcement(tab: Tab, next_edition: NextEdition) -> None:
    fill_basket(tab, next_edition)
    expect(tab.page.locator("#announcement")).to_contain_text("Added to your basket")
    inspect(tab)


def test_basket(tab: Tab, next_edition: NextEdition) -> None:
    tab.open("/basket/")
    inspect(tab)
    fill_basket(tab, next_edition)
    tab.open("/basket/")
    inspect(tab)
    tab.press("Remove")
    expect(tab.main()).to_contain_text("Your basket is empty")
    inspect(tab)


def test_checkout_and_order(tab: Tab, next_edition: NextEdition) -> None:
    tab.open("/checkout/")
    inspect(tab)
    fill_basket(tab, next_edition)
    tab.open("/checkout/")
    inspect(tab)
    tab.expected.add(422)
    tab.fill(email="nobody@")
    tab.press("Buy now")
    expect(tab.page.get_by_role("alert")).to_be_visible()
    inspect(tab)
    tab.fill(email="axe@example.com", **ADDRESS)
    tab.press("Buy now")
    tab.wait_for("/orders/[^/]+/fake-payment/")
    inspect(tab)
    tab.press("Decline")
    tab.wait_for("/orders/[^/]+/")
    inspect(tab)


# --- Accounts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["login/", "signup/", "password/reset/", "confirm-email/"])
def test_door(tab: Tab, path: str) -> None:
    tab.open(f"/account/{path}")
    inspect(tab)


def test_sign_in_with_errors(tab: Tab) -> None:
    tab.open("/account/login/")
    tab.fill(login="nobody@example.com", password="not mine")
    tab.press("Sign in")
    expect(tab.main()).to_contain_text("do not match")
    inspect(tab)


def sign_in(shop: Shop, tab: Tab) -> None:
    email, password = shop.staff_login
    tab.open("/account/login/")
    tab.fill(login=email, password=password)
    tab.press("Sign in")
    tab.wait_for("/account/")


def test_account(shop: Shop, tab: Tab, next_edition: NextEdition) -> None:
    sign_in(shop, tab)
    fill_basket(tab, next_edition)
    tab.open("/checkout/")
    tab.fill(**ADDRESS)
    tab.page.get_by_label("Keep this address").check()
    tab.page.get_by_label("At the shop or by bank transfer").check()
    tab.press("Buy now")
    tab.wait_for("/orders/[^/]+/")
    inspect(tab)
    for path in (
        "", "orders/", "name/", "addresses/", "addresses/new/", "email/", "password/change/",
        "logout/",
    ):  # fmt: skip
        tab.open(f"/account/{path}")
        inspect(tab)


# --- The back office ----------------------------------------------------------------------------


def test_back_office(shop: Shop, tab: Tab, next_edition: NextEdition) -> None:
    tab.open("/admin/login/")
    inspect(tab, is_ours=False)
    sign_in(shop, tab)
    edition = next_edition()
    guest = Visitor(shop.base_url)
    add(guest, edition)
    order_number(check_out(guest, "axe@example.com", payment_method="offline"))
    for path, opens in (
        ("", ""),
        ("orders/order/", "#result_list tbody th a"),
        (f"catalog/edition/?q={edition['isbn13']}", "#result_list tbody th a"),
        ("catalog/work/", ""),
        ("catalog/supplier/add/", ""),
        ("catalog/importrun/add/", ""),
        ("catalog/uploadedlist/add/", ""),
        ("catalog/subject/", ""),
    ):
        tab.open(f"/admin/{path}")
        inspect(tab, is_ours=False)
        if opens:
            with tab.page.expect_navigation():
                tab.page.locator(opens).first.click()
            inspect(tab, is_ours=False)


# --- The keyboard -------------------------------------------------------------------------------


def test_the_first_stop_leads_to_the_content(tab: Tab) -> None:
    tab.open("/")
    tab.page.keyboard.press("Tab")
    skip = tab.page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    tab.page.keyboard.press("Enter")
    expect(tab.main()).to_be_focused()


@pytest.mark.parametrize("kind", ["home", "books", "search by filters"])
def test_focus_is_visible_at_every_stop(tab: Tab, pages: dict[str, str], kind: str) -> None:
    tab.open(pages[kind])
    tab.settle()
    stops = 0
    for _press in range(25):
        tab.page.keyboard.press("Tab")
        assert tab.page.evaluate(FOCUS_IS_VISIBLE), tab.page.evaluate(FOCUSED)
        stops += tab.page.evaluate("document.activeElement !== document.body")
    assert stops > 15


FOCUSED = "document.activeElement.outerHTML.slice(0, 200)"
FOCUS_IS_VISIBLE = """() => {
    // A card shows the focus of the link in it.
    for (let each = document.activeElement; each !== document.body; each = each.parentElement) {
        const style = getComputedStyle(each);
        if (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) return true;
    }
    return document.activeElement === document.body;  // past the last stop
}"""


def test_the_list_of_suggestions(tab: Tab) -> None:
    tab.open("/")
    page = tab.page
    field = page.get_by_role("combobox", name="Search")
    expect(field).to_have_attribute("aria-expanded", "false")
    tab.type_search("austen")
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", "suggestion-1")
    page.keyboard.press("ArrowUp")
    expect(options.first).to_have_attribute("aria-selected", "false")
    page.keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("austen")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    tab.wait_for("/search/")
    assert page.url.endswith("?q=austen")
