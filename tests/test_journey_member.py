"""Alice opens an account and orders; Carol at the shop sends the parcel; Bob sees nothing of it."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests import mailbox
from tests.browsing import Tab
from tests.conftest import NewTab, NextEdition
from tests.patience import eventually
from tests.purchases import ADDRESS, PASSWORD, add, check_out, order_number
from tests.shop import Shop
from tests.visitor import Visitor


def sign_up(shop: Shop, tab: Tab, email: str) -> None:
    """Until the address is confirmed."""
    tab.open("/account/signup/")
    tab.fill(email=email, password1=PASSWORD)
    tab.press("Create account")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
    mail = mailbox.wait_for(email, "", folder=shop.data_dir / "mail")
    tab.open(mailbox.link(mail, "/account/confirm-email/"))
    tab.press("Yes, confirm")
    tab.page.wait_for_url(re.compile("/account/$|/account/login/"))


def sign_in(tab: Tab, email: str, password: str = PASSWORD) -> None:
    """At the shop's own door."""
    tab.open("/account/login/")
    if tab.path == "/account/login/":
        tab.fill(login=email, password=password)
        tab.press("Sign in")
    tab.wait_for("/account/")


def sign_out(tab: Tab) -> None:
    """From the account."""
    tab.open("/account/")
    tab.press("Sign out")
    tab.wait_for("/")


def test_a_member_orders_and_the_parcel_is_sent(
    shop: Shop, new_tab: NewTab, staff: Visitor, next_edition: NextEdition
) -> None:
    edition = next_edition()
    before = staff.call("GET", f"stock/{edition['isbn13']}").json()
    alice, bob, carol = new_tab(), new_tab(), new_tab()
    sign_up(shop, alice, "alice.liddell@example.com")
    sign_in(alice, "alice.liddell@example.com")
    sign_out(alice)
    number = order_what_was_chosen_as_a_guest(alice, edition)

    sign_up(shop, bob, "bob@example.com")
    sign_in(bob, "bob@example.com")
    bob.expected.add(404)
    assert bob.open(f"/orders/{number}/") == 404
    bob.open("/account/orders/")
    expect(bob.main()).to_contain_text("You have not ordered anything yet.")

    send_the_parcel(shop, carol, number)
    alice.open(f"/orders/{number}/")
    expect(alice.main()).to_contain_text("Shipped")
    expect(alice.main()).to_contain_text("RR123456785GB")
    mailbox.wait_for("alice.liddell@example.com", number, folder=shop.data_dir / "mail")

    after = staff.call("GET", f"stock/{edition['isbn13']}").json()
    assert (after["on_hand"], after["allocated"]) == (before["on_hand"] - 1, before["allocated"])
    expect_stock_in_the_back_office(carol.page, shop, edition, after)
    assert shop.audit() == ""


def order_what_was_chosen_as_a_guest(tab: Tab, edition: dict[str, Any]) -> str:
    """The basket follows on sign-in; the number of the order."""
    tab.open(edition["url"])
    tab.press("Add to basket")
    expect(tab.header_count()).to_have_text(re.compile(r"^1\b"))
    sign_in(tab, "alice.liddell@example.com")
    expect(tab.header_count()).to_have_text(re.compile(r"^1\b"))
    tab.open("/basket/")
    expect(tab.main()).to_contain_text(edition["title"])
    tab.open("/checkout/")
    tab.fill(**ADDRESS)
    tab.page.get_by_label("At the shop or by bank transfer").check()
    tab.press("Buy now")
    tab.wait_for("/orders/[^/]+/")
    number = tab.path.split("/")[2]
    expect(tab.main()).to_contain_text("Awaiting payment")
    tab.open("/account/orders/")
    # By the keyboard: Playwright would aim at the hidden word before the number.
    tab.main().get_by_role("link", name=number).press("Enter")
    tab.wait_for(f"/orders/{number}/")
    return number


