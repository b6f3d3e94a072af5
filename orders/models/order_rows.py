"""Plain statements of an order's page and letters: the order, its parts, and what became of it.

What few orders have (a parcel, a return, money back, a paper) is read only of those that have it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Prefetch, prefetch_related_objects

from catalog import prepared
from catalog.models import Edition, Work
from orders.models.document import Document
from orders.models.order_event import OrderEvent
from orders.models.order_line import OrderLine
from orders.models.tax import OrderTaxLine

if TYPE_CHECKING:
    from orders.models.order import Order

_LINES = """orders_orderline AS line
LEFT JOIN catalog_edition AS edition ON edition.id = line.edition_id
LEFT JOIN catalog_work AS work ON work.id = edition.work_id
WHERE line.order_id = %(order)s ORDER BY line.id
"""
_UNTOLD = """WHERE id = %(order)s AND NOT EXISTS (
    SELECT FROM orders_ordermessage AS message WHERE message.order_id = this.id
    AND message.kind = %(kind)s AND message.reference = %(about)s AND message.sent_at IS NOT NULL
)"""
_RARE: dict[str, tuple[str, tuple[str | Prefetch[str], ...]]] = {
    "shipments": ("orders_shipment", ("shipments__lines__order_line",)),
    "returns": (
        "orders_return",
        ("returns__lines__order_line", "returns__refund_requests__payment"),
    ),
    "refunds": ("orders_refund", ("refunds",)),
    "refund_requests": ("orders_refundrequest", ("refund_requests__payment",)),
    "documents": (
        "orders_document",
        (Prefetch("documents", Document.objects.defer("content", "pdf")),),
    ),
}
"""By relation: its table, and what is read where there is a row."""
_EXISTS = (
    f"EXISTS (SELECT FROM {table} WHERE order_id = this.id)" for table, _lookups in _RARE.values()
)
_WHICH = f"{', '.join(_EXISTS)} FROM orders_order AS this WHERE number = %(number)s"


def read_for_page(model: "type[Order]", number: str) -> "Order | None":
    """The order of this number, if there is one, with all that its page shows of it.

    In four statements and those of the rare.
    """
    names = prepared.fields(model)
    found = prepared.rows(
        f"SELECT {prepared.columns('this', names)}, {_WHICH}",
        {"number": number},
    )
    if not found:
        return None
    order = model.from_db(DEFAULT_DB_ALIAS, names, found[0][: len(names)])
    _read_parts(order, found[0][len(names) :])
    return order


def read_for_letter(model: "type[Order]", pk: int, *, kind: str, about: str) -> "Order | None":
    """The order with its lines, unless it is gone, or was told this already. In two statements."""
    told = {"order": pk, "kind": kind, "about": about}
    for order in prepared.objects(model, _UNTOLD, told):
        order.remember(lines=_lines(order))
        return order
    return None


def _read_parts(order: "Order", which: Sequence[bool]) -> None:
    told = {"order": order.pk}
    missing = [name for name, is_there in zip(_RARE, which, strict=True) if not is_there]
    order.remember(
        lines=_lines(order),
        events=prepared.objects(OrderEvent, "WHERE order_id = %(order)s ORDER BY id", told),
        tax_lines=prepared.objects(
            OrderTaxLine, "WHERE order_id = %(order)s ORDER BY rate DESC", told
        ),
        **dict.fromkeys(missing, ()),
    )
    for name, (_table, lookups) in _RARE.items():
        if name not in missing:
            prefetch_related_objects([order], *lookups)


def _lines(order: "Order") -> list[OrderLine]:
    found = prepared.together(
        _LINES, {"order": order.pk}, line=OrderLine, edition=Edition, work=Work
    )
    for line, edition, work in found:
        if edition is not None:
            edition.work = work
        line._state.fields_cache |= {"order": order, "edition": edition}
    return [line for line, _edition, _work in found]
