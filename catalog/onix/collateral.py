"""Collateral: the description of a product, the link to its cover, and what it is related to."""

import re

from django.utils.translation import gettext as _
from lxml import etree

from catalog.onix import numbers, texts
from catalog.onix.context import Context
from catalog.onix.nodes import Node
from catalog.onix.records import Relation

_TEXTS: tuple[str, ...] = ("03", "05", "27", "02", "30")
"""List 153: the description, then what the cover says, then the short one."""
_OLD_TEXTS: tuple[str, ...] = ("03", "01", "18", "02")
"""List 33, of ONIX 2.1: long, main, back cover, short."""
_FOR_THE_TRADE = frozenset({"01", "02", "04", "05"})
"""List 154: audiences to whom we do not belong, or our customers do not."""
_FRONT_COVER = "01"
_IMAGE = "03"
"""Lists 158 and 159."""
_OLD_COVERS = ("06", "04")
"""List 38: the large image of the front cover, then the other."""
_BY_ADDRESS = frozenset({"", "01"})
"""List 40."""
_LONGEST_ADDRESS = 500
_NOT_FOR_SCREENS = (".tif", ".tiff", ".psd", ".eps", ".pdf")
_ADDRESS = re.compile(r"https?://[^\s<>\"\\^`{|}]+", re.IGNORECASE)
_MOST_RELATIONS = 200


def description(node: Node, context: Context) -> str:
    """The best text for customers, as paragraphs."""
    candidates: dict[tuple[int, int], etree._Element] = {}
    for part in node.each("TextContent", "OtherText"):
        marked = part.marked.get("Text")
        kind = part.first("TextType", "TextTypeCode")
        order = _TEXTS if "TextType" in part.codes else _OLD_TEXTS
        if marked and kind in order and _FOR_THE_TRADE.isdisjoint(part.every("ContentAudience")):
            candidates.setdefault((order.index(kind), len(candidates)), marked[0])
    for _rank, element in sorted(candidates.items(), key=lambda item: item[0]):
        if text := texts.paragraphs(element):
            if len(text) > texts.LONGEST_TEXT:
                context.trouble("Text", _("The description is too long; it was cut."), node)
            return texts.shortened(text, texts.LONGEST_TEXT)
    return ""


def cover_url(node: Node, context: Context) -> str:
    """Where the front cover can be fetched."""
    addresses: list[str] = []
    for resource in node.each("SupportingResource"):
        is_cover = resource.first("ResourceContentType") == _FRONT_COVER
        if is_cover and resource.first("ResourceMode") in (_IMAGE, ""):
            for version in resource.each("ResourceVersion"):
                addresses += version.every("ResourceLink")
    media = {
        part.first("MediaFileTypeCode"): part.first("MediaFileLink")
        for part in node.each("MediaFile")
        if part.first("MediaFileLinkTypeCode") in _BY_ADDRESS
    }
    addresses += [media[kind] for kind in _OLD_COVERS if media.get(kind)]
    for address in sorted(addresses, key=lambda each: each.lower().endswith(_NOT_FOR_SCREENS)):
        if len(address) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(address):
            return address
        message = _("“%(text)s” is no address that a cover can be fetched from.")
        context.trouble("ResourceLink", message % {"text": address[:60]}, node)
    return ""


def relations(node: Node) -> tuple[Relation, ...]:
    """Other products, by number; those without a sound one are of no use."""
    found: dict[Relation, None] = {}
    for product in node.each("RelatedProduct"):
        if number := numbers.number(product):
            for code in product.every("ProductRelationCode", "RelationCode"):
                if len(found) < _MOST_RELATIONS:
                    found.setdefault(Relation(code[:2], number))
    return tuple(found)
