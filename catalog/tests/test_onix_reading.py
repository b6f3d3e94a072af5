"""Reading records: identifiers, titles, forms, subjects, dates, texts, notifications."""

import datetime
from decimal import Decimal

import pytest

from catalog.onix.records import Collection, Record, Topic, Unreadable
from catalog.onix.titles import position
from catalog.tests.onix_records import (
    NUMBER,
    described,
    descriptive,
    identifier,
    message,
    old_record,
    product,
    record,
    results,
    troubles,
)


def published(*parts: str) -> Record:
    return record(descriptive(), f"<PublishingDetail>{''.join(parts)}</PublishingDetail>")


def dated(role: str, text: str, date_format: str = "") -> str:
    attribute = f' dateformat="{date_format}"' if date_format else ""
    return (
        f"<PublishingDate><PublishingDateRole>{role}</PublishingDateRole>"
        f"<Date{attribute}>{text}</Date></PublishingDate>"
    )


def test_a_small_record() -> None:
    found = record()
    assert (found.reference, found.notification, found.isbn13) == ("shop.1", "03", NUMBER)
    assert (found.title, found.format, found.product_form) == ("The Waves", "paperback", "BC")
    assert (found.line, found.ordinal, found.troubles) == (3, 1, ())


@pytest.mark.parametrize(
    ("identifiers", "number"),
    [
        ([("15", "9780000000002"), ("03", "4006381333931")], "9780000000002"),
        ([("03", "9780000000002")], "9780000000002"),
        ([("15", "978-0-00-000000-2")], "9780000000002"),
        ([("15", "978000000\u200b0002\ufeff")], "9780000000002"),
        ([("02", "0000000000")], "9780000000002"),
        ([("15", "9780000000003"), ("02", "0000000000")], "9780000000002"),
        ([("01", NUMBER)], NUMBER),
        ([("03", NUMBER)], NUMBER),
        ([("01", "9780000000002")], ""),
        ([("01", "12345")], ""),
        ([("03", "4006381333931")], "4006381333931"),
        ([("03", "4006381333931"), ("02", "0000000000")], "9780000000002"),
        ([("03", "4006381333931"), ("01", NUMBER)], "4006381333931"),
        ([("25", "9790260000438")], "9790260000438"),
        ([("03", "9790260000438")], "9790260000438"),
        ([("05", "M-2600-0043-8")], "9790260000438"),
        ([("15", "4006381333932")], ""),
    ],
)
def test_identifiers(identifiers: list[tuple[str, str]], number: str) -> None:
    assert old_record(*(identifier(*each) for each in identifiers)).isbn13 == number


def test_a_wrong_check_digit_is_said() -> None:
    found = old_record(identifier("15", "9780000000003"))
    assert ("ProductIdentifier", "“9780000000003” is no valid ISBN.") in troubles(found)
    found = old_record(identifier("25", "9790260000439"))
    assert ("ProductIdentifier", "“9790260000439” is no valid ISMN.") in troubles(found)


def test_neither_reference_nor_number() -> None:
    (found,) = results("<ONIXMessage>\n<Product><ProductForm>BC</ProductForm></Product>")
    assert isinstance(found, Unreadable)
    assert found.line == 2
    assert found.message == "The record has neither a reference nor a sound number."


def test_no_reference() -> None:
    (found,) = results(message(product(reference="")))
    assert isinstance(found, Record)
    assert found.reference == NUMBER
    assert troubles(found) == [("RecordReference", "It is missing; the number was taken.")]


def titled(*elements: str, kind: str = "01") -> str:
    inner = "".join(f"<TitleElement>{each}</TitleElement>" for each in elements)
    return f"<TitleDetail><TitleType>{kind}</TitleType>{inner}</TitleDetail>"


LEVEL_1 = "<TitleElementLevel>01</TitleElementLevel>"
LEVEL_2 = "<TitleElementLevel>02</TitleElementLevel>"


