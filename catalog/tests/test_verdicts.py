"""Who is believed: one field, one record, one table."""

from typing import Any

import pytest

from catalog import languages
from catalog.feeds.verdicts import WHY_KEPT, Held, Verdict, decide, is_same

TAKEN, LEFT, STAFFS, CONFIRMED, TRUSTED = Verdict
LESS, AS_MUCH, MORE = 40, 50, 60  # trusted than the supplier of the record
EARLY = {"only_blanks": True}
REQUIRED = {"is_clearable": False}
MINE = Held("old", AS_MUCH, is_own=True)


@pytest.mark.parametrize(
    ("held", "new", "told", "verdict"),
    [
        # Staff before everybody, and before an early notification
        (Held("old", LESS, is_staffs=True), "new", {}, STAFFS),
        (Held("old", LESS, is_staffs=True, is_own=True), "new", EARLY, STAFFS),
        (Held("old", is_staffs=True), "", {}, LEFT),
        (Held("", is_staffs=True), "new", {}, STAFFS),
        # What is blank is filled in by anybody
        (Held("", MORE), "new", {}, TAKEN),
        (Held(None, MORE), 0, EARLY, TAKEN),
        (Held(languages.NOT_STATED, MORE, yields_to_equals=False), "en", {}, TAKEN),
        (Held([], MORE), [1], {}, TAKEN),
        # The higher trust, and of equals the later, or the edition that said it of the work
        (Held("old", LESS), "new", {}, TAKEN),
        (Held("old", LESS, yields_to_equals=False), "new", {}, TAKEN),
        (Held("old", AS_MUCH), "new", {}, TAKEN),
        (Held("old", AS_MUCH, yields_to_equals=False), "new", {}, LEFT),
        (Held("old", MORE), "new", {}, TRUSTED),
        (Held("old", MORE, yields_to_equals=False), "new", {}, TRUSTED),
        (Held(True, MORE), False, {}, TRUSTED),
        # An early notification overwrites nothing, not even its own supplier's
        (Held("old", LESS), "new", EARLY, CONFIRMED),
        (Held("old", MORE), "new", EARLY, CONFIRMED),
        (MINE, "new", EARLY, CONFIRMED),
        # Only its own supplier empties a field
        (MINE, "", {}, TAKEN),
        (MINE, None, REQUIRED, LEFT),
        (MINE, "", EARLY, LEFT),
        (MINE._replace(is_staffs=True), "", {}, LEFT),
        (Held("old", LESS), "", {}, LEFT),
        (Held("old", MORE), [], {}, LEFT),
    ],
)
def test_who_is_believed(held: Held, new: Any, told: dict[str, bool], verdict: Verdict) -> None:
    assert decide(held, new, trust=AS_MUCH, **told) is verdict


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a", "a", True), ("a", "b", False), ("", None, True), ([], None, True),
        (languages.NOT_STATED, "", True), (None, 0, False), (None, False, False), ("a", "", False),
    ],
)  # fmt: skip
def test_blanks_are_the_same(old: Any, new: Any, expected: bool) -> None:
    assert is_same(old, new) is expected


def test_whoever_is_not_believed_is_told_why() -> None:
    assert set(Verdict) - set(WHY_KEPT) == {TAKEN, LEFT}
