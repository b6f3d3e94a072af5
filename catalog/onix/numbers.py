"""Numbers: which ISBN or in-store number a record's identifiers mean."""

from django.utils.translation import gettext as _

from catalog import isbn
from catalog.onix.context import Context
from catalog.onix.nodes import Node

ISBN_10, GTIN_13, ISBN_13, PROPRIETARY = "02", "03", "15", "01"
"""List 5."""
_BEST_FIRST = (ISBN_13, GTIN_13, ISBN_10)


def number(node: Node, context: Context | None = None) -> str:
    """The number of the product that `node` identifies; empty where none is sound.

    What was sent as an ISBN and is none is noted in `context`; an article's GTIN is no mistake.
    """
    sent: dict[str, list[str]] = {}
    for identifier in node.each("ProductIdentifier"):
        value = identifier.first("IDValue")
        if value:
            sent.setdefault(identifier.first("ProductIDType"), []).append(value)
    if "ISBN" in node.codes:
        sent.setdefault(ISBN_10, []).extend(node.codes["ISBN"])
    if "EAN13" in node.codes:
        sent.setdefault(GTIN_13, []).extend(node.codes["EAN13"])
    for kind in _BEST_FIRST:
        for value in sent.get(kind, ()):
            if found := _sound(value):
                return found
            if context and (kind != GTIN_13 or value.startswith(("978", "979"))):
                message = _("“%(value)s” is no valid ISBN.")
                context.trouble("ProductIdentifier", message % {"value": value[:40]}, node)
    # Senders put many things into numbers of their own: only a shop's own number is meant so.
    own = (_sound(value) for value in sent.get(PROPRIETARY, ()))
    return next((found for found in own if found.startswith("2")), "")


def _sound(value: str) -> str:
    if isbn.is_edition_number(value):
        return value
    try:
        return isbn.normalize(value)
    except isbn.InvalidNumber:
        return ""