@pytest.mark.parametrize(
    ("details", "title", "subtitle"),
    [
        (
            titled(
                f"{LEVEL_1}<TitlePrefix>The</TitlePrefix>"
                "<TitleWithoutPrefix>Waves</TitleWithoutPrefix><Subtitle>A novel</Subtitle>"
            ),
            "The Waves",
            "A novel",
        ),
        (
            titled(
                f"{LEVEL_1}<TitlePrefix>L’</TitlePrefix>"
                "<TitleWithoutPrefix>Étranger</TitleWithoutPrefix>"
            ),
            "L’Étranger",
            "",
        ),
        (
            titled(f"{LEVEL_1}<TitleText>WAVES (PB)</TitleText>", kind="10")
            + titled(f"{LEVEL_1}<TitleText>THE WAVES</TitleText>"),
            "THE WAVES",
            "",
        ),
        (
            titled(
                f"{LEVEL_2}<TitleText>Collected Essays</TitleText>",
                f"{LEVEL_1}<PartNumber>Volume 3</PartNumber>",
            ),
            "Collected Essays Volume 3",
            "",
        ),
        (
            titled(f"{LEVEL_1}<TitleText>The <i>Waves</i>\n again</TitleText>"),
            "The Waves again",
            "",
        ),
        (
            titled(f"{LEVEL_1}<TitleText>&lt;script&gt;alert(1)&lt;/script&gt;Waves</TitleText>"),
            "Waves",
            "",
        ),
        (
            titled(f"{LEVEL_1}<TitleText>I &lt;3 R&amp;B, 1 &lt; 2</TitleText>"),
            "I <3 R&B, 1 < 2",
            "",
        ),
    ],
)
def test_titles(details: str, title: str, subtitle: str) -> None:
    found = record(f"<DescriptiveDetail>{details}</DescriptiveDetail>")
    assert (found.title, found.subtitle) == (title, subtitle)


@pytest.mark.parametrize(
    "parts",
    [
        "<Title><TitleType>01</TitleType><TitlePrefix>The</TitlePrefix>"
        "<TitleWithoutPrefix>Waves</TitleWithoutPrefix></Title>",
        "<DistinctiveTitle>The Waves</DistinctiveTitle>",
    ],
)
def test_old_titles(parts: str) -> None:
    assert old_record(parts).title == "The Waves"


def test_no_title() -> None:
    assert ("TitleText", "It is missing.") in troubles(old_record("<ProductForm>BC</ProductForm>"))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("3", "3"), ("Band 3", "3"), ("III", "3"), ("Vol. XIV", "14"), ("2.5", "2.5"),
        ("2,5", "2.5"), ("Book 12 of 20", "12"), ("XL", "40"), ("Winter", None), ("", None),
    ],
)  # fmt: skip
def test_positions(text: str, place: str | None) -> None:
    assert position(text) == (Decimal(place) if place else None)


def test_collections() -> None:
    detail = titled(
        f"{LEVEL_2}<TitlePrefix>The</TitlePrefix><TitleWithoutPrefix>Voyages</TitleWithoutPrefix>",
        f"{LEVEL_1}<PartNumber>Band II</PartNumber>",
    )
    found = described(f"<Collection><CollectionType>10</CollectionType>{detail}</Collection>")
    assert found.collections == (Collection("The Voyages", Decimal(2)),)


def test_old_series() -> None:
    found = old_record(
        "<Series><TitleOfSeries>Voyages</TitleOfSeries>"
        "<NumberWithinSeries>4</NumberWithinSeries></Series>"
    )
    assert found.collections == (Collection("Voyages", Decimal(4)),)


def details(*codes: str) -> str:
    return "".join(f"<ProductFormDetail>{code}</ProductFormDetail>" for code in codes)


