"""Who is believed: whether what a record says of a field takes the place of what is there.

Staff before everybody; then the supplier with the higher trust; of equals the later, but for what
another edition has said of their work. An early notification only fills in what was left open.
"""

from enum import Enum
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from catalog.feeds.fields import is_blank


class Verdict(Enum):
    """What becomes of a field."""

    TAKEN = "as the record says"
    LEFT = "as it is, which nobody needs to be told"
    STAFFS = "as staff has it"
    CONFIRMED = "as what is no early notification has it"
    TRUSTED = "as a supplier has it who is trusted more"


WHY_KEPT = {
    Verdict.STAFFS: _("Kept as staff has it."),
    Verdict.CONFIRMED: _("Kept: it is confirmed, and this is an early notification."),
    Verdict.TRUSTED: _("Kept as a supplier has it who is trusted more."),
}
"""What the record is told of a field that does not become what it says."""


class Held(NamedTuple):
    """What a field has that somebody may have said something of, and who stands behind it."""

    value: Any
    trust: int = 0
    """That of the most trusted who has said it."""
    is_staffs: bool = False
    is_own: bool = False
    """Whether the supplier of the record is the only one who has said it."""
    yields_to_equals: bool = True
    """Whether a supplier may overwrite it who is trusted just as much."""


def is_same(old: Any, new: Any) -> bool:
    """Whether nothing would change."""
    return bool(new == old) or (is_blank(new) and is_blank(old))


def decide(
    held: Held, new: Any, *, trust: int, only_blanks: bool = False, is_clearable: bool = True
) -> Verdict:
    """Whether a supplier so trusted may have the field say something else, `new`.

    `only_blanks`: what it sends is an early notification of what is confirmed.
    """
    if is_blank(new):
        may_clear = held.is_own and is_clearable and not only_blanks
        return Verdict.TAKEN if may_clear and not held.is_staffs else Verdict.LEFT
    if held.is_staffs:
        return Verdict.STAFFS
    if is_blank(held.value):
        return Verdict.TAKEN
    return _between_suppliers(held, trust, only_blanks=only_blanks)


def _between_suppliers(held: Held, trust: int, *, only_blanks: bool) -> Verdict:
    if only_blanks:
        return Verdict.CONFIRMED
    if held.trust > trust:
        return Verdict.TRUSTED
    if held.trust == trust and not held.yields_to_equals:
        return Verdict.LEFT
    return Verdict.TAKEN
