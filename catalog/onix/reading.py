"""Reading: a product of an ONIX file, of any release, as a record.

ONIX 2.1 has everything directly in the product; 3.0 and 3.1 have it in blocks. The parts of the
record are read from the block, or where there is none from the product itself.
"""

from typing import Any

from django.utils.translation import gettext as _

from catalog import languages
from catalog.onix import (
    collateral,
    forms,
    nodes,
    numbers,
    people,
    physical,
    publishing,
    supply,
    titles,
    topics,
)
from catalog.onix.context import Context
from catalog.onix.cutting import Product, Products, products
from catalog.onix.nodes import Node
from catalog.onix.prolog import Defaults
from catalog.onix.records import Record, Unreadable
from catalog.onix.unpacking import LIMIT_BYTES, NotOnix

__all__ = ["LIMIT_BYTES", "Defaults", "NotOnix", "Product", "Products", "products", "read"]

CONFIRMED, UPDATE, DELETE = "03", "04", "05"
_WHOLE = frozenset({"01", "02", CONFIRMED, "08", "09"})
_TESTS = frozenset({"88", "89"})
"""List 1."""
_SUPPLY_UPDATES = frozenset({"12", "13", "14", "15"})
"""Codes of older issues of list 1: prices and availability alone."""
_BLOCKS = {
    "DescriptiveDetail": 1,
    "CollateralDetail": 2,
    "ContentDetail": 3,
    "PublishingDetail": 4,
    "RelatedMaterial": 5,
    "ProductSupply": 6,
    "PromotionDetail": 7,
    "ProductionDetail": 8,
}
_OLD_BLOCKS = {
    "Title": 1,
    "OtherText": 2,
    "MediaFile": 2,
    "Publisher": 4,
    "RelatedProduct": 5,
    "SupplyDetail": 6,
}
"""What an update by ONIX 2.1 replaces, by what it brings."""
LONGEST_REFERENCE = 100
_TEXT, _ORIGINAL = "01", "02"
"""List 22."""
_MOST_NUMBER = 32_767


def read(product: Product, defaults: Defaults) -> Record | Unreadable:
    """What a product says. Never raises: what cannot be read at all is Unreadable."""
    if product.fault:
        return _unreadable(product, product.fault)
    try:
        node, troubles = nodes.parse(product)
    except nodes.Malformed as error:
        line = product.line + max(error.line - 1, 0)
        message = _("The record is no well-formed XML (line %(line)d: %(error)s).")
        return _unreadable(product, message % {"line": line, "error": error})
    context = Context(product.line, defaults, troubles)
    notification = node.first("NotificationType")
    if notification in _TESTS:
        return _unreadable(product, _("The record is only a test of the sender’s."))
    return _record(product, node, notification, context)


def _unreadable(product: Product, message: str) -> Unreadable:
    reference = nodes.reference(product.raw)[:LONGEST_REFERENCE]
    return Unreadable(product.ordinal, product.line, reference, message)


def _record(
    product: Product, node: Node, notification: str, context: Context
) -> Record | Unreadable:
    number = numbers.number(node, context)
    reference = node.first("RecordReference")[:LONGEST_REFERENCE]
    if not reference:
        if not number:
            return _unreadable(product, _("The record has neither a reference nor a sound number."))
        context.trouble("RecordReference", _("It is missing; the number was taken."), node)
        reference = number
    notification, blocks = _notification(notification, node, context)
    if notification == DELETE:
        return Record(
            product.ordinal,
            product.line,
            reference,
            DELETE,
            isbn13=number,
            deletion_reason=node.first("DeletionText")[:200],
            troubles=tuple(context.troubles),
        )
    facts = _facts(node, notification, context)
    return Record(
        product.ordinal,
        product.line,
        reference,
        notification,
        blocks=blocks,
        isbn13=number,
        troubles=tuple(context.troubles),
        **facts,
    )


