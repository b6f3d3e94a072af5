"""Small ONIX files of our own, to read in tests."""

import io
from pathlib import Path

import pytest
from django.conf import settings

from catalog.onix.reading import Products, products, read
from catalog.onix.records import Record, Unreadable

SHARED = Path(settings.BASE_DIR).parent / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data")

NUMBER = "2900000000018"


def product(*parts: str, reference: str = "shop.1", number: str = NUMBER) -> str:
    """A product of ONIX 3 with these parts; without any, its descriptive detail has a title."""
    inner = "".join(parts) or descriptive()
    return (
        f"<Product><RecordReference>{reference}</RecordReference>"
        "<NotificationType>03</NotificationType>"
        f"<ProductIdentifier><ProductIDType>01</ProductIDType><IDTypeName>In-store</IDTypeName>"
        f"<IDValue>{number}</IDValue></ProductIdentifier>{inner}</Product>"
    )


def descriptive(*parts: str, title: str = "The Waves", form: str = "BC") -> str:
    """A descriptive detail with a title."""
    return (
        f"<DescriptiveDetail><ProductForm>{form}</ProductForm><TitleDetail><TitleType>01</TitleType>"
        "<TitleElement><TitleElementLevel>01</TitleElementLevel>"
        f"<TitleText>{title}</TitleText></TitleElement></TitleDetail>{''.join(parts)}"
        "</DescriptiveDetail>"
    )


def supply(*prices: str) -> str:
    """A supply by one supplier, at these prices."""
    return f"<ProductSupply><SupplyDetail>{''.join(prices)}</SupplyDetail></ProductSupply>"


def message(*records: str, header: str = "") -> str:
    """An ONIX 3.0 message; each record begins a line."""
    lines = "\n".join(records)
    return f'<ONIXMessage release="3.0">\n{header}\n{lines}\n</ONIXMessage>\n'


def opened(text: str | bytes) -> Products:
    """The products of a file."""
    return products(io.BytesIO(text.encode() if isinstance(text, str) else text))


def results(text: str | bytes) -> list[Record | Unreadable]:
    """What is read of a file."""
    found = opened(text)
    return [read(each, found.defaults) for each in found]


def record(*parts: str, header: str = "") -> Record:
    """The record of a file that has the one product with these parts."""
    (only,) = results(message(product(*parts), header=header))
    assert isinstance(only, Record), only
    return only


def described(*parts: str) -> Record:
    """The record of a product whose descriptive detail has these parts beside its title."""
    return record(descriptive(*parts))


def old_record(*parts: str) -> Record:
    """The record of a product of ONIX 2.1 with these parts."""
    text = "".join(parts)
    (only,) = results(
        "<ONIXMessage><Product><RecordReference>old.1</RecordReference>"
        f"<NotificationType>03</NotificationType>{text}</Product></ONIXMessage>"
    )
    assert isinstance(only, Record), only
    return only


def identifier(kind: str, value: str) -> str:
    """What identifies a product: the kind by list 5, and the number."""
    return (
        f"<ProductIdentifier><ProductIDType>{kind}</ProductIDType><IDValue>{value}</IDValue>"
        "</ProductIdentifier>"
    )


def troubles(found: Record) -> list[tuple[str, str]]:
    """What was noted, without the lines."""
    return [(each.field, each.message) for each in found.troubles]
