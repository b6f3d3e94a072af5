"""Cutting ONIX files into records: encodings, damage, bombs, memory."""

import gzip
import io
import os
import subprocess
import sys
import zipfile

import pytest
from django.conf import settings

from catalog.onix import unpacking
from catalog.onix.cutting import RECORD_BYTES
from catalog.onix.reading import NotOnix, products, read
from catalog.onix.records import Record, Unreadable
from catalog.tests.onix_records import message, opened, product, results


def titles(text: str | bytes) -> list[str]:
    return [each.title for each in results(text) if isinstance(each, Record)]


def refused(text: str | bytes) -> str:
    with pytest.raises(NotOnix) as caught:
        results(text)
    return str(caught.value)


def titled(title: str, reference: str = "shop.1") -> str:
    return product(
        "<DescriptiveDetail><ProductForm>BC</ProductForm><TitleDetail><TitleType>01</TitleType>"
        "<TitleElement><TitleElementLevel>01</TitleElementLevel>"
        f"<TitleText>{title}</TitleText></TitleElement></TitleDetail></DescriptiveDetail>",
        reference=reference,
    )


def test_records_know_their_place() -> None:
    found = list(opened(message(product(reference="a"), product(reference="b"))))
    assert [(each.ordinal, each.line) for each in found] == [(1, 3), (2, 4)]
    assert found[0].raw.startswith(b"<Product><RecordReference>a<")
    assert len(found[0].digest) == 64


def test_an_unchanged_record_has_the_same_digest() -> None:
    first, second, third = opened(message(product(), product(), product(reference="other")))
    assert first.digest == second.digest != third.digest


def test_header() -> None:
    header = (
        "<Header><Sender><SenderName>Hogarth</SenderName></Sender>"
        "<DefaultLanguageOfText>eng</DefaultLanguageOfText>"
        "<DefaultPriceType>02</DefaultPriceType><DefaultCurrencyCode>gbp</DefaultCurrencyCode>"
        "</Header>"
    )
    defaults = opened(message(product(), header=header)).defaults
    assert (defaults.sender, defaults.language) == ("Hogarth", "eng")
    assert (defaults.price_type, defaults.currency) == ("02", "GBP")


@pytest.mark.parametrize("text", ["", "\n", " "], ids=("nothing", "a line", "a space"))
def test_empty_file(text: str) -> None:
    assert refused(text) in ("The file is empty.", "The file ends before its first record.")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("isbn13,title\n1,2\n", "This is no XML file: it does not begin with a tag."),
        ("<html><body/></html>", "it begins with <html> instead of <ONIXMessage>"),
        ("<ONIXMessage", "The file ends before its first record."),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "it does not begin with a tag"),
        ("<!DOCTYPE x SYSTEM 'a'><<a>", "not well-formed XML at its beginning"),
    ],
)
def test_not_onix(text: str | bytes, why: str) -> None:
    assert why in refused(text if isinstance(text, bytes) else text + " " * 20)


@pytest.mark.parametrize("root", ["ONIXMessage", "ONIXmessage", "onixmessage"])
def test_roots(root: str) -> None:
    assert titles(f"<{root}>{titled('Orlando')}</{root}>") == ["Orlando"]


def test_a_single_record_without_a_message() -> None:
    found = opened(f'<?xml version="1.0"?>\n<!-- one -->\n{titled("Orlando")}')
    assert [each.line for each in found] == [3]
    assert found.notes == ["There is no ONIX message around the record; it was read all the same."]


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ('<ONIXMessage xmlns="http://ns.editeur.org/onix/3.0/reference">', "</ONIXMessage>"),
        ('<ONIXMessage xmlns="http://www.editeur.org/onix/2.1/reference">', "</ONIXMessage >"),
        ('<o:ONIXMessage xmlns:o="urn:x" xmlns:xsi="urn:y">', "</o:ONIXMessage>"),
    ],
)
def test_namespaces(opening: str, closing: str) -> None:
    text = titled("Orlando")
    if opening.startswith("<o:"):
        text = text.replace("</", "</o:").replace("<", "<o:").replace("<o:/o:", "</o:")
    assert titles(opening + text + closing) == ["Orlando"]


def test_a_prefix_that_is_declared_twice() -> None:
    text = titled("Orlando").replace("<Product>", '<Product xmlns:x="urn:b" x:a="1">')
    assert titles(f'<ONIXMessage xmlns:x="urn:a">{text}</ONIXMessage>') == ["Orlando"]