@pytest.mark.parametrize(
    ("form", "more", "format_", "is_book"),
    [
        ("BB", "", "hardback", True),
        ("BC", "", "paperback", True),
        ("BC", "<EditionType>LTE</EditionType>", "large_print", True),
        ("BA", details("B402"), "hardback", True),
        ("BA", "", "paperback", True),
        ("BH", "", "board_book", True),
        ("AC", "", "audio_cd", True),
        ("AA", details("A101"), "audio_cd", True),
        ("AJ", "", "audiobook", True),
        ("ED", details("A103"), "audiobook", True),
        ("ED", details("E101"), "ebook", True),
        ("DG", "", "ebook", True),
        ("CB", "", "map", True),
        ("PI", "", "sheet_music", True),
        ("SB", details("B102"), "paperback", True),
        ("XC", "", "", False),
        ("WX", "", "", False),
        ("ZE", "", "", False),
        ("PC", "", "", False),
        ("BC", "<ProductComposition>30</ProductComposition>", "", False),
    ],
)
def test_forms(form: str, more: str, format_: str, is_book: bool) -> None:
    found = record(descriptive(more, form=form))
    assert (found.format, found.product_form, found.is_book) == (format_, form, is_book)


def subject(scheme: str, code: str, *, main: bool = False) -> str:
    return (
        f"<Subject>{'<MainSubject/>' if main else ''}"
        f"<SubjectSchemeIdentifier>{scheme}</SubjectSchemeIdentifier>"
        f"<SubjectCode>{code}</SubjectCode></Subject>"
    )


def test_topics() -> None:
    found = described(
        subject("93", "FBA", main=True),
        subject("93", "FBC", main=True),
        subject("94", "1DDU"),
        subject("10", "fic 019000", main=True),
        subject("12", "FA"),
        subject("26", "1110"),
        subject("93", "F?B"),
        subject("93", "FBA"),
    )
    assert found.topics == (
        Topic("thema", "FBA", is_main=True),
        Topic("thema", "FBC"),
        Topic("thema", "1DDU"),
        Topic("bisac", "FIC019000", is_main=True),
        Topic("bic", "FA"),
    )


def test_old_topics() -> None:
    found = old_record(
        "<BASICMainSubject>FIC019000</BASICMainSubject><BICMainSubject>FA</BICMainSubject>"
        "<MainSubject><MainSubjectSchemeIdentifier>93</MainSubjectSchemeIdentifier>"
        "<SubjectCode>FBA</SubjectCode></MainSubject>"
    )
    assert found.topics == tuple(
        Topic(*each, is_main=True)
        for each in (("bisac", "FIC019000"), ("bic", "FA"), ("thema", "FBA"))
    )


def test_languages() -> None:
    language = "<Language><LanguageRole>{}</LanguageRole><LanguageCode>{}</LanguageCode></Language>"
    found = described(language.format("01", "ger"), language.format("02", "hun"))
    assert (found.language, found.original_language) == ("de", "hu")
    header = "<Header><DefaultLanguageOfText>fre</DefaultLanguageOfText></Header>"
    assert record(header=header).language == "fr"
    unknown = described(language.format("01", "tlh"))
    assert (unknown.language, troubles(unknown)) == (
        "",
        [("LanguageCode", "The language “tlh” is not known.")],
    )


@pytest.mark.parametrize(
    ("text", "date_format", "day"),
    [
        ("20240229", "00", (2024, 2, 29)),
        ("202403", "01", (2024, 3, 1)),
        ("202410", "02", (2024, 3, 4)),
        ("20243", "03", (2024, 7, 1)),
        ("20242", "04", (2024, 6, 1)),
        ("2024", "05", (2024, 1, 1)),
        ("2024030120240401", "06", (2024, 3, 1)),
        ("20240301T0930", "13", (2024, 3, 1)),
        ("20240301T093015Z", "14", (2024, 3, 1)),
        ("2024-03-01", "", (2024, 3, 1)),
        ("20240300", "", (2024, 3, 1)),
        ("2024", "00", (2024, 1, 1)),
        ("20240301", "05", (2024, 3, 1)),
    ],
)
def test_dates(text: str, date_format: str, day: tuple[int, int, int]) -> None:
    found = published(dated("01", text, date_format))
    assert found.publication_date == datetime.date(*day)
    assert found.troubles == ()


