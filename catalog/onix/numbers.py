"""Numbers: which ISBN, ISMN, GTIN or in-store number a record's identifiers mean."""

from django.utils.translation import gettext as _

from catalog import isbn
from catalog.onix.context import Context
from catalog.onix.nodes import Node

ISBN_10, GTIN_13, ISBN_13, PROPRIETARY = "02", "03", "15", "01"
ISMN_10, ISMN_13 = "05", "25"
"""List 5."""
_BEST_FIRST = (ISBN_13, ISMN_13, GTIN_13, ISBN_10, ISMN_10)


def number(node: Node, context: Context | None = None) -> str:
    """The number of the product that `node` identifies; empty where none is sound.

    A book's or music's is believed before an article's. What was sent as an ISBN or ISMN and is
    none is noted in `context`; what else was sent as an article's GTIN is no mistake.
    """
    sent = _sent(node)
    article = ""
    for kind in _BEST_FIRST:
        for value in sent.get(kind, ()):
            found = _sound(value)
            if isbn.is_isbn13(found) or isbn.is_ismn13(found):
                return found
            article = article or found
            if context and not found and (kind != GTIN_13 or value.startswith(("978", "979"))):
                _note(kind, value, node, context)
    # Senders put many things into numbers of their own: only a shop's own number is meant so.
    own = (_sound(value) for value in sent.get(PROPRIETARY, ()))
    return article or next((found for found in own if isbn.is_own(found)), "")


def _sent(node: Node) -> dict[str, list[str]]:
    """What the product's identifiers say, by their kind."""
    sent: dict[str, list[str]] = {}
    for identifier in node.each("ProductIdentifier"):
        value = identifier.first("IDValue")
        if value:
            sent.setdefault(identifier.first("ProductIDType"), []).append(value)
    if "ISBN" in node.codes:
        sent.setdefault(ISBN_10, []).extend(node.codes["ISBN"])
    if "EAN13" in node.codes:
        sent.setdefault(GTIN_13, []).extend(node.codes["EAN13"])
    return sent


def _note(kind: str, value: str, node: Node, context: Context) -> None:
    is_music = kind in (ISMN_10, ISMN_13)
    text = _("“%(value)s” is no valid ISMN.") if is_music else _("“%(value)s” is no valid ISBN.")
    context.trouble("ProductIdentifier", text % {"value": value[:40]}, node)


def kinds(number: str) -> tuple[str, ...]:
    """As which identifiers an edition's number is sent."""
    if isbn.is_own(number):
        return (PROPRIETARY,)
    if isbn.is_isbn13(number):
        return (GTIN_13, ISBN_13)
    return (GTIN_13, ISMN_13) if isbn.is_ismn13(number) else (GTIN_13,)


def _sound(value: str) -> str:
    if isbn.is_edition_number(value):
        return value
    try:
        return isbn.normalize(value)
    except isbn.InvalidNumber:
        return ""
