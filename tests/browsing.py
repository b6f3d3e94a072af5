"""A visitor's browser: chromium from the machine, and everything that it complains about."""

import contextlib
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    Response,
    ViewportSize,
    expect,
    sync_playwright,
)

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 60_000  # a busy machine takes its time
CALM_MS = 100  # without a request; Playwright's own "networkidle" takes five times as long

PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1280, height=900)
NARROWEST = ViewportSize(width=320, height=640)


class NoBrowser(RuntimeError):
    """There is no chromium on this machine."""


@contextlib.contextmanager
def started() -> Iterator[Browser]:
    """Run the machine's chromium. Raises NoBrowser."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise NoBrowser("no chromium on this machine: `apt-get install chromium`.")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


STICKING_OUT = """() => [...document.querySelectorAll('body *')]
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 5).map(each => each.outerHTML.slice(0, 150))"""
NOT_THE_SHOPS_FAULT = {
    "net::ERR_ABORTED",  # leaving a page stops what it was still asking for
    "net::ERR_NETWORK_CHANGED",  # this machine got or lost a network: a container came or went
}


@dataclass
class Tab:
    """One visitor's window, with cookies of its own."""

    page: Page
    base_url: str
    has_scripts: bool = True
    complaints: list[str] = field(default_factory=list)
    """What went wrong in the page without anybody seeing it."""
    expected: set[int] = field(default_factory=set)
    """Statuses from 400 on that the test asks for."""
    _asked: set[Request] = field(default_factory=set)
    """What the page waits for."""
    _calm_since: float = 0.0

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", self._on_error)
        self.page.on("requestfailed", self._on_failure)
        self.page.on("response", self._on_response)
        self.page.on("request", self._on_request)
        self.page.on("requestfinished", self._on_end)
        self.page.on("requestfailed", self._on_end)

    def _on_console(self, message: ConsoleMessage) -> None:
        is_loading = message.text.startswith("Failed to load resource")  # known from the response
        # htmx tells of every status from 400 on, of those that are expected too.
        is_status = "Response Status Error Code" in message.text and bool(self.expected)
        if message.type in ("error", "warning") and not is_loading and not is_status:
            self.complaints.append(f"{message.type}: {message.text} ({self.page.url})")

    def _on_error(self, error: Error) -> None:
        self.complaints.append(f"exception: {error} ({self.page.url})")

    def _on_failure(self, request: Request) -> None:
        if request.failure not in NOT_THE_SHOPS_FAULT:
            self.complaints.append(f"{request.failure}: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"{response.status}: {response.request.method} {response.url}")

    def _on_request(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self.page.main_frame:
            self._asked.clear()  # what the page before waited for does not come any more
        self._asked.add(request)

    def _on_end(self, request: Request) -> None:
        self._asked.discard(request)
        self._calm_since = time.monotonic()

    def settle(self) -> None:
        """Wait until the page is there, with what its scripts ask for."""
        self.page.wait_for_load_state("load")
        self._calm_since = time.monotonic()
        deadline = self._calm_since + PATIENCE_MS / 1000
        while self._asked or time.monotonic() < self._calm_since + CALM_MS / 1000:
            assert time.monotonic() < deadline, [request.url for request in self._asked]
            self.page.wait_for_timeout(CALM_MS / 4)

    def open(self, path: str) -> int:
        """Go to a page; its status."""
        response = self.page.goto(self.base_url + path)
        assert response is not None
        return response.status

    @property
    def path(self) -> str:
        """Where the tab is."""
        return urlsplit(self.page.url).path

    def wait_for(self, path: str) -> None:
        """Wait until the tab has gone on to `path`, a regular expression."""
        pattern = re.compile(re.escape(self.base_url) + path + r"(\?.*)?$")
        self.page.wait_for_url(pattern, wait_until="load")

    def fill(self, **values: str) -> None:
        """Write into fields, by their names."""
        for name, value in values.items():
            place = self.page.locator(f"main [name={name}]")
            if place.evaluate("each => each.tagName") == "SELECT":
                place.select_option(value)
            else:
                place.fill(value)

    def press(self, name: str) -> None:
        """Press the button in the page's content that is called so."""
        self.page.locator("main").get_by_role("button", name=name).click()

    def type_search(self, text: str) -> Locator:
        """Type into the search, letter by letter; what is suggested for all of it is there then.

        Each answer on the way takes the list's place, and with it what was chosen there. Nothing
        is suggested where Redis takes too long, as it may on a busy machine: so it is typed again.
        """
        field = self.page.get_by_role("combobox", name="Search")

        def is_for_all_of_it(response: Response) -> bool:
            address = urlsplit(response.url)
            asked = parse_qs(address.query).get("q", [])
            return address.path == "/live/suggest" and asked == [text]

        for _time in range(5):
            field.fill("")
            self.settle()
            with self.page.expect_response(is_for_all_of_it):
                field.press_sequentially(text, delay=20)
            self.settle()
            if self.page.get_by_role("option").count():
                break
        return field

    def sticking_out(self, viewport: ViewportSize) -> list[str]:
        """What makes the page wider than such a window, and how wide; nothing, if it fits."""
        self.page.set_viewport_size(viewport)
        width: int = self.page.evaluate("document.documentElement.scrollWidth")
        if width <= viewport["width"]:
            return []
        return [f"{width} px", *self.page.evaluate(STICKING_OUT)]

    def main(self) -> Locator:
        """The page's content."""
        return self.page.locator("main")

    def header_count(self) -> Locator:
        """The number beside the basket."""
        return self.page.locator("#visitor .visitor-count")
