"""Named characters (&eacute;): ONIX 2.1 has them from a document type that is never fetched.

The names are HTML's, which contain those of ISO 8879 that ONIX allows.
"""

import html.entities
import re
from collections.abc import Callable

_BUILT_IN = frozenset({"amp", "lt", "gt", "quot", "apos"})
_CHARACTERS = {
    name.removesuffix(";"): text
    for name, text in html.entities.html5.items()
    if name.removesuffix(";") not in _BUILT_IN and not set(text) & set("<&\"'>")
}
_NAMED = re.compile(rb"&(?!amp;|lt;|gt;|quot;|apos;|#)([A-Za-z][A-Za-z0-9.]{0,30});")
_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_NUMBERED = re.compile(rb"&#(?:([0-9]{1,7})|x([0-9A-Fa-f]{1,6}));")
_CDATA = re.compile(rb"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)


def resolve(xml: bytes) -> bytes:
    """`xml` with the characters that the known names stand for; unknown names stay.

    Inside CDATA a name is markup for who reads the text, and stays.
    """
    return _outside_cdata(xml, lambda part: _NAMED.sub(_character, part))


def neutralize(xml: bytes) -> tuple[bytes, list[tuple[int, str]]]:
    """`xml` with every & that names no character as an & to read, and what was meant, by offset.

    Numbers of characters that XML does not allow (&#0;) are left out.
    """
    found = [
        (match.start(), xml[match.start() : match.start() + 20].decode(errors="replace"))
        for match in _AMPERSAND.finditer(xml)
    ]
    readable = _outside_cdata(xml, lambda part: _AMPERSAND.sub(b"&amp;", part))
    return _NUMBERED.sub(_allowed, readable), found


def _outside_cdata(xml: bytes, change: Callable[[bytes], bytes]) -> bytes:
    if b"<![CDATA[" not in xml:
        return change(xml)
    parts = _CDATA.split(xml)
    return b"".join(part if place % 2 else change(part) for place, part in enumerate(parts))


def _character(match: re.Match[bytes]) -> bytes:
    text = _CHARACTERS.get(match[1].decode())
    return match[0] if text is None else text.encode()


def _allowed(match: re.Match[bytes]) -> bytes:
    number = int(match[1]) if match[1] else int(match[2], 16)
    is_allowed = (
        number in (9, 10, 13)
        or 32 <= number <= 0xD7FF
        or 0xE000 <= number <= 0xFFFD
        or 0x10000 <= number <= 0x10FFFF
    )
    return match[0] if is_allowed else b""
