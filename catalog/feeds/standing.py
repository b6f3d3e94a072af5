"""Whether an edition is ordered for customers, told from list 65."""

from catalog.feeds.terms import Terms
from catalog.onix.records import Record

TO_BE_HAD = frozenset({"20", "21", "22", "23"})
"""List 65: available, in stock, to order, printed on demand."""


def backorder_days(record: Record, terms: Terms, *, is_digital: bool) -> int | None:
    """How long ordering a copy takes; 0: it cannot be ordered; None: the record does not say."""
    if not record.supplier_availability or is_digital or terms.order_days is None:
        return None
    return terms.order_days if record.supplier_availability in TO_BE_HAD else 0
