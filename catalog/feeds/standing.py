"""Whether an edition is offered and ordered for customers, told from list 64 and list 65."""

from catalog.models import Supplier
from catalog.onix.records import Record

WITHDRAWN_STATUS = frozenset({"01", "03", "08", "11", "12", "13", "15", "16", "17"})
"""List 64: cancelled, postponed, inactive, withdrawn, not for this market, not singly, recalled."""
WITHDRAWN_AVAILABILITY = frozenset({"01", "34", "45", "46", "49", "52"})
"""List 65: cancelled, withdrawn, not sold separately, recalled, not for this market."""
TO_BE_HAD = frozenset({"20", "21", "22", "23"})
"""List 65: available, in stock, to order, printed on demand."""


def is_withdrawn(*, status: str, availability: str) -> bool:
    """Whether it is not to be sold at all; out of print is not that, as copies may be here."""
    return status in WITHDRAWN_STATUS or availability in WITHDRAWN_AVAILABILITY


def backorder_days(record: Record, supplier: Supplier, *, is_digital: bool) -> int | None:
    """How long ordering a copy takes; 0: it cannot be ordered; None: the record does not say."""
    if not record.supplier_availability or is_digital or not supplier.takes_orders:
        return None
    return supplier.order_days if record.supplier_availability in TO_BE_HAD else 0