def _notification(code: str, node: Node, context: Context) -> tuple[str, frozenset[int]]:
    if code == UPDATE or code in _SUPPLY_UPDATES:
        table = _BLOCKS if not _BLOCKS.keys().isdisjoint(node.parts) else _OLD_BLOCKS
        return UPDATE, frozenset(table[name] for name in node.parts if name in table)
    if code == DELETE or code in _WHOLE:
        return code, frozenset()
    if code:
        message = _("“%(code)s” is no kind of record; a whole one was taken.")
        context.trouble("NotificationType", message % {"code": code[:10]}, node)
    return CONFIRMED, frozenset()


def _facts(node: Node, notification: str, context: Context) -> dict[str, Any]:
    facts = _description(node.part("DescriptiveDetail") or node, context)
    if notification != UPDATE:
        if not facts["title"]:
            context.trouble("TitleText", _("It is missing."), node)
        if facts["is_book"] and not facts["format"]:
            context.trouble("ProductForm", _("It does not say what kind of book this is."), node)
    texts = node.part("CollateralDetail") or node
    facts["description"] = collateral.description(texts, context)
    facts["cover_url"] = collateral.cover_url(texts, context)
    facts |= _publishing(node, context)
    facts["relations"] = collateral.relations(node.part("RelatedMaterial") or node)
    facts["supplier_availability"] = supply.availability(node)
    facts["offers"] = supply.offers(node, context)
    return facts


def _description(node: Node, context: Context) -> dict[str, Any]:
    title, subtitle = titles.title(node, context)
    form, product_form, is_book = forms.form(node)
    language, original = _languages(node, context)
    sizes = physical.measures(node, context)
    return {
        "title": title,
        "subtitle": subtitle,
        "people": people.people(node, context),
        "collections": titles.collections(node, context),
        "format": form.value if form else "",
        "product_form": product_form,
        "is_book": is_book,
        "language": language,
        "original_language": original,
        "topics": topics.topics(node, context),
        "keywords": topics.keywords(node),
        "audiences": topics.audiences(node),
        "pages": physical.pages(node, context),
        "duration_minutes": physical.duration_minutes(node, context),
        "weight_grams": sizes.get(physical.WEIGHT),
        "height_mm": sizes.get(physical.HEIGHT),
        "width_mm": sizes.get(physical.WIDTH),
        "thickness_mm": sizes.get(physical.THICKNESS),
        "edition_number": _edition_number(node, context),
        "edition_statement": node.first("EditionStatement")[:200],
    }


def _publishing(node: Node, context: Context) -> dict[str, Any]:
    detail = node.part("PublishingDetail") or node
    imprint, publisher = publishing.names(detail)
    days = publishing.all_dates(detail, context)
    market = publishing.market_dates(node, context)
    status = detail.first("PublishingStatus")
    return {
        "imprint": imprint,
        "publisher": publisher,
        "publication_date": days.publication or market.publication,
        "embargo_date": days.embargo or market.embargo,
        "first_published": days.first_published,
        "publishing_status": status if len(status) == 2 and status.isdigit() else "",
    }


def _languages(node: Node, context: Context) -> tuple[str, str]:
    """Of the text, by the header where the record does not say; and of the original."""
    sent: dict[str, str] = {}
    for part in node.each("Language"):
        sent.setdefault(part.first("LanguageRole"), part.first("LanguageCode"))
    text = sent.get(_TEXT) or node.first("LanguageOfText") or context.defaults.language
    original = sent.get(_ORIGINAL) or node.first("OriginalLanguage")
    keys = []
    for code in (text, original):
        key = languages.from_trade(code)
        if code and not key and code.lower() != "und":
            message = _("The language “%(code)s” is not known.") % {"code": code[:10]}
            context.trouble("LanguageCode", message, node)
        keys.append(key)
    return keys[0], keys[1]


def _edition_number(node: Node, context: Context) -> int | None:
    if not (text := node.first("EditionNumber")):
        return None
    if text.isascii() and text.isdigit() and 0 < int(text) <= _MOST_NUMBER:
        return int(text)
    message = _("“%(text)s” is no number of an edition.") % {"text": text[:20]}
    context.trouble("EditionNumber", message, node)
    return None
