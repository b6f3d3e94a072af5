"""People: the contributors of a record, named as printed and as filed."""

import functools
import re

from django.utils.translation import gettext as _

from catalog.onix import dates, texts
from catalog.onix.context import Context
from catalog.onix.nodes import Node
from catalog.onix.records import Person
from catalog.roles import ContributorRole

LONGEST_NAME = 200
MOST_PEOPLE = 100
_ROLES = frozenset(ContributorRole.values)
_SAME_ROLES = {"E03": ContributorRole.NARRATOR}
"""Codes of list 17 that the shop does not tell from another."""
_UNNAMED = {"02": "Anonymous", "04": "Various", "09": "Artificial intelligence"}
_UNNAMED |= dict.fromkeys(("05", "06", "07", "08"), "Synthesized voice")
"""List 19; unknown people (01) and the rest of a list (03) are nobody to be found."""
_BIRTH = frozenset({"50", "007"})
_DEATH = frozenset({"51", "008"})
"""List 177, and the older list 75."""

_AFTER_NAMES = re.compile(
    r"(?:[JS]r|I{2,3}|IV|Ph\.?\s?D|M\.?D|Ed\.?D|M\.?A|B\.?A|Esq|CBE|OBE|MBE|Ltd|Inc)\.?",
    re.IGNORECASE,
)
_LAST_AFTER_NAMES = re.compile(r"(?<!,) ((?:[JS]r|I{2,3}|IV|Ph\.?D|M\.D|Esq)\.?)$")
"""Fewer: without a comma before it, what looks like a degree may be a name (Yo-Yo Ma)."""
_COMMA = re.compile(r",(?=[^\W\d])")
_LETTERS = re.compile(r"[^\W\d_]+")
_PARTICLES = frozenset(
    {"af", "al", "bin", "d", "da", "de", "del", "della", "den", "der", "di", "dos", "du", "el"}
    | {"la", "le", "ten", "ter", "van", "vom", "von", "zu", "zum", "zur"}
)


def people(node: Node, context: Context) -> tuple[Person, ...]:
    """Everybody in `node`, in order; who has several roles stands there once for each."""
    contributors = list(node.each("Contributor"))
    if len(contributors) > 1:
        contributors.sort(key=_place)
    found: dict[tuple[str, str], Person] = {}
    for contributor in contributors:
        names = _names(contributor)
        if names is None:
            continue
        name, sort_name, is_corporate = names
        for role in _roles(contributor, context):
            if (name, role) in found or len(found) >= MOST_PEOPLE:
                continue
            found[name, role] = _person(
                contributor, context, name, sort_name, role, len(found) + 1, is_corporate
            )
    return tuple(found.values())


def _place(contributor: Node) -> int:
    number = contributor.first("SequenceNumber")
    return int(number) if number.isascii() and number.isdigit() else 10_000


def _roles(contributor: Node, context: Context) -> list[str]:
    roles = []
    for code in contributor.every("ContributorRole") or [ContributorRole.AUTHOR.value]:
        if code in _ROLES:
            roles.append(code)
        elif code in _SAME_ROLES:
            roles.append(_SAME_ROLES[code].value)
        else:
            message = _("The role “%(code)s” is not known; “contributor” was taken.")
            context.trouble("ContributorRole", message % {"code": code[:10]}, contributor)
            roles.append(ContributorRole.CONTRIBUTOR.value)
    return roles


def _person(
    contributor: Node,
    context: Context,
    name: str,
    sort_name: str,
    role: str,
    ordinal: int,
    is_corporate: bool,
) -> Person:
    birth = death = None
    for date in contributor.each("ContributorDate", "PersonDate"):
        date_role = date.first("ContributorDateRole", "PersonDateRole")
        marked = date.marked.get("Date")
        year = dates.year(marked[0].text or "") if marked else None
        if date_role in _BIRTH:
            birth = year
        elif date_role in _DEATH:
            death = year
    if birth and death and death < birth:
        message = _("%(name)s cannot have died before being born.")
        context.trouble("ContributorDate", message % {"name": name[:60]}, contributor)
        birth = death = None
    notes = contributor.marked.get("BiographicalNote")
    biography = texts.paragraphs(notes[0]) if notes else ""
    return Person(
        name=name,
        sort_name=sort_name,
        role=role,
        ordinal=ordinal,
        is_corporate=is_corporate,
        birth_year=birth,
        death_year=death,
        biography=texts.shortened(biography, texts.LONGEST_TEXT),
    )


