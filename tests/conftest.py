"""Fixtures of the tests that need the whole shop, running."""

import datetime
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from bookstore.serving import nginx
from tests import browsing
from tests.browsing import Tab
from tests.pages import public_pages
from tests.shop import Shop, opened
from tests.visitor import Visitor

WHOLE_SHOPS = ("shop", "unsplit_shop")
NOT_TESTED = "NOT TESTED: "

REFUSALS = re.compile(
    r"^django\.core\.exceptions\."
    r"(BadRequest|PermissionDenied|RequestDataTooBig|TooManyFieldsSent)\b",
    re.MULTILINE,
)
"""What Django tells of with a traceback although nothing has failed."""

ONE_SETUP = {
    "bookstore/tests/test_grant_reader.py",
    "bookstore/tests/test_nginx.py",
    "bookstore/tests/test_nginx_cache.py",
    "bookstore/tests/test_nginx_queries.py",
    "catalog/tests/test_samples.py",
}
"""Modules whose tests have something in common that takes seconds to set up."""

NextEdition = Callable[[], dict[str, Any]]
NewTab = Callable[..., Tab]


class OneShop(LoadScopeScheduling):  # type: ignore[misc]  # xdist carries no types
    """Has one process of a run do all tests of this folder, for they share a shop; others singly.

    pytest-xdist's own groups are lost on pytest 9.2 (pytest-xdist#1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/"):
            return "tests"
        module = nodeid.partition("::")[0]
        return module if module in ONE_SETUP else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneShop | None:
    """Share the tests out."""
    return None if config.getoption("dist") == "each" else OneShop(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a running shop."""
    for item in items:
        if any(name in getattr(item, "fixturenames", ()) for name in WHOLE_SHOPS):
            item.add_marker(pytest.mark.journey)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Leave no doubt about what this machine could not test."""
    for why in {
        str(report.longrepr[2])
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and NOT_TESTED in report.longrepr[2]
    }:
        terminalreporter.write_line(why, red=True, bold=True)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop in three roles behind nginx, with the sample books, for all journeys together."""
    try:
        nginx.find()
    except nginx.NginxMissing as error:
        pytest.skip(f"{NOT_TESTED}{error}")
    data_dir = tmp_path_factory.mktemp("shop")
    with opened(data_dir, "--split") as running:
        yield running
    shutil.rmtree(data_dir)


@pytest.fixture(scope="module")
def unsplit_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop in one process, without nginx."""
    data_dir = tmp_path_factory.mktemp("unsplit")
    with opened(data_dir) as running:
        yield running
    shutil.rmtree(data_dir)


@pytest.fixture(autouse=True)
def no_tracebacks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing that a visitor does makes the shop fail; drills, which break it, are exempt."""
    name = next((each for each in WHOLE_SHOPS if each in request.fixturenames), None)
    if name is None or request.node.get_closest_marker("drill"):
        yield
        return
    log: Path = request.getfixturevalue(name).log
    before = log.stat().st_size
    yield
    said = log.read_bytes()[before:].decode()
    failures = said.count("Traceback") - said.count("handling of the above exception")
    failures -= said.count("above exception was the direct cause")
    assert failures == len(REFUSALS.findall(said)), said


@pytest.fixture
def visitor(shop: Shop) -> Visitor:
    """Somebody who comes for the first time."""
    return Visitor(shop.base_url)


@pytest.fixture(scope="session")
def staff(shop: Shop) -> Visitor:
    """A program of the staff, with a token."""
    return Visitor(shop.base_url, token=shop.staff_token())


@pytest.fixture(scope="session")
def pages(shop: Shop) -> dict[str, str]:
    """One public page of every kind, by name."""
    return public_pages(Visitor(shop.base_url))


@pytest.fixture(scope="session")
def next_edition(shop: Shop) -> NextEdition:
    """Gives a paperback that no other test touches, as the API describes it; plenty in stock."""
    supply = _paperbacks(Visitor(shop.base_url))
    return lambda: next(supply)


def is_plenty(edition: dict[str, Any]) -> bool:
    """Whether it is out, for sale, and on the shelf several times."""
    is_out = edition["publication_date"] <= datetime.date.today().isoformat()  # noqa: DTZ011
    return is_out and edition["price"] is not None and (edition["available"] or 0) >= 5


def _paperbacks(client: Visitor) -> Iterator[dict[str, Any]]:
    cursor = ""
    while cursor is not None:
        part = client.call("GET", f"editions?cursor={cursor}").json()
        for edition in part["items"]:
            if edition["format"] == "paperback" and is_plenty(edition):
                yield edition
        cursor = part["next"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. For a module only: while it runs, Django takes its thread for an async one."""
    try:
        with browsing.started() as browser:
            yield browser
    except browsing.NoBrowser as error:
        pytest.skip(f"{NOT_TESTED}{error}")


@pytest.fixture
def new_tab(shop: Shop, browser: Browser) -> Iterator[NewTab]:
    """Opens windows for people who do not know each other; nothing may go wrong in any."""
    tabs: list[Tab] = []

    def new(*, has_scripts: bool = True, viewport: ViewportSize = browsing.DESK) -> Tab:
        context = browser.new_context(
            java_script_enabled=has_scripts,
            viewport=viewport,
            reduced_motion="reduce",
            locale="en-US",
        )
        tabs.append(Tab(context.new_page(), shop.base_url, has_scripts))
        return tabs[-1]

    yield new
    for tab in tabs:
        tab.page.context.close()
    assert [complaint for tab in tabs for complaint in tab.complaints] == []


@pytest.fixture
def tab(new_tab: NewTab) -> Tab:
    """The window of somebody who comes for the first time."""
    return new_tab()