def send_the_parcel(shop: Shop, tab: Tab, number: str) -> None:
    """What a bookseller does with a bank statement and a parcel in hand."""
    email, password = shop.staff_login
    page = tab.page
    tab.open("/admin/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.locator("#content [href='/admin/orders/order/']").first.click()
    page.get_by_role("link", name=number).click()
    content = page.locator("#content")
    content.get_by_role("link", name="Mark as paid").click()
    content.get_by_role("button", name="Mark as paid").click()
    expect(page.get_by_text(f"Order {number} is paid.")).to_be_visible()
    content.get_by_role("button", name="Pack").click()
    expect(page.get_by_text(f"Order {number} is packed.")).to_be_visible()
    content.get_by_role("link", name="Ship this parcel").click()
    page.get_by_label("Carrier").fill("Royal Mail")
    page.get_by_label("Tracking number").fill("RR123456785GB")
    content.get_by_role("button", name="Ship this parcel").click()
    expect(page.get_by_text("The parcel is on its way.")).to_be_visible()
    expect(content.get_by_role("link", name="Ship")).to_have_count(0)


def expect_stock_in_the_back_office(
    page: Page, shop: Shop, edition: dict[str, Any], stock: dict[str, Any]
) -> None:
    """The page of the edition says what the API says."""
    page.goto(f"{shop.base_url}/admin/catalog/edition/?q={edition['isbn13']}")
    row = page.locator("#result_list tbody tr")
    expect(row).to_have_count(1)
    expect(row.locator(".field-available")).to_have_text(str(stock["available"]))


def test_stock_that_staff_counts_is_on_the_badge(
    shop: Shop, new_tab: NewTab, next_edition: NextEdition
) -> None:
    edition = next_edition()
    carol, anybody = new_tab(), new_tab()
    sign_in(carol, *shop.staff_login)
    page = carol.page
    carol.open(f"/admin/catalog/edition/?q={edition['isbn13']}")
    page.locator("#result_list").get_by_role("link", name=edition["isbn13"]).click()
    page.locator(".object-tools").get_by_role("link", name="Stock", exact=True).click()
    page.locator("#content").get_by_role("link", name="Count", exact=True).click()
    page.locator("[name=quantity]").fill("1")
    page.locator("[name=reason]").fill("Found one behind the shelf")
    page.locator("#content-main").get_by_role("button").first.click()
    expect(page.get_by_text("Found one behind the shelf")).to_be_visible()
    live = f"/live/stock?isbn13={edition['isbn13']}"
    anyone = Visitor(shop.base_url)
    eventually(lambda: anyone.get(live).json()["items"][0]["quantity"] == 1)
    anybody.open(edition["url"])
    expect(anybody.page.locator(f"#stock-{edition['isbn13']}")).to_have_text("Only 1 left")


def test_an_account_without_scripts(shop: Shop, new_tab: NewTab, next_edition: NextEdition) -> None:
    tab = new_tab(has_scripts=False)
    sign_up(shop, tab, "plain@example.com")
    sign_in(tab, "plain@example.com")
    tab.open(next_edition()["url"])
    tab.press("Add to basket")
    tab.wait_for("/basket/")
    tab.page.get_by_role("button", name="To the checkout").click()
    tab.fill(**ADDRESS)
    tab.press("Buy now")
    tab.page.wait_for_url(re.compile("/orders/"))
    number = tab.path.split("/")[2]
    tab.open("/account/")
    expect(tab.main()).to_contain_text(number)


def test_an_unpaid_order_is_canceled_by_its_customer(
    shop: Shop, new_tab: NewTab, staff: Visitor, next_edition: NextEdition
) -> None:
    edition = next_edition()
    before = staff.call("GET", f"stock/{edition['isbn13']}").json()
    guest = Visitor(shop.base_url)
    add(guest, edition)
    number = order_number(check_out(guest, "undecided@example.com", payment_method="offline"))
    mail = mailbox.wait_for("undecided@example.com", number, folder=shop.data_dir / "mail")
    tab = new_tab()
    tab.open(mailbox.link(mail, "/orders/"))
    tab.main().get_by_role("link", name="Cancel the order").click()
    tab.press("Cancel the order")
    expect(tab.main()).to_contain_text("Your order is canceled.")
    assert staff.call("GET", f"stock/{edition['isbn13']}").json() == before
