"""Large ONIX files to measure with: as many full records as wanted, in our own words.

Every record has what a publisher's best records have: contributors with their lives, a series,
subjects in three schemes, three texts, prices with tax and periods, links to its other formats.
Numbers are in-store ones (prefix 27), so no record is somebody's book.
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from catalog import isbn

FORMS = (("BC", "B105"), ("BB", "B402"), ("ED", "E101"))
"""Product form and detail of the three editions that each work has, one after the other."""

FIRST_NAMES = [
    "Ada",
    "Bruno",
    "Clara",
    "David",
    "Edda",
    "Felix",
    "Greta",
    "Henri",
    "Irma",
    "Jonas",
    "Karla",
    "Louis",
    "Mina",
    "Noé",
]
SURNAMES = [
    "Abel",
    "Brückner",
    "Castellani",
    "Dvořák",
    "Eriksen",
    "Fournier",
    "Grünwald",
    "Hájek",
    "Ito",
    "Jürgens",
    "Öz",
]
THINGS = [
    "River",
    "Orchard",
    "Lantern",
    "Winter",
    "Archive",
    "Harbour",
    "Clockmaker",
    "Island",
    "Letter",
    "Garden",
]
MANNERS = [
    "Silent",
    "Borrowed",
    "Northern",
    "Paper",
    "Forgotten",
    "Second",
    "Hollow",
    "Amber",
    "Last",
    "Crooked",
]
SENTENCES = (
    "When the ferry fails to return, a schoolteacher starts to count the lights on the far shore.",
    "Nobody in the valley remembers who planted the orchard, and nobody dares to cut it down.",
    "A family of clockmakers keeps one hour for itself, and pays for it over three generations.",
    "The archive burns on a Tuesday; by Friday the first of its letters is delivered again.",
    "Told in short chapters, the book moves between a harbour town and the islands before it.",
    "It asks what we owe to places that we leave, and what they quietly keep of ours.",
    "With maps, a family tree, and a note by the author on how the story was found.",
)
SUBJECTS = (("FBA", "FIC019000"), ("FFC", "FIC022060"), ("NHD", "HIS010000"), ("DNB", "BIO000000"))

HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<ONIXMessage release="3.0" xmlns="http://ns.editeur.org/onix/3.0/reference">
<Header>
<Sender><SenderName>Measuring House</SenderName></Sender>
<SentDateTime>20260102T0900Z</SentDateTime>
<DefaultLanguageOfText>eng</DefaultLanguageOfText>
</Header>
"""
FOOTER = "</ONIXMessage>\n"
PRODUCT = (Path(__file__).parent / "onix_product.xml").read_text()


def number(serial: int) -> str:
    """The in-store number with this serial number."""
    twelve = f"27{serial:010}"
    return twelve + isbn.check_digit(twelve)


def chunks(records: int, *, seed: int = 1) -> Iterator[bytes]:
    """A file of so many records, piece by piece; the same for the same seed."""
    yield HEADER.encode()
    for serial in range(1, records + 1):
        yield (PRODUCT % _facts(serial, seed)).encode()
    yield FOOTER.encode()


def write(file: BinaryIO, records: int, *, seed: int = 1) -> int:
    """Write a file of so many records; its size in bytes."""
    return sum(file.write(chunk) for chunk in chunks(records, seed=seed))


def _facts(serial: int, seed: int) -> dict[str, object]:
    edition = (serial - 1) % len(FORMS)
    work = (serial - 1) // len(FORMS)
    chance = random.Random(seed * 1_000_003 + work)
    form, detail = FORMS[edition]
    others = [serial - edition + place for place in range(len(FORMS)) if place != edition]
    author, translator = chance.randrange(20_000), chance.randrange(20_000)
    thema, bisac = chance.choice(SUBJECTS)
    return {
        "number": number(serial),
        "form": form,
        "detail": detail,
        "title": f"{chance.choice(MANNERS)} {chance.choice(THINGS)} of {_surname(work)}",
        "series": f"{chance.choice(THINGS)} Stories {work % 500}",
        "part": work // 500 % 12 + 1,
        "author_first": FIRST_NAMES[author % len(FIRST_NAMES)],
        "author_last": f"{_surname(author)}-{author}",
        "translator_first": FIRST_NAMES[translator % len(FIRST_NAMES)],
        "translator_last": f"{_surname(translator)}-{translator}",
        "born": 1900 + author % 90,
        "pages": 120 + chance.randrange(600),
        "thema": thema,
        "bisac": bisac,
        "short": chance.choice(SENTENCES),
        "description": "</p><p>".join(
            " ".join(chance.sample(SENTENCES, 5)) for paragraph in range(2)
        ),
        "imprint": work % 300,
        "publisher": work % 60,
        "date": f"{2000 + work % 26}{work % 12 + 1:02}{work % 28 + 1:02}",
        "amount": f"{9 + chance.randrange(30)}.99",
        "dollars": f"{12 + chance.randrange(30)}.50",
        "first_other": number(others[0]),
        "second_other": number(others[1]),
    }


def _surname(place: int) -> str:
    return SURNAMES[place % len(SURNAMES)]


def main(arguments: Sequence[str]) -> int:
    """`python -m benchmarks onix-file --records N FILE`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks onix-file", description=__doc__)
    parser.add_argument("file", type=argparse.FileType("wb"))
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    size = write(options.file, options.records, seed=options.seed)
    print(f"{options.records} records, {size / 1_000_000:.0f} MB", file=sys.stderr)
    return 0