def _names(contributor: Node) -> tuple[str, str, bool] | None:
    """As printed, as filed, and whether it is a body; None where nobody is named."""
    if body := contributor.first("CorporateName"):
        filed = contributor.first("CorporateNameInverted") or body
        return body[:LONGEST_NAME], filed[:LONGEST_NAME], True
    printed = contributor.first("PersonName")
    filed = contributor.first("PersonNameInverted")
    if not printed and "KeyNames" in contributor.codes:
        printed = _joined(contributor, *_PRINTED)
    if not filed and "KeyNames" in contributor.codes:
        filed = _filed(contributor)
    printed, filed = recased(printed), recased(filed)
    if _is_filed(printed) and (not filed or "," not in filed or filed == printed):
        filed, printed = printed, turned(printed)
    printed = printed or turned(filed)
    if printed:
        return printed[:LONGEST_NAME], (filed or inverted(printed))[:LONGEST_NAME], False
    unnamed = _UNNAMED.get(contributor.first("UnnamedPersons"))
    return (unnamed, unnamed, True) if unnamed else None


_PRINTED = (
    "TitlesBeforeNames",
    "NamesBeforeKey",
    "PrefixToKey",
    "KeyNames",
    "NamesAfterKey",
    "SuffixToKey",
)


def _joined(contributor: Node, *names: str) -> str:
    return " ".join(text for name in names if (text := contributor.first(name)))


def _filed(contributor: Node) -> str:
    key = _joined(contributor, "KeyNames", "NamesAfterKey")
    before = _joined(contributor, "NamesBeforeKey", "PrefixToKey")
    return ", ".join(part for part in (key, before, contributor.first("SuffixToKey")) if part)


def _is_filed(name: str) -> bool:
    """Whether the key stands before a comma: so it does in “King, Martin Luther, Jr.”, but not in
    “Martin Luther King, Jr.”.
    """
    parts = _parts(name)
    return len(parts) > 1 and not _AFTER_NAMES.fullmatch(parts[1])


def _parts(name: str) -> list[str]:
    return [part.strip() for part in name.split(",") if part.strip()]


def turned(filed: str) -> str:
    """“Austen, Jane” as printed: Jane Austen; what follows a second comma stays behind the name."""
    if not _is_filed(filed):
        return filed
    key, before, *after = _parts(filed)
    return ", ".join([f"{before} {key}", *after])


def inverted(printed: str) -> str:
    """“Jane Austen” as filed: Austen, Jane. A guess, for records that do not say."""
    main, *after = _LAST_AFTER_NAMES.sub(r", \1", printed).split(", ")
    before, space, key = main.rpartition(" ")
    return ", ".join([*([key, before] if space else [main]), *after])


@functools.lru_cache(maxsize=10_000)
def recased(name: str) -> str:
    """A name sent in capitals as one writes it: AUSTEN, JANE is Austen, Jane."""
    name = _COMMA.sub(", ", name)
    if name.istitle() or not any(letter.isupper() for letter in name[1:4]):
        return name
    parts = name.split(", ")
    changed = [_small(part) if _is_shouted(part, name) else part for part in parts]
    return ", ".join(changed)


def _is_shouted(part: str, name: str) -> bool:
    if not part.isupper():
        return False
    longest = max((len(word) for word in _LETTERS.findall(part)), default=0)
    # A short word by itself may be initials (TOLKIEN, JRR), or a pen name (AVI).
    return longest > 3 or (longest > 2 and name.isupper() and " " in name and "," not in part)


def _small(part: str) -> str:
    def write(match: re.Match[str]) -> str:
        word = match[0].lower()
        if word in _PARTICLES and match.start() + len(word) < len(part):
            is_particle = part[match.start() + len(word)] == " "
            return word if is_particle else word.capitalize()
        if word.startswith("mc") and len(word) > 3:
            return "Mc" + word[2:].capitalize()
        return word.capitalize()

    return _LETTERS.sub(write, part)
