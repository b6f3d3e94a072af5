"""Reading records: texts, covers, relations, extents and measures."""

import pytest

from catalog.onix.records import Relation
from catalog.tests.onix_records import (
    described,
    descriptive,
    identifier,
    old_record,
    record,
    troubles,
)


def texts(*contents: tuple[str, str]) -> str:
    inner = "".join(
        f"<TextContent><TextType>{kind}</TextType><ContentAudience>00</ContentAudience>{text}"
        "</TextContent>"
        for kind, text in contents
    )
    return f"<CollateralDetail>{inner}</CollateralDetail>"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<Text>One\nline.\n\nTwo.</Text>", "One\nline.\n\nTwo."),
        (
            '<Text textformat="05"><p>One <em>fine</em>\nline.</p><p>Two<br/>three.</p></Text>',
            "One fine line.\n\nTwo\nthree.",
        ),
        (
            '<Text textformat="02">&lt;p&gt;One.&lt;/p&gt;&lt;ul&gt;&lt;li&gt;a&lt;/li&gt;'
            "&lt;li&gt;b&lt;/li&gt;&lt;/ul&gt;</Text>",
            "One.\n\na\nb",
        ),
        (
            '<Text textformat="02"><![CDATA[<p onclick="x()">R&eacute;gine<script>alert(1)'
            "</script></p><p>Two</p>]]></Text>",
            "Régine\n\nTwo",
        ),
        (
            "<Text><![CDATA[&lt;p&gt;Twice &amp;amp; again&lt;/p&gt;&lt;p&gt;x&lt;/p&gt;]]></Text>",
            "Twice & again\n\nx",
        ),
        ('<Text textformat="05"><p>a<script>alert(1)</script>b</p></Text>', "ab"),
        ("<Text>1 &lt; 2 &amp; 3</Text>", "1 < 2 & 3"),
    ],
)
def test_descriptions(text: str, plain: str) -> None:
    assert record(descriptive(), texts(("03", text))).description == plain


def test_the_best_text_for_customers() -> None:
    found = record(
        descriptive(),
        texts(("02", "<Text>Short</Text>"), ("06", "<Text>Quote</Text>"), ("03", "<Text>L</Text>")),
    )
    assert found.description == "L"
    assert record(descriptive(), texts(("02", "<Text>Short</Text>"))).description == "Short"
    old = "<OtherText><TextTypeCode>{}</TextTypeCode><Text>{}</Text></OtherText>"
    assert old_record(old.format("01", "Main"), old.format("13", "Bio")).description == "Main"


def test_a_text_that_is_too_long_is_cut() -> None:
    found = record(descriptive(), texts(("03", f"<Text>{'word ' * 5000}</Text>")))
    assert len(found.description) <= 20_000
    assert found.description.endswith("word…")
    assert troubles(found) == [("Text", "The description is too long; it was cut.")]


def cover(address: str) -> str:
    return (
        "<CollateralDetail><SupportingResource><ResourceContentType>01</ResourceContentType>"
        "<ResourceMode>03</ResourceMode><ResourceVersion>"
        f"<ResourceLink>{address}</ResourceLink></ResourceVersion></SupportingResource>"
        "</CollateralDetail>"
    )


def test_covers() -> None:
    address = "https://covers.example/1.jpg?a=1&amp;b=2"
    assert record(descriptive(), cover(address)).cover_url == address.replace("&amp;", "&")
    old = (
        "<MediaFile><MediaFileTypeCode>04</MediaFileTypeCode><MediaFileLinkTypeCode>01"
        "</MediaFileLinkTypeCode><MediaFileLink>http://covers.example/1.jpg</MediaFileLink>"
        "</MediaFile>"
    )
    assert old_record(old).cover_url == "http://covers.example/1.jpg"


