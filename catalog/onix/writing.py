"""Writing: editions as products of ONIX 3.1, in reference tags.

Everything that our models say of an edition and its work goes out, so that reading it again gives
the same. What is written validates against EDItEUR's schema.
"""

import datetime
import re
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from catalog import languages
from catalog.models import Contribution, Edition, Format, Price, Subject
from catalog.onix import forms, numbers, physical, publishing, supply, topics

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMS = {
    Format.HARDBACK: "BB",
    Format.PAPERBACK: "BC",
    Format.LARGE_PRINT: "BC",
    Format.BOARD_BOOK: "BH",
    Format.EBOOK: "ED",
    Format.AUDIOBOOK: "AJ",
    Format.AUDIO_CD: "AC",
    Format.MAP: "CA",
    Format.SHEET_MUSIC: "PI",
    Format.OTHER: "ZZ",
}
"""List 150."""
_ONLY_OLD = frozenset({"DG", "DH", "WW", "WX"})
"""Codes that list 7 has and list 150 has not."""
_QUALIFIERS = {"1": "94", "2": "95", "3": "96", "4": "97", "5": "98", "6": "99"}
"""List 27: Thema's qualifiers, by the digit that their codes begin with."""
_NOT_FOR_SALE = "46"
"""List 65."""
_FREE, _TO_BE_ANNOUNCED = "01", "02"
"""List 57."""
_RETAILER = "08"
"""List 93."""
_PRICE_WITH_TAX = "02"
IN_STORE_NUMBER = "In-store number"

FOOTER = "</ONIXMessage>\n"


def header(*, sender: str, sent_at: datetime.datetime) -> str:
    """The beginning of a message."""
    sent = sent_at.astimezone(datetime.UTC).strftime("%Y%m%dT%H%MZ")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ONIXMessage release="3.1" xmlns="http://ns.editeur.org/onix/3.1/reference">\n'
        + _in("Header", _in("Sender", _line("SenderName", sender)), _line("SentDateTime", sent))
        + "\n"
    )


def product(edition: Edition, *, sender: str) -> str:
    """One edition as a product; `sender` is the shop that supplies it.

    Reads what `export_onix` in catalog/onix_exporting.py has fetched, and nothing else.
    """
    return (
        _in(
            "Product",
            _line("RecordReference", f"shop.{edition.isbn13}"),
            _line("NotificationType", "03"),
            *_identifiers(edition),
            _in("DescriptiveDetail", *_descriptive(edition)),
            _in("CollateralDetail", *_collateral(edition)),
            _in("PublishingDetail", *_publishing(edition)),
            _in("RelatedMaterial", *_related(edition)),
            _in("ProductSupply", _in("SupplyDetail", *_supply(edition, sender))),
        )
        + "\n"
    )


def _in(name: str, *parts: str) -> str:
    """An element with others inside; nothing where nothing is inside."""
    inner = "".join(parts)
    return f"<{name}>{inner}</{name}>" if inner else ""


def _line(name: str, value: object, attributes: str = "") -> str:
    """An element with text inside; nothing where there is no value."""
    if value is None or value == "":
        return ""
    return f"<{name}{attributes}>{escape(_NOT_XML.sub('', str(value)))}</{name}>"


def _identifiers(edition: Edition) -> Iterator[str]:
    for kind in numbers.kinds(edition.isbn13):
        yield _in(
            "ProductIdentifier",
            _line("ProductIDType", kind),
            _line("IDTypeName", IN_STORE_NUMBER if kind == numbers.PROPRIETARY else ""),
            _line("IDValue", edition.isbn13),
        )


def _form(edition: Edition) -> str:
    """The form as sent, if it is of today's list and says what the format says."""
    sent, format_ = edition.product_form, Format(edition.format)
    said = forms.of_code(sent) or Format.OTHER
    if sent not in ("", "00") and sent not in _ONLY_OLD and said == format_:
        return sent
    return _FORMS[format_]


