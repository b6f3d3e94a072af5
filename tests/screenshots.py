"""Takes pictures of every page, to look at: `python -m tests.screenshots URL FOLDER`.

The shop at URL must be one under development (`make run`): an order is placed in it.
"""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser

from tests import browsing
from tests.browsing import Tab
from tests.pages import public_pages
from tests.purchases import add, check_out
from tests.visitor import Visitor

LOOKS = tuple(
    itertools.product((("phone", browsing.PHONE), ("desk", browsing.DESK)), ("light", "dark"))
)
DOORS = {
    "login": "/account/login/",
    "signup": "/account/signup/",
    "password reset": "/account/password/reset/",
    "admin login": "/admin/login/",
    "missing page": "/no/such/page/",
}


def shoot(tab: Tab, name: str, folder: Path) -> None:
    """The open page in every look."""
    page = tab.page
    page.wait_for_load_state("networkidle")
    for (screen, viewport), scheme in LOOKS:
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.evaluate("document.getAnimations().forEach(each => each.finish())")
        page.evaluate("document.querySelectorAll('img').forEach(each => each.loading = 'eager')")
        page.wait_for_load_state("networkidle")
        file = folder / f"{name.replace(' ', '-')}.{screen}.{scheme}.png"
        page.screenshot(path=file, full_page=True)


def pages_of_a_guest(base_url: str) -> Iterator[tuple[str, str]]:
    """Every page that opens without signing in; an order's with its token."""
    guest = Visitor(base_url)
    yield from public_pages(guest).items()
    yield from DOORS.items()
    edition = guest.call("GET", "editions").json()["items"][0]
    add(guest, edition)
    sent = check_out(guest, "pictures@example.com", payment_method="fake")
    yield "payment", sent.location
    yield "order", sent.location.replace("fake-payment/", "")


def pages_with_a_basket(tab: Tab, folder: Path) -> None:
    """What cannot be opened by an address alone."""
    tab.open("/basket/")
    shoot(tab, "empty basket", folder)
    edition = Visitor(tab.base_url).call("GET", "editions").json()["items"][0]
    tab.open(edition["url"])
    tab.press("Add to basket")
    tab.page.locator("#announcement > *").first.wait_for()
    shoot(tab, "added", folder)
    tab.open("/basket/")
    shoot(tab, "basket", folder)
    tab.open("/checkout/")
    shoot(tab, "checkout", folder)
    tab.press("Buy now")
    tab.page.get_by_role("alert").wait_for()
    shoot(tab, "checkout with errors", folder)


def new_tab(browser: Browser, base_url: str) -> Tab:
    """A window without history."""
    context = browser.new_context(viewport=browsing.DESK, reduced_motion="reduce")
    return Tab(context.new_page(), base_url)


def main(base_url: str, folder: Path) -> None:
    """Fill the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with browsing.started() as browser:
        tab = new_tab(browser, base_url)
        for name, path in pages_of_a_guest(base_url):
            tab.open(path)
            shoot(tab, name, folder)
        pages_with_a_basket(new_tab(browser, base_url), folder)
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), Path(sys.argv[2]))
