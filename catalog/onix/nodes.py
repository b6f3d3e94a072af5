"""Nodes: a record's elements, by reference name, whatever tags and namespace the file uses."""

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _
from lxml import etree

from catalog.onix import entities, texts
from catalog.onix.cutting import Product
from catalog.onix.records import Trouble
from catalog.onix.tags import TAGS, Kind

_PARSER = etree.XMLParser(
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)
"""Refuses what nests more than 256 deep; declared entities it never sees (see prolog.py)."""
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_MOST_NAMES = 5_000
_tags: dict[str, tuple[str, Kind] | None] = dict(TAGS)
"""With namespaces too, as files name them."""


_CODE, _PARTS = Kind.CODE, Kind.PARTS


class Malformed(Exception):
    """The record is no well-formed XML; `line` is where, counted from the record's first."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Node:
    """A composite element."""

    __slots__ = ("codes", "line", "marked", "parts")

    def __init__(self, line: int) -> None:
        self.line = line
        """In the record, from 1."""
        self.codes: dict[str, list[str]] = {}
        """Texts of elements that have no others inside; never blank."""
        self.parts: dict[str, list[Node]] = {}
        self.marked: dict[str, list[etree._Element]] = {}

    def first(self, *names: str) -> str:
        """The text of the first element that is there, of the first name that is."""
        codes = self.codes
        for name in names:
            if name in codes:
                return codes[name][0]
        return ""

    def every(self, *names: str) -> list[str]:
        """The texts of all elements of these names."""
        codes = self.codes
        if len(names) == 1:
            return codes.get(names[0]) or []
        return [text for name in names if name in codes for text in codes[name]]

    def part(self, name: str) -> "Node":
        """The first composite of that name; an empty one where there is none."""
        found = self.parts.get(name)
        return found[0] if found else _NOTHING

    def each(self, *names: str) -> "Sequence[Node]":
        """All composites of these names."""
        parts = self.parts
        if len(names) == 1:
            return parts.get(names[0], ())
        return [part for name in names if name in parts for part in parts[name]]

    def __bool__(self) -> bool:
        return bool(self.codes or self.parts or self.marked)


_NOTHING = Node(0)


def parse(product: Product) -> tuple[Node, list[Trouble]]:
    """The record as nodes, and what had to be mended to read it.

    Raises Malformed.
    """
    try:
        return _node(etree.fromstring(product.raw, _PARSER)), []
    except etree.XMLSyntaxError as error:
        first_error = error
    readable, found = entities.neutralize(product.raw)
    readable = readable.replace(b"\xef\xbf\xbe", b"").replace(b"\xef\xbf\xbf", b"")
    if readable == product.raw:
        raise _malformed(first_error)
    try:
        node = _node(etree.fromstring(readable, _PARSER))
    except etree.XMLSyntaxError as error:
        raise _malformed(error) from error
    message = _("“%(text)s” names no character; it was read as it stands.")
    return node, [
        Trouble("&", message % {"text": text}, product.line + product.raw.count(b"\n", 0, place))
        for place, text in found[:20]
    ]


def reference(raw: bytes) -> str:
    """The reference of a record that cannot be parsed, as far as it can be seen."""
    found = re.search(rb"<(?:[\w.\-]+:)?(?:RecordReference|a001)\b[^>]*>([^<]{1,200})<", raw)
    return found[1].decode(errors="replace").strip() if found else ""


def _malformed(error: etree.XMLSyntaxError) -> Malformed:
    text = (error.msg or "").split(", line ")[0]
    if text.startswith("Excessive depth"):
        text = _("its elements are nested too deep")
    return Malformed(text, error.lineno or 1)


def _node(element: etree._Element) -> Node:
    """Called for every composite of every record: written for speed."""
    node = Node(element.sourceline or 0)  # type: ignore[arg-type, unreachable]  # the stubs have no int
    codes, parts = node.codes, node.parts
    for child in element:
        tag = child.tag
        known = _tags[tag] if tag in _tags else _known(tag)
        if known is None:
            continue
        name, kind = known
        if kind is _CODE:
            text = child.text
            if text and (text := text.strip()):
                if not text.isascii():
                    text = _INVISIBLE.sub("", text)
                if name in codes:
                    codes[name].append(text)
                else:
                    codes[name] = [text]
        elif kind is _PARTS:
            if name in parts:
                parts[name].append(_node(child))
            else:
                parts[name] = [_node(child)]
            if name == "Territory" and (text := (child.text or "").strip()):
                codes.setdefault(name, []).append(text)  # 2.1 has a list of codes
        else:
            _add_words(node, name, child, is_line=kind is Kind.LINE)
    return node


def _add_words(node: Node, name: str, element: etree._Element, *, is_line: bool) -> None:
    if not is_line:
        node.marked.setdefault(name, []).append(element)
        return
    text = texts.inner(element)
    if text := texts.line(text):
        node.codes.setdefault(name, []).append(text)


def _known(tag: object) -> tuple[str, Kind] | None:
    """The tag without its namespace; remembered, unless a file makes up ever more of them."""
    if not isinstance(tag, str):
        return None
    found = TAGS.get(tag.rpartition("}")[2])
    if len(_tags) < _MOST_NAMES:
        _tags[tag] = found
    return found