def test_comments_and_cdata_hide_tags() -> None:
    tricky = titled("Orlando<!-- </Product><Product> -->").replace(
        "</DescriptiveDetail>",
        "</DescriptiveDetail><CollateralDetail><TextContent><TextType>03</TextType><Text>"
        "<![CDATA[Ends </Product> here]]></Text></TextContent></CollateralDetail>",
    )
    text = message("<!-- <Product> -->", tricky, "<?x <Product> ?>", titled("Flush"))
    assert titles(text) == ["Orlando", "Flush"]


def test_utf_8_with_a_mark() -> None:
    assert titles(b"\xef\xbb\xbf" + message(titled("Árbol")).encode()) == ["Árbol"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings(encoding: str) -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?>' + message(titled("Čapek 文"))
    assert titles(text.encode(encoding)) == ["Čapek 文"]


@pytest.mark.parametrize(
    ("declared", "encoding", "title"),
    [
        ("ISO-8859-1", "cp1252", "Küng’s – €"),
        ("iso-8859-2", "iso8859_2", "Čapek"),
        ("windows-1251", "cp1251", "Война"),
        ("Shift_JIS", "shift_jis", "雪国"),
    ],
)
def test_declared_encodings(declared: str, encoding: str, title: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>' + message(titled(title))
    found = opened(text.encode(encoding))
    assert [read(each, found.defaults).title for each in found] == [title]  # type: ignore[union-attr]
    assert found.notes == []


def test_utf_8_that_is_windows_1252() -> None:
    text = '<?xml version="1.0" encoding="UTF-8"?>\n' + message(titled("Küng’s – ‘x’"))
    found = opened(text.encode("cp1252"))
    assert [read(each, found.defaults).title for each in found] == ["Küng’s – ‘x’"]  # type: ignore[union-attr]
    assert found.notes == [
        "The file is no UTF-8 from line 4 on; what is not was read as Windows-1252."
    ]


def test_some_records_in_another_encoding() -> None:
    text = message(titled("Müller"), titled("MARK")).encode().replace(b"MARK", b"M\xf6rike")
    assert titles(text) == ["Müller", "Mörike"]


def test_western_that_is_utf_8() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>' + message(titled("Küng"))
    found = opened(text)
    assert [read(each, found.defaults).title for each in found] == ["Küng"]  # type: ignore[union-attr]
    assert found.notes == ["The file says that it is in a Western encoding, but it is UTF-8."]


@pytest.mark.parametrize("name", ["zlib_codec", "unicode_escape", "rot13", "klingon"])
def test_encodings_that_are_none(name: str) -> None:
    found = opened(f'<?xml version="1.0" encoding="{name}"?>' + message(titled("Küng")))
    assert len(list(found)) == 1
    assert found.notes == [f"The file says that it is in “{name}”; it was read as UTF-8."]


def test_control_characters() -> None:
    found = opened(message(titled("Or\x00la\x1fndo")))
    assert [read(each, found.defaults).title for each in found] == ["Orlando"]  # type: ignore[union-attr]
    assert found.notes == ["Control characters in the file were left out."]


def test_named_characters() -> None:
    assert titles(message(titled("Caf&eacute; &ndash; &amp; &#8364; &hellip;"))) == ["Café – & € …"]


def test_unknown_names_and_bare_ampersands_are_text() -> None:
    (found,) = results("<ONIXMessage>\n" + titled("A &boom; B & C &#0;") + "</ONIXMessage>")
    assert isinstance(found, Record)
    assert found.title == "A &boom; B & C"
    assert [(each.field, each.line) for each in found.troubles] == [("&", 2), ("&", 2)]
    assert found.troubles[0].message.startswith("“&boom; B & C")


def test_document_type_is_never_fetched() -> None:
    found = opened(
        '<!DOCTYPE ONIXMessage SYSTEM "http://127.0.0.1:1/x.dtd">' + message(titled("A"))
    )
    assert len(list(found)) == 1
    assert found.notes == ["The document type was ignored, and nothing it names was fetched."]


@pytest.mark.parametrize(
    "subset",
    [
        '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!entity % a SYSTEM "http://127.0.0.1:1/">',
    ],
)
def test_entities_of_its_own_are_refused(subset: str) -> None:
    text = f"<!DOCTYPE ONIXMessage [{subset}]>" + message(titled("&a;"))
    assert "declares entities of its own" in refused(text)


def test_a_harmless_document_type() -> None:
    text = "<!DOCTYPE ONIXMessage [ <!ELEMENT a ANY> ]>" + message(titled("Orlando"))
    assert titles(text) == ["Orlando"]


def test_one_malformed_record_harms_no_other() -> None:
    wrong = titled("B", "bad").replace("<TitleType>", "\n<TitleType")
    first, second, third = results(message(titled("A"), wrong, titled("C")))
    assert isinstance(first, Record)
    assert isinstance(third, Record)
    assert isinstance(second, Unreadable)
    assert (second.ordinal, second.line, second.reference) == (2, 4, "bad")
    assert second.message.startswith("The record is no well-formed XML (line 5: ")
    assert (first.title, third.title, third.line) == ("A", "C", 6)


def test_a_lost_end_tag() -> None:
    lost = titled("A", "bad").removesuffix("</Product>")
    first, second = results(message(lost, titled("B")))
    assert isinstance(first, Unreadable)
    assert first.message == "The record does not end: its closing tag is missing."
    assert isinstance(second, Record)
    assert second.title == "B"


def test_truncated() -> None:
    text = message(titled("A"), titled("B", "cut"))
    found = opened(text[: text.index("cut") + 60])
    first, second = (read(each, found.defaults) for each in found)
    assert isinstance(first, Record)
    assert isinstance(second, Unreadable)
    assert second.reference == "cut"
    assert found.notes == ["The file ends too early; ask the sender for the whole of it."]


def test_a_record_that_is_too_long() -> None:
    long = titled("x" * (RECORD_BYTES + 1), "long")
    first, second = results(message(long, titled("B")))
    assert isinstance(first, Unreadable)
    assert first.message == "The record is longer than 2000 kB."
    assert first.reference == "long"
    assert isinstance(second, Record)
    assert (second.title, second.line) == ("B", 4)


def test_60_000_deep() -> None:
    deep = titled("A", "deep").replace("<TitleText>", "<b>" * 60_000 + "<TitleText>")
    deep = deep.replace("</TitleText>", "</TitleText>" + "</b>" * 60_000)
    first, second = results(message(deep, titled("B")))
    assert isinstance(first, Unreadable)
    assert first.reference == "deep"
    assert isinstance(second, Record)


def test_60_000_deep_outside_of_records() -> None:
    assert "too much that is no record (line 2)" in refused("<ONIXMessage>\n" + "<a>" * 60_000)


def test_one_reference_500_times() -> None:
    found = results(message(*[titled("A")] * 500))
    assert [each.ordinal for each in found] == list(range(1, 501))
    assert {each.reference for each in found} == {"shop.1"}


def test_packed_by_gzip() -> None:
    found = opened(gzip.compress(message(titled("Orlando")).encode()))
    assert [read(each, found.defaults).title for each in found] == ["Orlando"]  # type: ignore[union-attr]


def test_packed_by_gzip_and_cut_off() -> None:
    packed = gzip.compress(message(*[titled(os.urandom(40).hex())] * 50).encode())
    found = opened(packed[:-60])
    assert list(found)
    assert found.notes == ["The file ends too early; ask the sender for the whole of it."]


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_packed_by_zip() -> None:
    packed = zipped(onix=message(titled("Orlando")).encode(), **{"__MACOSX/onix": b"x"})
    assert titles(packed) == ["Orlando"]


def test_zip_of_two_files() -> None:
    assert refused(zipped(a=b"x", b=b"y")) == "The zip file must hold exactly one ONIX file."


def test_damaged_zip() -> None:
    assert refused(zipped(a=b"x" * 99)[:60]) == "The zip file is damaged."


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: zipped(onix=content)])
def test_bombs(pack: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1_000_000)
    content = message(titled("A"), "<!--" + " " * 3_000_000 + "-->").encode()
    assert "far more than a catalogue would" in refused(pack(content))  # type: ignore[operator]


