"""Paying by card in a browser. Stripe's own script is out of reach: the page is given a stand-in of
it, which does as the page's calls ask; the payment itself is made at localstripe.
"""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Route, expect
from pytest_django.live_server_helper import LiveServer

from orders.models import Order
from orders.tests.factories import make_order
from tests import browsing
from tests.browsing import Tab
from tests.conftest import NOT_TESTED
from tests.localstripe import Provider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.journey]
# Not among the other journeys: it empties the tables, which they share.

STAND_IN = """
let presses = 0;
window.Stripe = (key) => ({
  elements: ({ clientSecret, locale }) => ({
    create: (kind) => {
      const handlers = {};
      return {
        on: (name, handler) => { handlers[name] = handler; },
        mount: (place) => {
          document.querySelector(place).textContent = [kind, key, clientSecret, locale].join(" ");
          handlers.ready();
        },
      };
    },
  }),
  confirmPayment: async ({ confirmParams }) => {
    presses += 1;
    if (presses === 1) return { error: { message: "Your card was declined." } };
    location.assign(`${confirmParams.return_url}?redirect_status=succeeded`);
    return {};
  },
});
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    try:
        with browsing.started() as browser:
            yield browser
    except browsing.NoBrowser as error:
        pytest.skip(f"{NOT_TESTED}{error}")


@pytest.fixture(autouse=True, scope="module")
def database_beside_a_browser() -> Iterator[None]:
    """While the browser runs, Django takes this thread for an async one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture
def order(provider: Provider) -> Order:
    """24.48 to be paid by card."""
    return make_order(payment_method="stripe", placed_at=timezone.now())


@pytest.fixture
def tab(live_server: LiveServer, browser: Browser, order: Order) -> Iterator[Tab]:
    """The window of whose order it is."""
    context = browser.new_context(viewport=browsing.DESK, locale="en-US", reduced_motion="reduce")
    tab = Tab(context.new_page(), live_server.url)
    yield tab
    tab.settle()  # what it asks for still must not meet the end of the test, which empties tables
    context.close()


def give(tab: Tab, script: str) -> None:
    """Have the provider's script be this one."""

    def answer(route: Route) -> None:
        route.fulfill(body=script, content_type="text/javascript")

    tab.page.route("https://js.stripe.com/**", answer)


def open_form(tab: Tab, order: Order) -> None:
    tab.open(order.get_guest_url())
    tab.page.get_by_role("link", name="Pay $24.48 now").click()
    tab.wait_for(f"/orders/{order.number}/pay/")


def test_a_card_that_is_declined_and_one_that_is_good(
    tab: Tab, order: Order, provider: Provider
) -> None:
    give(tab, STAND_IN)
    open_form(tab, order)
    attempt = order.payment_attempts.get()
    form = tab.page.locator("#payment-element")
    expect(form).to_contain_text(f"payment pk_test_bookstore {attempt.provider_id}_secret_")
    tab.press("Pay $24.48")
    alert = tab.page.get_by_role("alert")
    expect(alert).to_have_text("Your card was declined.")
    expect(alert).to_be_focused()
    provider.pay(attempt.provider_id)
    tab.press("Pay $24.48")
    tab.wait_for(f"/orders/{order.number}/")
    expect(tab.main()).to_contain_text("Thank you: your payment is in.")
    order.refresh_from_db()
    assert order.status == "paid"
    assert tab.complaints == []


def test_a_form_that_does_not_come_is_said_so(tab: Tab, order: Order) -> None:
    give(tab, "")
    open_form(tab, order)
    expect(tab.page.get_by_role("alert")).to_contain_text("The payment form could not be loaded.")
    expect(tab.page.locator("#payment")).to_be_hidden()
    tab.page.get_by_role("link", name="Pay another way").click()
    tab.page.get_by_label("At the shop or by bank transfer").check()
    tab.press("Go on")
    tab.wait_for(f"/orders/{order.number}/")
    expect(tab.main()).to_contain_text("Please pay at the shop, or transfer the amount.")
    assert tab.complaints == []


def test_without_scripts_the_page_says_so_and_offers_another_way(
    live_server: LiveServer, browser: Browser, order: Order
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=browsing.PHONE)
    tab = Tab(context.new_page(), live_server.url, has_scripts=False)
    open_form(tab, order)
    # Playwright's own texts leave <noscript> out.
    expect(tab.page.locator("noscript .message")).to_be_visible()
    expect(tab.page.locator("#payment")).to_be_hidden()
    expect(tab.page.get_by_role("link", name="Pay another way")).to_be_visible()
    context.close()
