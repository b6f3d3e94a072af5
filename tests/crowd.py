"""Many visitors at once, each of whom looks closely at what comes back."""

import contextlib
import http.client
import itertools
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from tests.comers import at_work
from tests.patience import PATIENCE_SECONDS
from tests.purchases import add, make_basket, order_body, send_order
from tests.visitor import NO_HEADERS, Answer, Headers, Visitor

THINKING_SECONDS = 0.02
DEEDS = 7
Edition = Mapping[str, Any]
Deed = Callable[["Watched", Edition], None]


class Disappointed(Exception):
    """A visitor got something else than what was asked for."""


def expect(is_right: bool, answer: Answer) -> None:
    """Be disappointed unless it is right."""
    if not is_right:
        raise Disappointed(f"{answer.status} {answer.path}: {answer.body[:200]!r}")


def look(ask: Callable[[], Answer], is_right: Callable[[Any], bool]) -> None:
    """Be disappointed unless a live answer comes each time, and is right before long.

    Where Redis takes too long, the shop says at once that it does not know, and asks it again a
    second later. On a machine as busy as this one it may take too long again.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = ask()
        expect(answer.status == 200, answer)
        if is_right(answer.json()):
            return
        expect(time.monotonic() < deadline, answer)
        time.sleep(0.2)


class Watched(Visitor):
    """A visitor whose requests are timed."""

    def __init__(self, base_url: str, times: list[float]) -> None:
        super().__init__(base_url)
        self._times = times
        self.number = uuid.uuid4().hex
        """Unlike anybody else's; in an address it goes past every cache."""

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Headers = NO_HEADERS
    ) -> Answer:
        started_at = time.perf_counter()
        answer = super().send(method, path, body, headers)
        self._times.append(time.perf_counter() - started_at)
        return answer


class Crowd:
    """Readers, people with baskets and programs that order, until the block ends."""

    def __init__(self, base_url: str, editions: Sequence[Edition]) -> None:
        self.base_url, self._editions = base_url, editions
        self.times: dict[str, list[float]] = defaultdict(list)
        self.faults: list[str] = []
        self.orders: list[str] = []
        self.seconds = 0.0
        self.email = f"crowd-{uuid.uuid4().hex}@example.com"

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Keep coming while the block runs; all have left at its end."""
        readers = (home, book, search, suggestions, badge)
        groups: Sequence[Sequence[Deed]] = (readers, readers, (basket,), (self.order,))
        started_at = time.monotonic()
        with at_work(partial(self._come, groups), number=len(groups)):
            yield
        self.seconds = time.monotonic() - started_at

    def _come(
        self, groups: Sequence[Sequence[Deed]], place: int, has_to_go: threading.Event
    ) -> None:
        deeds = groups[place]
        editions = itertools.cycle([*self._editions[place:], *self._editions[:place]])
        for deed in itertools.cycle(deeds):
            name = deed.__name__
            try:
                deed(Watched(self.base_url, self.times[name]), next(editions))
            except (Disappointed, AssertionError, OSError, http.client.HTTPException) as fault:
                self.faults.append(f"after {len(self.times[name])}: {name}: {fault!r}")
            if has_to_go.wait(THINKING_SECONDS):
                return

    def order(self, program: Watched, edition: Edition) -> None:
        """Order over the API, and once more with the same key, as after a lost answer."""
        body = order_body(make_basket(program, (edition["isbn13"], 1)), email=self.email)
        first = send_order(program, body, key=program.number)
        expect(first.status == 201, first)
        placed = first.json()
        self.orders.append(placed["number"])
        again = send_order(program, body, key=program.number)
        expect(again.status == 201 and again.json()["number"] == placed["number"], again)
        seen = program.call("GET", f"orders/{placed['number']}?token={placed['token']}")
        expect(seen.status == 200 and seen.json()["status"] == "awaiting_payment", seen)

    def has_done_everything(self) -> bool:
        """Whether each of the seven deeds has had an answer."""
        return len(self.times) == DEEDS and all(list(self.times.values()))

    def report(self) -> str:
        """What came of it, in a table."""
        total = sum(len(times) for times in self.times.values())
        lines = [
            f"{total} requests in {self.seconds:.0f} s, {len(self.faults)} failed;"
            f" {len(self.orders)} orders",
            f"{'':14}{'requests':>9}{'median':>9}{'slowest':>9}",
        ]
        for name, times in self.times.items():
            ordered = sorted(times)
            middle, last = ordered[len(ordered) // 2], ordered[-1]
            lines.append(f"{name:14}{len(times):9}{middle * 1000:6.0f} ms{last * 1000:6.0f} ms")
        return "\n".join(lines)


def home(reader: Watched, edition: Edition) -> None:
    """The first page."""
    page = reader.get(f"/?visit={reader.number}")
    expect(page.status == 200 and page.body.rstrip().endswith(b"</html>"), page)


def book(reader: Watched, edition: Edition) -> None:
    """The page of a book."""
    page = reader.get(f"{edition['url']}?visit={reader.number}")
    expect(page.status == 200 and edition["title"] in page.text, page)


def search(reader: Watched, edition: Edition) -> None:
    """A book by its number."""
    page = reader.get(f"/search/?q={edition['isbn13']}&visit={reader.number}")
    expect(page.status in (200, 302), page)
    page = reader.follow(page)
    expect(page.status == 200 and edition["title"] in page.text, page)


def suggestions(reader: Watched, edition: Edition) -> None:
    """What the first letters may mean."""
    look(lambda: reader.get("/live/suggest?q=pride%20an"), lambda said: bool(said["suggestions"]))


def badge(reader: Watched, edition: Edition) -> None:
    """Whether it is there."""
    path = f"/live/stock?isbn13={edition['isbn13']}"
    look(lambda: reader.get(path), lambda said: bool(said["items"][0]["state"] == "in_stock"))


def basket(customer: Watched, edition: Edition) -> None:
    """Into the basket; the header knows it, and the basket's page."""
    added = add(customer, edition)
    expect(added.status == 303, added)
    look(lambda: header(customer), lambda said: bool(said["basket_quantity"] == 1))
    page = customer.get("/basket/")
    expect(page.status == 200 and edition["title"] in page.text, page)


def header(customer: Watched) -> Answer:
    """The header's number as the page asks for it: in memory, else where it is kept."""
    answer = customer.get("/live/visitor")
    if answer.status == 200 and answer.json()["basket_quantity"] is None:
        kept = customer.get("/basket/visitor")
        expect(kept.status == 200, kept)
    return answer
