"""What drills do to a shop, and how they see what visitors see of it."""

import contextlib
from collections.abc import Iterator

import psutil

from tests.shop import Shop
from tests.visitor import Visitor


@contextlib.contextmanager
def nobody_heals(shop: Shop) -> Iterator[None]:
    """Hold the process that looks after the others."""
    serve = psutil.Process(shop.serve_pid)
    serve.suspend()
    try:
        yield
    finally:
        serve.resume()


def header(visitor: Visitor) -> int | None:
    """The header's number, asked for as the page does: in memory, then where it is kept."""
    quantity: int | None = visitor.get("/live/visitor").json()["basket_quantity"]
    if quantity is None:
        assert visitor.get("/basket/visitor").status == 200
        quantity = visitor.get("/live/visitor").json()["basket_quantity"]
    return quantity