@pytest.mark.parametrize(
    "address", ["ftp://covers.example/1.jpg", "javascript:alert(1)", "1.jpg", "https://a b"]
)
def test_covers_that_cannot_be_fetched(address: str) -> None:
    found = record(descriptive(), cover(address))
    assert found.cover_url == ""
    assert [each.field for each in found.troubles] == ["ResourceLink"]


def test_relations() -> None:
    related = (
        "<RelatedProduct><ProductRelationCode>06</ProductRelationCode>"
        "<ProductRelationCode>27</ProductRelationCode>"
        f"{identifier('01', '2900000000025')}</RelatedProduct>"
        "<RelatedProduct><ProductRelationCode>03</ProductRelationCode>"
        f"{identifier('15', '9780000000003')}</RelatedProduct>"
    )
    found = record(descriptive(), f"<RelatedMaterial>{related}</RelatedMaterial>")
    assert found.relations == (Relation("06", "2900000000025"), Relation("27", "2900000000025"))


def extent(kind: str, value: str, unit: str) -> str:
    return (
        f"<Extent><ExtentType>{kind}</ExtentType><ExtentValue>{value}</ExtentValue>"
        f"<ExtentUnit>{unit}</ExtentUnit></Extent>"
    )


def test_pages() -> None:
    assert described(extent("07", "256", "03"), extent("00", "240", "03")).pages == 240
    assert old_record("<NumberOfPages>240</NumberOfPages>").pages == 240
    wrong = described(extent("00", "many", "03"))
    assert (wrong.pages, troubles(wrong)) == (
        None,
        [("ExtentValue", "“many” is no number of pages.")],
    )


@pytest.mark.parametrize(
    ("value", "unit", "minutes"),
    [
        ("9.5", "04", 570), ("570", "05", 570), ("34200", "06", 570), ("9", "14", 540),
        ("0930", "15", 570), ("0093015", "16", 570), ("x", "05", None),
    ],
)  # fmt: skip
def test_durations(value: str, unit: str, minutes: int | None) -> None:
    assert described(extent("09", value, unit)).duration_minutes == minutes


def measure(kind: str, value: str, unit: str) -> str:
    return (
        f"<Measure><MeasureType>{kind}</MeasureType><Measurement>{value}</Measurement>"
        f"<MeasureUnitCode>{unit}</MeasureUnitCode></Measure>"
    )


def test_measures() -> None:
    found = described(
        measure("01", "7.8", "in"),
        measure("02", "12.9", "cm"),
        measure("03", "21", "mm"),
        measure("08", "8.5", "oz"),
    )
    assert (found.height_mm, found.width_mm, found.thickness_mm) == (198, 129, 21)
    assert found.weight_grams == 241


@pytest.mark.parametrize("sent", [("01", "0", "mm"), ("08", "5", "mm"), ("01", "x", "mm")])
def test_measures_that_cannot_be(sent: tuple[str, str, str]) -> None:
    found = described(measure(*sent))
    assert (found.height_mm, found.weight_grams) == (None, None)
    assert [each.field for each in found.troubles] == ["Measurement"]


def test_editions() -> None:
    found = described(
        "<EditionNumber>2</EditionNumber><EditionStatement>Second, revised</EditionStatement>"
    )
    assert (found.edition_number, found.edition_statement) == (2, "Second, revised")


@pytest.mark.parametrize("text", ["sea; waves ;sea", "sea, waves,"])
def test_keywords(text: str) -> None:
    found = described(
        "<Subject><SubjectSchemeIdentifier>20</SubjectSchemeIdentifier>"
        f"<SubjectHeadingText>{text}</SubjectHeadingText></Subject>"
    )
    assert found.keywords == ("sea", "waves")


def test_audiences() -> None:
    audience = (
        "<Audience><AudienceCodeType>{}</AudienceCodeType>"
        "<AudienceCodeValue>{}</AudienceCodeValue></Audience>"
    )
    found = described(audience.format("01", "02"), audience.format("22", "05"))
    assert found.audiences == ("02",)
    assert old_record("<AudienceCode>03</AudienceCode>").audiences == ("03",)