def _descriptive(edition: Edition) -> Iterator[str]:
    work = edition.work
    yield _line("ProductComposition", "00")
    yield _line("ProductForm", _form(edition))
    yield from _measures(edition)
    for membership in work.series_memberships.all():
        yield _collection(membership.series.title, membership.label)
    yield _title(
        "01",
        _line("TitleText", edition.display_title),
        _line("Subtitle", edition.display_subtitle),
    )
    for place, contribution in enumerate(edition.own_contributions, start=1):
        yield _contributor(place, contribution)
    if edition.format == Format.LARGE_PRINT:
        yield _line("EditionType", forms.LARGE_PRINT_EDITION)
    yield _line("EditionNumber", edition.edition_number)
    yield _line("EditionStatement", edition.edition_statement)
    yield _language("01", edition.language)
    yield _language("02", work.original_language)
    yield _extent("00", edition.pages, "03")
    yield _extent("09", edition.duration_minutes, "05")
    yield from _subjects(edition)
    for code in work.audiences:
        yield _in("Audience", _line("AudienceCodeType", "01"), _line("AudienceCodeValue", code))


def _title(level: str, *parts: str) -> str:
    element = _in("TitleElement", _line("TitleElementLevel", level), *parts)
    return _in("TitleDetail", _line("TitleType", "01"), element)


def _collection(title: str, position: str) -> str:
    product_level = (
        _in("TitleElement", _line("TitleElementLevel", "01"), _line("PartNumber", position))
        if position
        else ""
    )
    series_level = _in("TitleElement", _line("TitleElementLevel", "02"), _line("TitleText", title))
    detail = _in("TitleDetail", _line("TitleType", "01"), product_level, series_level)
    return _in("Collection", _line("CollectionType", "10"), detail)


def _contributor(place: int, contribution: Contribution) -> str:
    person = contribution.contributor
    names = ("CorporateName", "CorporateNameInverted")
    if not person.is_corporate:
        names = ("PersonName", "PersonNameInverted")
    return _in(
        "Contributor",
        _line("SequenceNumber", place),
        _line("ContributorRole", contribution.role),
        _line(names[0], person.name),
        _line(names[1], person.sort_name),
        _year("ContributorDate", "50", person.birth_year),
        _year("ContributorDate", "51", person.death_year),
        _line("BiographicalNote", person.biography, ' textformat="06"'),
    )


def _year(name: str, role: str, year: int | None) -> str:
    """A date that is a year; ONIX has none before the common era."""
    if year is None or year < 1:
        return ""
    date = _line("Date", f"{year:04}", ' dateformat="05"')
    return _in(name, _line(f"{name}Role", role), date)


def _language(role: str, key: str) -> str:
    if not key:
        return ""
    code = languages.to_trade(key)
    return _in("Language", _line("LanguageRole", role), _line("LanguageCode", code))


def _measures(edition: Edition) -> Iterator[str]:
    for kind, size, unit in (
        (physical.HEIGHT, edition.height_mm, "mm"),
        (physical.WIDTH, edition.width_mm, "mm"),
        (physical.THICKNESS, edition.thickness_mm, "mm"),
        (physical.WEIGHT, edition.weight_grams, "gr"),
    ):
        if size:
            yield _in(
                "Measure",
                _line("MeasureType", kind),
                _line("Measurement", size),
                _line("MeasureUnitCode", unit),
            )


def _extent(kind: str, value: int | None, unit: str) -> str:
    if not value:
        return ""
    return _in(
        "Extent",
        _line("ExtentType", kind),
        _line("ExtentValue", value),
        _line("ExtentUnit", unit),
    )


