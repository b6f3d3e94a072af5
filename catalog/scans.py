"""Reading what a scanner, or somebody who types like one, has entered: a number on each line."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from catalog import isbn
from catalog.csv_files import InvalidRows, RowError
from catalog.models import Edition

MOST_LINES = 2_000
MOST_COPIES = 100_000  # of one title in one go; more is a slip of the finger
QUANTITY = re.compile(r"^(?P<number>.*?)[\s,;×*]+(?P<copies>[0-9]+)$")


def find(text: str) -> Edition:
    """The edition whose number was scanned. Raises InvalidRows where there is none."""
    (edition,) = read(text.strip() or "?")
    return edition


def read(text: str) -> dict[Edition, int]:
    """The editions on these lines, and of how many copies they speak.

    A line is a number in any notation, for one copy; or a number, a space and a quantity. The same
    number on several lines counts several times. Raises InvalidRows naming every line that is
    wrong; their value is the number, where it is sound and the catalogue does not have it.
    """
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MOST_LINES:
        message = _("Enter at most %(most)d lines at a time.") % {"most": MOST_LINES}
        raise InvalidRows([RowError(MOST_LINES + 1, "", message)])
    parsed = [(n, line, *_parse(line)) for n, line in lines]
    numbers = {number for _n, _line, number, _copies in parsed}
    editions = Edition.objects.select_related("work").in_bulk(numbers, field_name="isbn13")
    copies_of: dict[Edition, int] = {}
    errors: list[RowError] = []
    for n, line, number, copies in parsed:
        edition = editions.get(number)
        total = copies + (copies_of.get(edition, 0) if edition else 0)
        messages = list(_messages(line, number, edition, copies, total))
        errors += [RowError(n, "", message, "" if edition else number) for message in messages]
        if edition and not messages:
            copies_of[edition] = total
    if errors:
        raise InvalidRows(errors)
    return copies_of


def _parse(line: str) -> tuple[str, int]:
    """The number and the quantity; an empty number where it is none."""
    whole = _normalized(line)
    match = QUANTITY.match(line)
    if whole or not match:
        return whole, 1
    return _normalized(match["number"]), int(match["copies"][:9])


def _normalized(text: str) -> str:
    try:
        return isbn.normalize(text)
    except isbn.InvalidNumber:
        return ""


def _messages(
    line: str, number: str, edition: Edition | None, copies: int, total: int
) -> Iterator[str]:
    shown = {"text": line[:40]}
    if not number:
        yield f"“{line[:40]}” {_why(line)}"
    elif edition is None:
        yield _("“%(text)s” is not in the catalogue.") % shown
    elif edition.is_digital:
        yield _("“%(text)s” is no printed book: it has no stock.") % shown
    elif not copies:
        yield _("0 copies are none: leave the line out.")
    elif total > MOST_COPIES:
        yield _("More than %(most)d copies of one title are too many.") % {"most": MOST_COPIES}


def _why(line: str) -> str:
    """What is wrong with the number; what stands behind it may be wrong as well."""
    is_number_alone = len(line.split()) == 1 or isbn.looks_like_number(line)
    return isbn.why_invalid(line) if is_number_alone else _("is not a valid ISBN or SKU.")
