"""Topics: subject codes, keywords and audiences. Headings are licensed and never kept."""

import re

from django.utils.translation import gettext as _

from catalog.onix.context import Context
from catalog.onix.nodes import Node
from catalog.onix.records import Topic

THEMA, BISAC, BIC = "thema", "bisac", "bic"
_SCHEMES = {
    **dict.fromkeys(("93", "94", "95", "96", "97", "98", "99"), THEMA),
    "10": BISAC,
    "12": BIC,
    "17": BIC,
}
"""List 27; 94 to 99 are Thema's qualifiers."""
_CODES = {
    THEMA: re.compile(r"[1-6]?[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*"),
    BISAC: re.compile(r"[A-Z]{3}[0-9]{6}"),
    BIC: re.compile(r"[1-5]?[A-Z][A-Z0-9]*"),
}
_KEYWORDS = frozenset({"20"})
_ONIX_AUDIENCE = "01"
"""List 29: codes of list 28."""
_LONGEST_CODE = 20
_LONGEST_KEYWORD = 100
_MOST = 100


def topics(node: Node, context: Context) -> tuple[Topic, ...]:
    """The subjects in the three schemes that we keep; at most one of each scheme is its main one."""
    found: dict[tuple[str, str], Topic] = {}
    mains: set[str] = set()

    def add(scheme: str, code: str, is_main: bool, part: Node) -> None:
        code = code.upper().replace(" ", "")
        if len(code) > _LONGEST_CODE or not _CODES[scheme].fullmatch(code):
            message = _("“%(code)s” is no subject code.") % {"code": code[:40]}
            context.trouble("SubjectCode", message, part)
            return
        is_main = is_main and scheme not in mains
        key = (scheme, code)
        if key in found:
            is_main = is_main or found[key].is_main
        elif len(found) >= _MOST:
            return
        if is_main:
            mains.add(scheme)
        found[key] = Topic(scheme, code, is_main)

    for name, scheme in (("BASICMainSubject", BISAC), ("BICMainSubject", BIC)):
        for code in node.every(name):
            add(scheme, code, True, node)
    for subject in node.each("Subject", "MainSubject"):
        identifier = subject.first("SubjectSchemeIdentifier", "MainSubjectSchemeIdentifier")
        known = _SCHEMES.get(identifier)
        if known:
            is_main = "MainSubject" in subject.codes
            is_main = is_main or "MainSubjectSchemeIdentifier" in subject.codes
            for code in subject.every("SubjectCode"):
                add(known, code, is_main, subject)
    return tuple(found.values())


def keywords(node: Node) -> tuple[str, ...]:
    """Keywords, each once; senders part them by semicolons, or by commas."""
    found: dict[str, None] = {}
    for subject in node.each("Subject"):
        if subject.first("SubjectSchemeIdentifier") in _KEYWORDS:
            for text in subject.every("SubjectHeadingText"):
                for word in text.split(";" if ";" in text else ","):
                    word = word.strip()[:_LONGEST_KEYWORD]
                    if word and len(found) < _MOST:
                        found.setdefault(word)
    return tuple(found)


def audiences(node: Node) -> tuple[str, ...]:
    """For whom it is: codes of list 28, each once."""
    codes = node.every("AudienceCode")
    for audience in node.each("Audience"):
        if audience.first("AudienceCodeType") == _ONIX_AUDIENCE:
            codes += audience.every("AudienceCodeValue")
    return tuple(dict.fromkeys(code for code in codes if len(code) == 2))