def _subjects(edition: Edition) -> Iterator[str]:
    work = edition.work
    for subject in sorted(work.subjects.all(), key=lambda each: each.pk != work.main_subject_id):
        if subject.scheme == Subject.Scheme.THEMA:
            scheme = _QUALIFIERS.get(subject.code[0], "93")
            yield _subject(scheme, subject.code, is_main=subject.pk == work.main_subject_id)
    for row in work.classifications.all():
        scheme = "10" if row.scheme == topics.BISAC else "12"
        yield _subject(scheme, row.code, is_main=row.is_main)
    if work.keywords:
        yield _in(
            "Subject",
            _line("SubjectSchemeIdentifier", "20"),
            _line("SubjectHeadingText", work.keywords),
        )


def _subject(scheme: str, code: str, *, is_main: bool) -> str:
    return _in(
        "Subject",
        "<MainSubject/>" if is_main else "",
        _line("SubjectSchemeIdentifier", scheme),
        _line("SubjectCode", code),
    )


def _collateral(edition: Edition) -> Iterator[str]:
    if edition.work.description:
        yield _in(
            "TextContent",
            _line("TextType", "03"),
            _line("ContentAudience", "00"),
            _line("Text", edition.work.description, ' textformat="06"'),
        )
    if edition.cover_url:
        link = _line("ResourceLink", edition.cover_url)
        yield _in(
            "SupportingResource",
            _line("ResourceContentType", "01"),
            _line("ContentAudience", "00"),
            _line("ResourceMode", "03"),
            _in("ResourceVersion", _line("ResourceForm", "02"), link),
        )


def _publishing(edition: Edition) -> Iterator[str]:
    yield _in("Imprint", _line("ImprintName", edition.imprint.name))
    publisher = edition.imprint.publisher.name
    yield _in("Publisher", _line("PublishingRole", "01"), _line("PublisherName", publisher))
    yield _line("PublishingStatus", edition.publishing_status)
    yield _day("PublishingDate", publishing.PUBLICATION, edition.publication_date)
    yield _day("PublishingDate", publishing.EMBARGO, edition.embargo_date)
    yield _year("PublishingDate", publishing.FIRST_PUBLICATION, edition.work.first_published)


def _day(name: str, role: str, day: datetime.date | None) -> str:
    if day is None:
        return ""
    date = _line("Date", f"{day:%Y%m%d}", ' dateformat="00"')
    return _in(name, _line(f"{name}Role", role), date)


def _related(edition: Edition) -> Iterator[str]:
    if edition.replaced_by:
        yield _relation("05", edition.replaced_by)
    for other in edition.work.editions.all():
        if other.pk != edition.pk and other.format != Format.GIFT_CARD:
            yield _relation("06", other)


def _relation(code: str, edition: Edition) -> str:
    return _in("RelatedProduct", _line("ProductRelationCode", code), *_identifiers(edition))


def _supply(edition: Edition, sender: str) -> Iterator[str]:
    yield _in("Supplier", _line("SupplierRole", _RETAILER), _line("SupplierName", sender))
    yield _line("ProductAvailability", _availability(edition))
    prices: Iterable[Price] = edition.prices.all()
    written = [_price(price) for price in prices if price.amount]
    if written:
        yield from written
    else:
        yield _line("UnpricedItemType", _FREE if list(prices) else _TO_BE_ANNOUNCED)


def _availability(edition: Edition) -> str:
    """What suppliers say; of what the shop does not offer, that it is not for sale."""
    said = edition.supplier_availability
    is_withdrawn = supply.is_withdrawn(status=edition.publishing_status, availability=said)
    return said or supply.CONTACT_SUPPLIER if edition.is_offered or is_withdrawn else _NOT_FOR_SALE


def _price(price: Price) -> str:
    tax = ""
    if price.tax_rate is not None:
        tax = _in("Tax", _line("TaxType", "01"), _line("TaxRatePercent", price.tax_rate))
    return _in(
        "Price",
        _line("PriceType", _PRICE_WITH_TAX),
        _line("PriceAmount", price.amount),
        tax,
        _line("CurrencyCode", price.currency),
        _day("PriceDate", supply.FROM, price.valid_from),
        _day("PriceDate", supply.UNTIL, price.valid_to),
    )