@pytest.mark.parametrize("text", ["20240230", "20241301", "soon", "99999999", "202499", "²⁰²⁴"])
def test_dates_that_cannot_be(text: str) -> None:
    found = published(dated("01", text))
    assert found.publication_date is None
    assert troubles(found) == [("Date", f"“{text}” is no date that can be.")]


def test_roles_of_dates() -> None:
    found = published(dated("01", "20240301"), dated("02", "20240305"), dated("11", "1931", "05"))
    assert found.publication_date == datetime.date(2024, 3, 1)
    assert found.embargo_date == datetime.date(2024, 3, 5)
    assert found.first_published == 1931


def test_old_dates() -> None:
    found = old_record(
        "<PublicationDate>20240301</PublicationDate><YearFirstPublished>1931</YearFirstPublished>"
        "<SupplyDetail><OnSaleDate>20240305</OnSaleDate></SupplyDetail>"
    )
    assert found.publication_date == datetime.date(2024, 3, 1)
    assert (found.embargo_date, found.first_published) == (datetime.date(2024, 3, 5), 1931)


def test_names_of_imprint_and_publisher() -> None:
    imprint = "<Imprint><ImprintName>Hogarth</ImprintName></Imprint>"
    house = (
        "<Publisher><PublishingRole>{}</PublishingRole>"
        "<PublisherName>{}</PublisherName></Publisher>"
    )
    both = published(imprint, house.format("05", "Host"), house.format("01", "House"))
    assert (both.imprint, both.publisher) == ("Hogarth", "House")
    assert published(house.format("01", "House")).imprint == "House"
    assert published(imprint).publisher == "Hogarth"


def test_status() -> None:
    assert published("<PublishingStatus>07</PublishingStatus>").publishing_status == "07"


def notified(code: str, *parts: str) -> Record | Unreadable:
    text = product(*parts).replace("<NotificationType>03", f"<NotificationType>{code}")
    (found,) = results(message(text))
    return found


def test_block_update() -> None:
    found = notified("04", "<PublishingDetail/><ProductSupply/>")
    assert isinstance(found, Record)
    assert (found.notification, found.blocks) == ("04", frozenset({4, 6}))
    assert found.troubles == ()


def test_old_update() -> None:
    text = message(product("<SupplyDetail/>")).replace("Type>03<", "Type>12<")
    (found,) = results(text)
    assert isinstance(found, Record)
    assert (found.notification, found.blocks) == ("04", frozenset({6}))


def test_delete() -> None:
    found = notified("05", "<DeletionText>Sent by\n mistake</DeletionText>")
    assert isinstance(found, Record)
    assert (found.notification, found.isbn13) == ("05", NUMBER)
    assert (found.deletion_reason, found.troubles) == ("Sent by mistake", ())


def test_tests_of_the_sender() -> None:
    found = notified("89")
    assert isinstance(found, Unreadable)
    assert found.message == "The record is only a test of the sender’s."


def test_short_tags() -> None:
    (found,) = results(
        "<ONIXmessage><product><a001>short.1</a001><a002>03</a002>"
        f"<productidentifier><b221>01</b221><b244>{NUMBER}</b244></productidentifier>"
        "<descriptivedetail><b012>BB</b012><titledetail><b202>01</b202><titleelement>"
        "<x409>01</x409><b030>The</b030><b031>Waves</b031></titleelement></titledetail>"
        "<contributor><b034>1</b034><b035>A01</b035><b037>Woolf, Virginia</b037></contributor>"
        "<subject><x425/><b067>93</b067><b069>FBC</b069></subject></descriptivedetail>"
        "</product></ONIXmessage>"
    )
    assert isinstance(found, Record)
    assert (found.isbn13, found.title, found.format) == (NUMBER, "The Waves", "hardback")
    assert [person.name for person in found.people] == ["Virginia Woolf"]
    assert found.topics == (Topic("thema", "FBC", is_main=True),)