def test_too_large() -> None:
    with pytest.raises(NotOnix, match="larger than 0 MB"):
        products(io.BytesIO(message(titled("A")).encode()), limit_bytes=100)


def test_too_large_unpacked() -> None:
    packed = zipped(onix=message(*[titled("A")] * 50).encode())
    with pytest.raises(NotOnix, match="larger than"):
        list(products(io.BytesIO(packed), limit_bytes=len(packed) + 1000))


MEASURED = """
import resource, sys
from django.conf import settings
settings.configure(USE_I18N=False)
from catalog.onix.cutting import products
class Endless:
    def __init__(self, records):
        self.left = records
        self.text = b"<ONIXMessage>"
    def seekable(self): return False
    def read(self, size):
        while len(self.text) < size and self.left:
            self.left -= 1
            self.text += b"<Product><a001>%d</a001>%s</Product>\\n" % (self.left, b"x" * 2000)
        data, self.text = self.text[:size], self.text[size:]
        return data
count = sum(1 for each in products(Endless(int(sys.argv[1]))))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_file() -> None:
    def peak(records: int) -> int:
        answer = subprocess.run(
            [sys.executable, "-c", MEASURED, str(records)],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        assert int(answer[0]) == records
        return int(answer[1])

    small, large = peak(1_000), peak(30_000)
    assert large < small + 8_000, (small, large)
