"""Small ONIX files of our own, as bytes."""

from catalog.tests.factories import sku

PRODUCT = """
<Product><RecordReference>ref-{number}</RecordReference><NotificationType>03</NotificationType>
<ProductIdentifier><ProductIDType>01</ProductIDType><IDTypeName>own</IDTypeName>
<IDValue>{sku}</IDValue></ProductIdentifier>
<ProductIdentifier><ProductIDType>03</ProductIDType><IDValue>{sku}</IDValue></ProductIdentifier>
<DescriptiveDetail><ProductComposition>00</ProductComposition><ProductForm>BC</ProductForm>
<TitleDetail><TitleType>01</TitleType><TitleElement><TitleElementLevel>01</TitleElementLevel>
<TitleText>{title}</TitleText></TitleElement></TitleDetail>
<Contributor><SequenceNumber>1</SequenceNumber><ContributorRole>A01</ContributorRole>
<PersonName>Ada {number}</PersonName><PersonNameInverted>{number}, Ada</PersonNameInverted>
</Contributor>
<Language><LanguageRole>01</LanguageRole><LanguageCode>eng</LanguageCode></Language>
<Extent><ExtentType>00</ExtentType><ExtentValue>{pages}</ExtentValue><ExtentUnit>03</ExtentUnit>
</Extent></DescriptiveDetail>
<PublishingDetail><Imprint><ImprintName>House {imprint}</ImprintName></Imprint>
<PublishingStatus>04</PublishingStatus></PublishingDetail>
<ProductSupply><SupplyDetail><Supplier><SupplierRole>00</SupplierRole></Supplier>
<ProductAvailability>21</ProductAvailability>
<Price><PriceType>02</PriceType><PriceAmount>9.99</PriceAmount></Price></SupplyDetail>
</ProductSupply></Product>"""


def product(number: int, *, title: str = "", pages: int = 100) -> str:
    """One record; its title can be any XML."""
    return PRODUCT.format(
        number=number,
        sku=sku(number),
        title=title or f"Title {number}",
        pages=pages,
        imprint=number % 3,
    )


def message(*products: str) -> bytes:
    """A whole file."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ONIXMessage release="3.0"'
        ' xmlns="http://ns.editeur.org/onix/3.0/reference">'
        "<Header><Sender><SenderName>House</SenderName></Sender></Header>"
        + "".join(products)
        + "\n</ONIXMessage>\n"
    ).encode()
