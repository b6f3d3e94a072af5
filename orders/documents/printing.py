"""From a paper to its PDF, with typst: the same paper gives the same bytes.

Text reaches the templates as JSON in one of typst's inputs and is set as text: nothing that stands
in a title or a name can be markup. The fonts are those in typst's wheel. Where they lack a
character (Chinese, say), those of the machine help out; where those lack it too, the paper is made
all the same, without the seal of PDF/A and PDF/UA, and the log says which character it was.
"""

import datetime
import json
import logging
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orders.documents.contents import Bill, Paper
from orders.documents.wording import bill_wording, slip_wording

if TYPE_CHECKING:
    import typst  # 12 MB, which a web process hardly ever needs

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).parent / "paper"
ARCHIVABLE_AND_ACCESSIBLE: "list[typst.PDFStandard]" = ["a-2a", "ua-1"]
MISSING_CHARACTER = "could not be displayed"


def print_paper(paper: Paper) -> bytes:
    """The paper as a PDF file."""
    if isinstance(paper, Bill):
        return typeset("bill.typ", bill_wording(paper), day=paper.issued_on)
    return typeset("slip.typ", slip_wording(paper), day=paper.printed_on)


def typeset(template: str, wording: dict[str, Any], *, day: datetime.date) -> bytes:
    """The template filled with `wording`, dated midnight (UTC) of `day`."""
    import typst

    refusal: typst.TypstError | None = None
    for with_machines_fonts in (False, True):
        try:
            return _compile(template, wording, day, with_machines_fonts, ARCHIVABLE_AND_ACCESSIBLE)
        except typst.TypstError as error:
            if MISSING_CHARACTER not in error.message:
                raise
            refusal = error
    logger.warning("A paper lacks a font (fonts-droid-fallback has many): %s", refusal)
    return _compile(template, wording, day, True, [])


def _compile(
    template: str,
    wording: dict[str, Any],
    day: datetime.date,
    with_machines_fonts: bool,
    standards: "list[typst.PDFStandard]",
) -> bytes:
    import typst

    midnight = datetime.datetime.combine(day, datetime.time.min, tzinfo=datetime.UTC)
    compiler = typst.Compiler(
        FOLDER / template, root=FOLDER, font_paths=_fonts(with_machines_fonts)
    )
    pdf = compiler.compile(
        format="pdf",
        sys_inputs={"paper": json.dumps(wording)},
        pdf_standards=standards,
        timestamp=int(midnight.timestamp()),
    )
    if not isinstance(pdf, bytes):
        raise TypeError(f"typst made no PDF of {template}")
    return pdf


@cache
def _fonts(with_machines_fonts: bool) -> "typst.Fonts":
    import typst

    return typst.Fonts(include_system_fonts=with_machines_fonts)
