"""Forms: what kind of thing a record describes, in the shop's words.

Lists 150 (ONIX 3) and 7 (2.1) share nearly all codes; list 175 (details) and the older list 8
decide where the form alone does not.
"""

from catalog.formats import Format
from catalog.onix.nodes import Node

_HARD = ("BB", "BG")
_SOFT = ("BC", "BD", "BE", "BF", "BL", "BN", "BO", "BA", "B")
_BOARD = ("BH", "BI", "BJ", "BP")
_DISCS = ("AC", "AE", "AF", "AB", "AD", "AG", "AH", "AI", "AK", "AL", "AM")
_FORMS: dict[str, Format] = {
    **dict.fromkeys(_HARD, Format.HARDBACK),
    **dict.fromkeys(_SOFT, Format.PAPERBACK),
    **dict.fromkeys(_BOARD, Format.BOARD_BOOK),
    **dict.fromkeys(_DISCS, Format.AUDIO_CD),
    **dict.fromkeys(("BK", "BM", "BZ"), Format.PAPERBACK),
    **dict.fromkeys(("AJ", "AN", "AO"), Format.AUDIOBOOK),
    **dict.fromkeys(("DG", "DH", "EA", "EB", "EC", "ED"), Format.EBOOK),
    **dict.fromkeys(("CA", "CB", "CC", "CD"), Format.MAP),
    "PI": Format.SHEET_MUSIC,
}
_SETS = ("SA", "SB", "SC", "SD", "SE", "SF", "WW")
"""Several things sold as one: books, if the details say how they are bound."""
_BOUND = {
    "B1": Format.PAPERBACK,
    "B401": Format.HARDBACK,
    "B402": Format.HARDBACK,
    "B409": Format.HARDBACK,
    "B501": Format.HARDBACK,
}
"""Details that tell a binding, where the form is only “book” or several things."""
_OF_RECORDED_SOUND = ("A1", "A2")
_TRADE_ONLY = frozenset({"20", "30", "31"})
"""List 2: what is made for shops, not for their customers."""
LARGE_PRINT_EDITION = "LTE"
_LARGE_PRINT_EDITIONS = frozenset({LARGE_PRINT_EDITION, "ULP"})
"""List 21."""


def form(node: Node) -> tuple[Format | None, str, bool]:
    """The format, the form as sent, and whether customers buy such a book singly."""
    code = node.first("ProductForm").upper()
    details = node.every("ProductFormDetail", "BookFormDetail")
    is_trade_only = code.startswith("X") or code == "WX"
    if is_trade_only or node.first("ProductComposition") in _TRADE_ONLY:
        return None, code[:2], False
    found = _format(code, details)
    if found in (Format.PAPERBACK, Format.HARDBACK) and _is_large_print(node):
        found = Format.LARGE_PRINT
    return found, code[:2], found is not None or code in ("", "00")


def of_code(code: str) -> Format | None:
    """The format that a form says by itself."""
    return _FORMS.get(code)


def _format(code: str, details: list[str]) -> Format | None:
    if code in ("EA", "EB", "EC", "ED", "DG", "DH") and _is_sound(details):
        return Format.AUDIOBOOK
    if code in ("AA", "AZ"):
        return Format.AUDIO_CD if "A101" in details else Format.AUDIOBOOK
    if code in ("BA", "BZ", "BK", *_SETS):
        bound = [_BOUND.get(detail) or _BOUND.get(detail[:2]) for detail in details]
        if found := next((each for each in bound if each), None):
            return found
    return _FORMS.get(code)


def _is_sound(details: list[str]) -> bool:
    return any(detail.startswith(_OF_RECORDED_SOUND) for detail in details)


def _is_large_print(node: Node) -> bool:
    return not _LARGE_PRINT_EDITIONS.isdisjoint(node.every("EditionType", "EditionTypeCode"))
