"""How like two works are: a score from 0 to 100 and the reasons for it, in words for staff.

Up to 60 points come from the title and up to 40 from the main contributor; what a supplier's file
says of two numbers is weighed with both. Nothing here asks the database.
"""

from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from catalog import names
from catalog.names import Name
from catalog.titles import Title

JOIN_AT = 85
"""From this score on two records are one work, without anybody being asked."""
DOUBT_AT = 60
"""From this score on a person is asked."""

SAME_WORK = frozenset(
    {"06", "09", "10", "11", "13", "16", "17", "20", "21", "24", "25", "27", "28", "29", "31", "32",
     "33", "37", "38", "42"}
)  # fmt: skip
"""Codes of list 51 by which one product is another form of the other's text."""
REPLACES = frozenset({"03", "05"})
"""List 51: a new edition in the place of an old one, which is often but not always one work."""

_RELATED, _RELATED_AND_LIKE, _RELATED_ONLY = 95, 88, 75
_TITLE, _TITLE_ALONE, _NEAR_SUBTITLE, _MAYBE_SERIES, _OTHER_SUBTITLE, _NEAR_TITLE = (
    60, 55, 48, 40, 28, 35,
)  # fmt: skip
_NOBODY, _NOBODY_BUT_WORDS, _ONE_SIDE_ONLY = -10, 5, 12
_OTHER_VOLUME, _OTHER_KIND, _OTHER_PEOPLE, _UNLIKE, _MAYBE_PART = 20, 30, 40, 10, 75
_LIKE = 0.8


@dataclass(frozen=True, slots=True)
class Description:
    """What is compared of a record or of a work."""

    title: Title
    keys: frozenset[str]
    """All that its title may be looked up by."""
    people: tuple[Name, ...] = ()
    """The main contributors: its authors, or else whoever comes first."""
    series: frozenset[str] = frozenset()
    """The series it stands in, as keys of titles."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """The result."""

    score: int
    said: tuple[str, ...]
    """The reasons, not translated: of most comparisons nobody reads them."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, in words for staff."""
        return tuple(map(gettext, self.said))

    @property
    def is_same(self) -> bool:
        """Whether it is one work, without anybody being asked."""
        return self.score >= JOIN_AT

    @property
    def is_doubtful(self) -> bool:
        """Whether a person has to look."""
        return DOUBT_AT <= self.score < JOIN_AT


def compare(one: Description, other: Description, *, relation: str = "") -> Likeness:
    """How like they are. `relation` is what a file says of the two: a code of list 51."""
    reasons: list[str] = []
    against = _contradiction(one.title, other.title, reasons)
    title, is_equal = _by_title(one, other, reasons)
    people = _by_people(one, other, reasons)
    if people is None:
        against = min(against, _OTHER_PEOPLE)
    likely = min(title + (people or 0), against)
    if relation not in SAME_WORK:
        is_near = is_equal or (title and relation in REPLACES)
        return Likeness(max(0, likely if is_near else min(likely, _UNLIKE)), tuple(reasons))
    reasons.insert(0, _("The supplier’s file says that they are one text in two forms."))
    is_sound = against == 100
    if is_sound and is_equal and title > _OTHER_SUBTITLE:
        score = max(likely, _RELATED)
    elif is_sound and title and (people or 0) >= names.WEAK:
        score = max(likely, _RELATED_AND_LIKE)
    else:
        score = _RELATED_ONLY
    return Likeness(score, tuple(reasons))


def _contradiction(one: Title, other: Title, reasons: list[str]) -> int:
    """The most that the score can be, in view of what cannot be the same."""
    most = 100
    if one.kinds != other.kinds:
        reasons.append(_("Only one of them is a guide, a shortened or another kind of version."))
        most = _OTHER_KIND
    if one.volume != other.volume or _both_differ(one.place, other.place):
        reasons.append(_("They are different volumes, or one is a volume of the other."))
        return min(most, _OTHER_VOLUME)
    if one.numbers != other.numbers or one.place != other.place:
        most = min(most, _most_by_numbers(one, other, reasons))
    return most


