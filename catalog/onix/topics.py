"""Topics: subject codes, keywords and audiences. Headings are licensed and never kept."""

import re
from collections.abc import Iterator

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
    """The subjects in the three schemes that we keep; of each at most one is the main one."""
    found: dict[tuple[str, str], Topic] = {}
    mains: set[str] = set()
    for scheme, code, is_main, part in _sent(node):
        if len(code) > _LONGEST_CODE or not _CODES[scheme].fullmatch(code):
            message = _("“%(code)s” is no subject code.") % {"code": code[:40]}
            context.trouble("SubjectCode", message, part)
            continue
        key = (scheme, code)
        is_new_main = is_main and scheme not in mains
        if key not in found and len(found) >= _MOST:
            continue
        if is_new_main:
            mains.add(scheme)
        if is_new_main or key not in found:
            found[key] = Topic(scheme, code, is_new_main)
    return tuple(found.values())


def _sent(node: Node) -> Iterator[tuple[str, str, bool, Node]]:
    """Scheme, code, whether it is the main one, and where it stands."""
    for name, scheme in (("BASICMainSubject", BISAC), ("BICMainSubject", BIC)):
        for code in node.every(name):
            yield scheme, _plain(code), True, node
    for subject in node.each("Subject", "MainSubject"):
        codes = subject.codes
        identifier = subject.first("SubjectSchemeIdentifier", "MainSubjectSchemeIdentifier")
        if identifier in _SCHEMES:
            is_main = "MainSubject" in subject.parts or "MainSubjectSchemeIdentifier" in codes
            for code in subject.every("SubjectCode"):
                yield _SCHEMES[identifier], _plain(code), is_main, subject


def _plain(code: str) -> str:
    return code.upper().replace(" ", "")


def keywords(node: Node) -> tuple[str, ...]:
    """Keywords, each once; senders part them by semicolons, or by commas."""
    found: dict[str, None] = {}
    for subject in node.each("Subject"):
        if subject.first("SubjectSchemeIdentifier") in _KEYWORDS:
            for text in subject.every("SubjectHeadingText"):
                for sent in text.split(";" if ";" in text else ","):
                    word = sent.strip()[:_LONGEST_KEYWORD]
                    if word and len(found) < _MOST:
                        found.setdefault(word)
    return tuple(found)


def audiences(node: Node) -> tuple[str, ...]:
    """For whom it is: codes of list 28, each once."""
    codes = list(node.every("AudienceCode"))
    for audience in node.each("Audience"):
        if audience.first("AudienceCodeType") == _ONIX_AUDIENCE:
            codes += audience.every("AudienceCodeValue")
    return tuple(dict.fromkeys(code for code in codes if len(code) == 2))
