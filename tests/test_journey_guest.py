"""What somebody does who comes for the first time: finds a book, buys it, reads the e-mail."""

import re
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests import mailbox
from tests.browsing import DESK, PHONE, Tab
from tests.conftest import NewTab, NextEdition
from tests.patience import eventually
from tests.purchases import ADDRESS
from tests.shop import Shop
from tests.visitor import Visitor


def test_a_guest_finds_and_buys_a_book(
    shop: Shop, tab: Tab, new_tab: NewTab, staff: Visitor, next_edition: NextEdition
) -> None:
    edition = next_edition()
    staff.call("PUT", f"stock/{edition['isbn13']}", {"on_hand": 3})
    live = f"/live/stock?isbn13={edition['isbn13']}"
    eventually(lambda: staff.get(live).json()["items"][0]["quantity"] == 3)
    find_by_suggestions(tab, edition["title"])
    tab.open(edition["url"])
    badge = tab.page.locator(f"#stock-{edition['isbn13']}")
    expect(badge).to_have_text("Only 3 left")

    # The header counts without the page being loaded again.
    tab.page.evaluate("window.isStillHere = true")
    tab.press("Add to basket")
    expect(tab.header_count()).to_have_text(re.compile(r"^1\b"))
    expect(tab.page.locator("#announcement")).to_contain_text(edition["title"])
    tab.press("Add to basket")
    expect(tab.header_count()).to_have_text(re.compile(r"^2\b"))
    assert tab.page.evaluate("window.isStillHere") is True

    tab.page.locator("#visitor").get_by_role("link", name="Basket").click()
    tab.wait_for("/basket/")
    tab.page.get_by_label("Quantity of").fill("1")
    tab.press("Change")
    expect(tab.header_count()).to_have_text(re.compile(r"^1\b"))
    number = check_out(tab, "guest-in-a-browser@example.com", "Pretended payment")
    tab.wait_for(f"/orders/{number}/fake-payment/")
    tab.press("Pay")
    tab.wait_for(f"/orders/{number}/")
    expect(tab.main()).to_contain_text(edition["title"])
    expect(tab.main()).to_contain_text("Paid")
    expect(tab.header_count()).to_have_count(0)

    eventually(lambda: staff.get(live).json()["items"][0]["quantity"] == 2)
    tab.open(edition["url"])
    expect(badge).to_have_text("Only 2 left")
    link_in_the_mail_leads_to_the_order(shop, new_tab(), number, edition["title"])


def test_the_keyboard_stays_on_the_button_that_fills_the_basket(
    tab: Tab, next_edition: NextEdition
) -> None:
    tab.open(next_edition()["url"])
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    tab.page.route("**/basket/lines/", hold)
    button = tab.main().get_by_role("button", name="Add to basket")
    button.focus()
    for _press in range(3):
        tab.page.keyboard.press("Enter")
    expect(button).to_have_css("opacity", "0.6")
    assert len(asked) == 1
    asked[0].continue_()
    expect(tab.header_count()).to_have_text(re.compile(r"^1\b"))
    expect(button).to_have_css("opacity", "1")
    expect(button).to_be_focused()


@pytest.mark.parametrize("has_scripts", [True, False])
def test_no_key_loses_what_was_typed_into_the_basket(
    new_tab: NewTab, next_edition: NextEdition, has_scripts: bool
) -> None:
    tab = new_tab(has_scripts=has_scripts, viewport=PHONE)
    tab.expected.add(422)
    titles = [put_into_basket(tab, next_edition()) for _each in range(3)]
    first, second, third = (tab.main().get_by_label(f"of {title}") for title in titles)

    # Enter in the voucher's field is about the voucher, and saves a quantity, too.
    first.fill("2")
    tab.main().get_by_text("I have a voucher").click()
    tab.main().get_by_label("Voucher code").fill("NO-SUCH-CODE")
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("alert")).to_contain_text("We know no voucher of this code")
    expect(tab.main().get_by_label("Voucher code")).to_have_value("NO-SUCH-CODE")
    expect(first).to_have_value("2")
    tab.open("/basket/")
    expect(first).to_have_value("2")

    # Enter in a quantity's field does not press "Undo", and "Undo" keeps a quantity that was typed.
    first.fill("0")
    second.fill("0")
    tab.page.keyboard.press("Enter")
    expect(tab.main().get_by_label("Quantity of")).to_have_count(1)
    third.fill("3")
    tab.press("Undo")
    expect(first).to_have_value("2")
    expect(second).to_have_value("1")
    expect(third).to_have_value("3")
    tab.press(f"Remove {titles[0]}")
    expect(tab.main().get_by_text("is removed")).to_be_visible()
    third.fill("4")
    tab.page.keyboard.press("Enter")
    expect(tab.main().get_by_text("is removed")).to_have_count(0)
    expect(tab.main().get_by_label("Quantity of")).to_have_count(2)
    expect(third).to_have_value("4")


