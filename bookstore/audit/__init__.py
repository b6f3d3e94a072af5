"""The audit: proves that what the shop keeps adds up, across every app; one module a subject.

Each check is one query over all rows that returns only what is broken, so that the audit stays
quick in a large shop. A check says what must hold; its findings name the row and the two numbers.
A module lists its checks in `CHECKS`; a new module takes its place below.
"""

from collections.abc import Callable, Iterator

from bookstore.audit import (
    documents,
    gift_cards,
    money,
    orders,
    parcels,
    providers,
    search,
    stock,
    vouchers,
)

CHECKS: tuple[Callable[[], Iterator[str]], ...] = (
    *stock.CHECKS,
    *orders.CHECKS,
    *parcels.CHECKS,
    *money.CHECKS,
    *providers.CHECKS,
    *gift_cards.CHECKS,
    *vouchers.CHECKS,
    *documents.CHECKS,
    *search.CHECKS,
)


def findings() -> Iterator[str]:
    """A line for every row that breaks an invariant; nothing when all is right."""
    for check in CHECKS:
        yield from check()
