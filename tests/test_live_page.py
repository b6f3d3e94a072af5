"""A book's page that stays open, and the books that were looked at before."""

from playwright.sync_api import Page, expect

from tests.browsing import PHONE, Tab
from tests.conftest import NextEdition
from tests.patience import eventually
from tests.visitor import Visitor

A_WHILE_MS = 20_000  # longer than a page waits until it asks again


def set_stock(staff: Visitor, isbn13: str, copies: int) -> None:
    staff.call("PUT", f"stock/{isbn13}", {"on_hand": copies})
    live = f"/live/stock?isbn13={isbn13}"
    eventually(lambda: staff.get(live).json()["items"][0]["quantity"] == copies)


def asked_again(page: Page) -> int:
    """What the page is answered that asks again after a while."""
    with page.expect_response(lambda response: "&seen=" in response.url) as got:
        page.clock.fast_forward(A_WHILE_MS)
    return got.value.status


def test_an_open_page_shows_new_stock_and_books_are_remembered_by_the_browser(
    tab: Tab, staff: Visitor, next_edition: NextEdition
) -> None:
    page, first, second = tab.page, next_edition(), next_edition()
    page.set_viewport_size(PHONE)
    page.clock.install()
    set_stock(staff, first["isbn13"], 3)
    tab.open(first["url"])
    badge = page.locator(f"#stock-{first['isbn13']}")
    expect(badge).to_have_text("Only 3 left")
    recent = page.locator("#recently-viewed")
    expect(recent).to_be_hidden()

    assert asked_again(page) == 204
    set_stock(staff, first["isbn13"], 1)
    eventually(lambda: asked_again(page) == 200)  # nginx has the answer until the second ends
    expect(badge).to_have_text("Only 1 left")

    tab.open(second["url"])
    link = recent.get_by_role("link", name=first["title"])
    expect(link).to_be_visible()
    expect(recent.get_by_role("link")).to_have_count(1)
    tab.open("/")
    expect(recent.get_by_role("link")).to_have_count(2)
    forget = recent.get_by_role("button", name="Forget these")
    forget.focus()
    page.keyboard.press("Enter")
    expect(recent).to_be_hidden()
    assert page.evaluate("localStorage.getItem('viewed')") is None
    assert page.evaluate("document.activeElement.id") == "content"