def put_into_basket(tab: Tab, edition: dict[str, Any]) -> str:
    """Put one in with the button on its page, and go to the basket; its title."""
    tab.open(edition["url"])
    tab.press("Add to basket")
    if tab.has_scripts:
        expect(tab.page.locator("#announcement")).to_contain_text("Added to your basket")
        tab.open("/basket/")
    return str(edition["title"])


def find_by_suggestions(tab: Tab, title: str) -> None:
    """With the keyboard alone, from the home page to the page of a book called so."""
    tab.open("/")
    tab.type_search(title[:12])
    option = tab.page.get_by_role("option").filter(has_text=title).first
    expect(option).to_be_visible()
    for _step in range(8):
        tab.page.keyboard.press("ArrowDown")
        if option.get_attribute("aria-selected") == "true":
            break
    tab.page.keyboard.press("Enter")
    tab.wait_for("/books/.*")
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text(title)


def check_out(tab: Tab, email: str, payment: str) -> str:
    """From the basket to the order; its number."""
    tab.page.get_by_role("button", name="To the checkout").click()
    tab.wait_for("/checkout/")
    tab.fill(email=email, **ADDRESS)
    tab.page.get_by_label(payment).check()
    tab.press("Buy now")
    tab.page.wait_for_url(re.compile("/orders/"))
    return tab.path.split("/")[2]


def link_in_the_mail_leads_to_the_order(shop: Shop, tab: Tab, number: str, title: str) -> None:
    """For somebody who has nothing but the e-mail."""
    folder = shop.data_dir / "mail"
    mail = mailbox.wait_for("guest-in-a-browser@example.com", number, folder=folder)
    assert title in mailbox.plain_text(mail)
    tab.open(mailbox.link(mail, "/orders/"))
    expect(tab.main()).to_contain_text(number)


@pytest.mark.parametrize("viewport", ["desk", "phone"])
def test_a_guest_buys_without_scripts(
    shop: Shop, new_tab: NewTab, next_edition: NextEdition, viewport: str
) -> None:
    edition = next_edition()
    tab = new_tab(has_scripts=False, viewport=PHONE if viewport == "phone" else DESK)
    tab.open("/")
    tab.page.get_by_role("searchbox", name="Search").fill(edition["isbn13"])
    tab.page.get_by_role("button", name="Search").click()
    tab.wait_for("/books/.*")
    assert tab.path == edition["url"]
    tab.press("Add to basket")
    tab.wait_for("/basket/")
    expect(tab.main()).to_contain_text(edition["title"])
    tab.page.get_by_label("Quantity of").fill("3")
    tab.press("Change")
    tab.wait_for("/basket/")
    expect(tab.page.get_by_label("Quantity of")).to_have_value("3")
    tab.page.get_by_label("Quantity of").fill("2")  # the way on saves it as well
    number = check_out(tab, f"no-scripts-{viewport}@example.com", "Pretended payment")
    tab.wait_for(f"/orders/{number}/fake-payment/")
    tab.press("Pay")
    tab.wait_for(f"/orders/{number}/")
    expect(tab.main()).to_contain_text("Paid")
    expect(tab.main()).to_contain_text("2 ×")


def test_mistakes_in_the_checkout_are_named(tab: Tab, next_edition: NextEdition) -> None:
    tab.open(next_edition()["url"])
    tab.press("Add to basket")
    expect(tab.header_count()).to_be_visible()
    tab.open("/checkout/")
    tab.fill(email="guest@", line1="Christ Church")
    tab.expected.add(422)
    tab.press("Buy now")
    summary = tab.page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("Please enter the city.")
    summary.get_by_role("link", name="Please enter the city.").click()
    expect(tab.page.get_by_label("City")).to_be_focused()
    expect(tab.page.locator("[name=line1]")).to_have_value("Christ Church")


def test_the_last_copy_goes_to_the_quicker_one(
    new_tab: NewTab, staff: Visitor, next_edition: NextEdition
) -> None:
    edition = next_edition()
    staff.call("PUT", f"stock/{edition['isbn13']}", {"on_hand": 1})
    quick, slow = new_tab(), new_tab()
    for each in (quick, slow):
        each.open(edition["url"])
        each.press("Add to basket")
        expect(each.header_count()).to_be_visible()
        each.open("/checkout/")
        each.fill(email="quick-or-slow@example.com", **ADDRESS)
    quick.press("Buy now")
    quick.wait_for("/orders/.*")
    slow.expected.add(409)
    slow.press("Buy now")
    expect(slow.main()).to_contain_text("is sold out.")
    slow.press("Remove it")
    expect(slow.main()).to_contain_text("Your basket is empty")
