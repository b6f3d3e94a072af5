"""What drills do to a shop, and how they see what visitors see of it."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from functools import partial

import psutil

from tests.patience import until
from tests.shop import Shop
from tests.visitor import Answer, Visitor


@contextlib.contextmanager
def nobody_heals(shop: Shop) -> Iterator[None]:
    """Hold the process that looks after the others."""
    serve = psutil.Process(shop.serve_pid)
    serve.suspend()
    try:
        yield
    finally:
        serve.resume()


@contextlib.contextmanager
def frozen(process: psutil.Process) -> Iterator[None]:
    """Hold the process and all below it: they take what is sent to them, and do nothing."""
    held = [process, *process.children(recursive=True)]
    for each in held:
        each.suspend()
    try:
        yield
    finally:
        for each in held:
            each.resume()


def header(visitor: Visitor) -> int | None:
    """The header's number, asked for as the page does: in memory, then where it is kept."""
    quantity: int | None = visitor.get("/live/visitor").json()["basket_quantity"]
    if quantity is None:
        assert visitor.get("/basket/visitor").status == 200
        quantity = visitor.get("/live/visitor").json()["basket_quantity"]
    return quantity


def _is_there(answer: Answer) -> bool:
    return answer.status != 503


def walk(visitor: Visitor, paths: Sequence[str], *, times: int = 2) -> dict[str, bytes]:
    """All these pages, each asked of its role itself, and what they showed the last time.

    Twice, and even a search is kept, which anybody could make up. On a busy machine Redis may take
    too long now and then, and a page that nobody can compute either says so.
    """
    seen: dict[str, Answer] = {}
    for _time in range(times):
        seen = {path: until(_is_there, partial(visitor.get, path)) for path in paths}
        assert {path: answer.status for path, answer in seen.items()} == dict.fromkeys(paths, 200)
        time.sleep(1)  # until nginx may no longer answer by itself
    return {path: answer.body for path, answer in seen.items()}
