"""A crush: many guests with full baskets who all order at the same moment."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.purchases import add, make_basket, order_body, send_checkout, send_order
from tests.visitor import Answer, Visitor

AT_THE_SHELVES = 12  # who fill their baskets at the same time
PATIENCE_SECONDS = 120

Edition = Mapping[str, Any]
Deed = Callable[[], Answer]


@dataclass(frozen=True)
class Outcome:
    """What a guest was answered, and after how long."""

    kind: str
    answer: Answer
    seconds: float


def with_form(base_url: str, edition: Edition, email: str, payment_method: str) -> Deed:
    """A guest in a browser, at the last button of the checkout."""
    guest = Visitor(base_url)
    assert add(guest, edition).status == 303
    page = guest.get("/checkout/")
    return lambda: send_checkout(guest, page, email, payment_method=payment_method)


def with_program(base_url: str, edition: Edition, email: str, payment_method: str) -> Deed:
    """A guest's program, with a basket."""
    guest, key = Visitor(base_url), uuid.uuid4().hex
    basket = make_basket(guest, (edition["isbn13"], 1))
    body = order_body(basket, email=email, payment_method=payment_method)
    return lambda: send_order(guest, body, key=key)


def gather(makers: Sequence[Callable[[], Deed]]) -> list[Deed]:
    """Have all guests fill their baskets, some at the same time."""
    with ThreadPoolExecutor(AT_THE_SHELVES) as pool:
        return list(pool.map(lambda make: make(), makers))


def all_at_once(deeds: Sequence[tuple[str, Deed]]) -> tuple[list[Outcome], float]:
    """Let everybody order at the same moment; the outcomes, and how many seconds all took."""
    gate = threading.Barrier(len(deeds) + 1)

    def run(kind: str, deed: Deed) -> Outcome:
        gate.wait(timeout=PATIENCE_SECONDS)
        started_at = time.monotonic()
        answer = deed()
        return Outcome(kind, answer, time.monotonic() - started_at)

    with ThreadPoolExecutor(len(deeds)) as pool:
        waiting = [pool.submit(run, kind, deed) for kind, deed in deeds]
        gate.wait(timeout=PATIENCE_SECONDS)
        started_at = time.monotonic()
        outcomes = [future.result(timeout=PATIENCE_SECONDS) for future in waiting]
    return outcomes, time.monotonic() - started_at


def report(outcomes: Sequence[Outcome], seconds: float) -> str:
    """What came of it, in a few words."""
    statuses = Counter((outcome.kind, outcome.answer.status) for outcome in outcomes)
    times = sorted(outcome.seconds for outcome in outcomes)
    counted = ", ".join(f"{n} × {kind} {status}" for (kind, status), n in sorted(statuses.items()))
    return (
        f"{len(outcomes)} guests at once, all answered after {seconds:.1f} s: {counted};"
        f" median {times[len(times) // 2]:.2f} s, p95 {times[int(len(times) * 0.95)]:.2f} s"
    )
