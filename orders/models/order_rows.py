"""Plain statements of an order's page and letters: the order, its parts, and what became of it.

What few orders have (a parcel, a return, money back, a paper) is read only of those that have it.
"""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, Prefetch, prefetch_related_objects

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
_EXISTS = [
    f"EXISTS (SELECT FROM {table} WHERE order_id = found.id)" for table, _lookups in _RARE.values()
]
_FEW: dict[str, tuple[type[Model], str]] = {  # `found` is the order, as in `_numbered`
    "events": (OrderEvent, "WHERE order_id = found.id ORDER BY id"),
    "tax_lines": (OrderTaxLine, "WHERE order_id = found.id ORDER BY rate DESC"),
}
"""By relation: its model, and which rows of that, all of which come with the order."""


def read_for_page(model: "type[Order]", number: str) -> "Order | None":
    """The order of this number, if there is one, with all that its page shows of it.

    In two statements, and those of what few orders have.
    """
    found = prepared.rows(_numbered(model), {"number": number})
    if not found:
        return None
    names = prepared.fields(model)
    columns, rest = found[0][: len(names)], found[0][len(names) :]
    order = model.from_db(DEFAULT_DB_ALIAS, names, columns)
    _remember(order, few=rest[: len(_FEW)], rare=rest[len(_FEW) :])
    return order


@functools.cache
def _numbered(model: "type[Order]") -> str:
    columns = prepared.columns("found", prepared.fields(model))
    parts = [columns, *(prepared.as_json(*few) for few in _FEW.values()), *_EXISTS]
    return f"SELECT {', '.join(parts)} FROM orders_order AS found WHERE number = %(number)s"  # noqa: S608 - names of our own


def read_for_letter(model: "type[Order]", pk: int, *, kind: str, about: str) -> "Order | None":
    """The order with its lines, unless it is gone, or was told this already. In two statements."""
    told = {"order": pk, "kind": kind, "about": about}
    for order in prepared.objects(model, _UNTOLD, told):
        order.remember(lines=_lines(order))
        return order
    return None


def _remember(order: "Order", *, few: Sequence[str], rare: Sequence[bool]) -> None:
    """Have the order know its parts, and what became of it, as it was read."""
    missing = [name for name, is_there in zip(_RARE, rare, strict=True) if not is_there]
    known = {
        name: prepared.from_json(model, text)
        for (name, (model, _rest)), text in zip(_FEW.items(), few, strict=True)
    }
    order.remember(lines=_lines(order), **known, **dict.fromkeys(missing, ()))
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