def _both_differ(one: object, other: object) -> bool:
    return bool(one and other and one != other)


def _most_by_numbers(one: Title, other: Title, reasons: list[str]) -> int:
    """Numbers that differ tell parts of a whole apart; one that stands alone may do so."""
    is_like = one.rest == other.rest or _is_near(one.rest, other.rest)
    if _both_differ(one.numbers, other.numbers):
        if not is_like:
            return 100  # two subtitles that have nothing to do with each other
        reasons.append(_("The numbers in their titles are different."))
        return _OTHER_VOLUME
    alone = one.numbers or other.numbers
    is_life_or_time = all(len(number) == 4 for number in alone) and not (one.rest and other.rest)
    if one.place == other.place and is_life_or_time:
        return 100
    reasons.append(_("Only one of them has a number: it may be a part of the other."))
    return _MAYBE_PART


def _by_title(one: Description, other: Description, reasons: list[str]) -> tuple[int, bool]:
    """Points for the title, and whether its main part is the same."""
    if one.keys & other.keys:
        return _by_subtitle(one, other, reasons), True
    if _is_near(one.title.main, other.title.main):
        reasons.append(_("The titles are alike."))
        return _NEAR_TITLE, False
    reasons.append(_("The titles are different."))
    return 0, False


def _by_subtitle(one: Description, other: Description, reasons: list[str]) -> int:
    """Points for titles whose main part is the same."""
    first, second = one.title, other.title
    longer = first if first.rest else second
    is_series = longer.is_split and " " not in longer.main
    if first.rest == second.rest:
        points, reason = _TITLE, _("The titles are the same.")
    elif first.rest and second.rest:
        points, reason = _by_two_subtitles(first.rest, second.rest)
    elif is_series or (one.series | other.series) & one.keys:
        points = _MAYBE_SERIES
        reason = _("The title of one goes on where the other ends: it may be a series.")
    else:
        points = _TITLE if longer.is_alternative else _TITLE_ALONE
        reason = _("The titles are the same, but only one has a subtitle.")
    reasons.append(reason)
    return points


def _by_two_subtitles(one: str, other: str) -> tuple[int, str]:
    if _is_within(one, other):
        return _NEAR_SUBTITLE, _("The titles are the same, one subtitle is part of the other.")
    if _is_near(one, other):
        return _MAYBE_SERIES, _("The titles are the same, the subtitles alike.")
    return _OTHER_SUBTITLE, _("The titles are the same, the subtitles different.")


def _is_within(one: str, other: str) -> bool:
    """Whether one has all the words of the other."""
    words, others = set(one.split()), set(other.split())
    return bool(words and others) and (words <= others or others <= words)


def _is_near(one: str, other: str) -> bool:
    words, others = set(one.split()), set(other.split())
    if not words or not others:
        return False
    if _is_within(one, other) or 2 * len(words & others) >= len(words | others):
        return True
    return SequenceMatcher(None, one, other).ratio() >= _LIKE


def _by_people(one: Description, other: Description, reasons: list[str]) -> int | None:
    """Points for the main contributors; None where they are different people."""
    if not one.people and not other.people:
        reasons.append(_("Neither names a contributor."))
        return _NOBODY_BUT_WORDS if " " in one.title.main else _NOBODY
    if not one.people or not other.people:
        reasons.append(_("Only one of them names a contributor."))
        return _ONE_SIDE_ONLY
    points = names.agreement(one.people[0], other.people[0])
    if not points:  # co-authors, named in another order
        pairs = ((a, b) for a in one.people for b in other.people)
        points = min(names.INITIALS, max(names.agreement(a, b) for a, b in pairs))
    if not points:
        reasons.append(_("The contributors are different."))
        return None
    reasons.append(
        _("The main contributor is the same.")
        if points >= names.INITIALS
        else _("The main contributors’ names are alike.")
    )
    return points
