"""What a title says, taken apart: so that two notations of one title can be compared.

`match_key` is what works are looked up by; `read` gives all that a comparison weighs.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from catalog.folding import fold

LONGEST_KEY = 200
LONGEST = 500
"""Characters of a title that are looked at."""

_ARTICLES = frozenset({
    "the", "a", "an", "der", "das", "ein", "eine", "einen", "le", "la", "les", "un", "une", "el",
    "los", "las", "una", "uno", "il", "gli", "lo", "het", "een", "um", "uma", "az",
})  # fmt: skip
"""Leading words that mean nothing in whatever language."""
_OWN_ARTICLES = {
    "de": ("die",), "pt": ("o", "os", "as"), "it": ("i",), "nl": ("de",),
    "da": ("den", "det", "en", "et"), "sv": ("den", "det", "en", "ett"),
    "no": ("den", "det", "en", "et"),
}  # fmt: skip
"""Articles that are ordinary words elsewhere: Die Hard, I Claudius, As I Lay Dying."""
_JOINING = frozenset({"and", "und", "et", "och", "og"})
"""What “&” stands for: left out wherever it stands between other words."""
_ELIDED = re.compile(r"^\s*[«\"“‘']*\s*[lL]['’ʼ`´]\s*")
_NOTES = re.compile(r"[(\[{<]([^)\]}>]*)[)\]}>]")
_SEPARATORS = re.compile(
    r"[;,:.]?\s*[\r\n]+\s*|[,;:]\s+(?=or[,:]?\s)|;\s*|:(?!\d)\s*|\s+[/|]\s+|\s*—+\s*|\s+[-–]+\s+"
)
_SEPARATING = frozenset(":;,/|—–-\r\n")
"""Without one of them there is nothing to split, and looking closer is dear."""
_LAST_ARTICLE = re.compile(r"^(.+),\s*([^\s,]+)$")

CARDINALS = "one two three four five six seven eight nine ten eleven twelve"
_WORD_NUMBERS = {
    word: str(number)
    for number, words in enumerate(
        (
            "one first erster erste erstes premier premiere primera primero prima primo i",
            "two second zweiter zweite zweites deuxieme seconde segunda segundo seconda secondo ii",
            "three third dritter dritte drittes troisieme tercera tercero terza terzo iii",
            "four fourth vierter vierte viertes quatrieme cuarta cuarto quarta quarto iv",
            "five fifth funfter funfte funftes cinquieme v",
            "six sixth sechster sechste sechstes sixieme vi",
            "seven seventh siebter siebte siebtes septieme vii",
            "eight eighth achter achte achtes huitieme viii",
            "nine ninth neunter neunte neuntes neuvieme ix",
            "ten tenth zehnter zehnte zehntes dixieme x",
            "eleven eleventh xi", "twelve twelfth xii", "thirteen xiii", "fourteen xiv",
            "fifteen xv", "sixteen xvi", "seventeen xvii", "eighteen xviii", "nineteen xix",
            "twenty xx",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_COUNTING = {
    word: number
    for word, number in _WORD_NUMBERS.items()
    if len(word) > 1 and word not in set(CARDINALS.split())
}
"""Ordinals and Roman numerals: subtitles that differ by one of them are not alike."""
_NUMBER = "|".join([r"\d{1,4}", *sorted(_WORD_NUMBERS, key=len, reverse=True)])
_OF_SO_MANY = r"(?:\s+(?:(?:of|von|de|sur|di|van|av)\s+\w+|\d+))?"
_VOLUME_WORD = (
    r"vols?|v|volumes?|bd|bande?|teil|theil|tomes?|tomos?|tome|deel|parts?|pt|partie|parte|del"
)
_SO_MANY = re.compile(r"(?:of|von|de|sur|di|van|av) \d+")
_PLACE_WORD = r"books?|buch|livre|libro|boek|episode|no|nr|number"
_VOLUME = re.compile(
    rf"(?:^|\s)(?:(?:{_VOLUME_WORD})\s+(?:the\s+)?({_NUMBER}){_OF_SO_MANY}"
    rf"|(?P<before>{'|'.join(w for w in _WORD_NUMBERS if len(w) > 4)})\s+(?:{_VOLUME_WORD}))$"
)
_PLACE = re.compile(rf"(?:^|\s)(?:{_PLACE_WORD})\s+(?:the\s+)?({_NUMBER}){_OF_SO_MANY}$")
_VOLUME_HINT = re.compile(rf"\b(?:{_VOLUME_WORD}|{_PLACE_WORD})\b")

_NOISE_WORDS = (
    r"paperback|hardback|hardcover|softcover|large print|board book|e ?book|kindle|epub|audio ?book"
    r"|audio cd|mp3 cd|unabridged|ungekurzt\w*|texte? integral|taschenbuch|gebunden\w*|horbuch"
    r"|broche|poche|illustrated|annotated|with illustrations"
)
_ORDINAL = (
    r"\d+(?:st|nd|rd|th|e|eme|re|ere)?|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
    r"|tenth|revised|rev|new|updated|expanded|enlarged|corrected|deluxe|special|collectors?|limited"
    r"|anniversary|twentieth|fiftieth|hundredth|centenary|bicentennial|centennial|definitive|standard|student"
    r"|international|global|critical|scholarly|original|complete|reprint|facsimile|pocket|gift"
    r"|neue|uberarbeitete|erweiterte|nouvelle|revue|and|und|et"
)
_EDITION = (
    rf"(?:(?:{_ORDINAL}|{_NOISE_WORDS})\s+)+"
    r"(?:ed|edn|editions?|auflage|aufl|ausgabe)(?:\s+\d{4})?"
)
_TRAILING_NOISE = re.compile(rf"\s+(?:{_EDITION}|paperback|hardcover|unabridged|large print)$")
_SAYS_NOTHING = re.compile(
    rf"(?:{_EDITION}|(?:{_NOISE_WORDS})(?:\s+(?:edition|ausgabe))?"
    r"|(?:a|an|the|ein|eine|un|une|una|eine?r)?\s*(?:\w+\s)?"
    r"(?:novel|novella|romance|roman|romans|kriminalroman|krimi|thriller|mystery|story|stories"
    r"|short stories|tale|tales|memoir|erzahlung(?:en)?|novelle|recit|nouvelles?|conte|romanzo"
    r"|novela|racconto|poem|play|comedy|tragedy|drama)"
    r"|\w+ (?:modern |popular )?classics?|(?:penguin|vintage|oxford|everyman|reclam|macmillan"
    r"|wordsworth|norton|signet|bantam|dover|insel|fischer|suhrkamp|folio)[\w ]*)"
)

_KINDS = {
    "guide": (
        r"stud(?:y|ent) (?:guide|notes)|reading guide|readers guide|teachers? (?:guide|edition)"
        r"|summary|sparknotes|cliffs ?notes|york notes|companion|workbook|lesson plans?|analysis"
        r"|lekture\w*|erlauterungen|interpretation\w*|quiz|trivia|notes on|guide to|commentary"
        r"|critical essays|unterrichts\w*|fiche de lecture|profil d une oeuvre"
    ),
    "shortened": (
        r"abridged|abridgement|condensed|gekurzt\w*|abrege\w*|retold|adapted|adaptation|adapte\w*"
        r"|nacherzahlt|simplified|easy (?:reader|reading)|graded readers?|young readers?"
        r"|for (?:children|kids|young \w+)|fur kinder|pour enfants|selections? from|excerpts?"
        r"|auszuge|ridotta"
    ),
    "comic": r"graphic novel|comics?|manga|bande dessinee|graphic adaptation",
    "several": (
        r"omnibus|box(?:ed)? set|complete (?:collection|series|set)|trilogy|trilogie|quartet"
        r"|(?:\d|two|three|four) in (?:1|one)|sammelband|gesamtausgabe|bundle"
        r"|(?:books?|vols?|volumes?) \d+ (?:to |and |bis )?\d+"
    ),
    "stage": (
        r"screenplay|libretto|vocal score|radio (?:drama|play)|horspiel|dramati[sz](?:ed|ation)"
    ),
    "object": (
        r"colou?ring book|calendar|notebook|sticker book|jigsaw|puzzles?|kalender|malbuch"
        r"|notizbuch|cookbook|postcards?"
    ),
}
_ANY_KIND = re.compile("|".join(rf"\b(?P<{kind}>{words})\b" for kind, words in _KINDS.items()))


@dataclass(frozen=True, slots=True)
class Title:
    """A title taken apart; all texts are folded."""

    main: str
    """Without article, subtitle, volume and what is said of the edition: the key."""
    rest: str = ""
    """The subtitle, where it says anything."""
    volume: str = ""
    """Which part of the whole it is, as a number: 2."""
    place: str = ""
    """Which book of a series it may be: “Book 3”."""
    numbers: tuple[str, ...] = ()
    """What is counted or dated in subtitles and notes: years, and parts in other words."""
    kinds: frozenset[str] = frozenset()
    """What it is besides the text itself: guide, shortened, comic, several, stage, object."""
    is_split: bool = False
    """Whether the subtitle stood in the title, so that the main part may be a series' name."""
    is_alternative: bool = False
    """Whether it is another name for the same: Frankenstein; or, The Modern Prometheus."""


class _Part(NamedTuple):
    """What one text of a title says: words, and a volume or place in a series behind them."""

    said: str
    volume: str = ""
    place: str = ""


def match_key(title: str) -> str:
    """What works are looked up by: at most LONGEST_KEY characters, equal for one title's notations.

    Empty where nothing is left of the title. It does not depend on the language.
    """
    return read(title, "", "").main[:LONGEST_KEY]


def adapted(title: Title) -> Title:
    """The title of a version that somebody has adapted, whether it says so or not."""
    return replace(title, kinds=title.kinds | {"shortened"})


def keys(title: Title, language: str) -> list[str]:
    """All keys by which a work with this title may be found, given the language of the text."""
    main = title.main[:LONGEST_KEY]
    first, _space, others = main.partition(" ")
    own = _OWN_ARTICLES.get(language, ())
    if not own or not main:
        return [main] if main else []
    if first in own and others:
        return [main, others]
    return [main, *(f"{article} {main}"[:LONGEST_KEY] for article in own)]


@lru_cache(maxsize=4096)
def read(title: str, subtitle: str = "", statement: str = "") -> Title:
    """Take a title apart. `statement` is what is said of the edition: 2nd edition, abridged."""
    title, subtitle, statement = (text[:LONGEST] for text in (title, subtitle, statement))
    if "#" in title:
        title = title.replace("#", " no ")
    notes = [fold(note) for note in _NOTES.findall(title)]
    first, *others = _parts(_NOTES.sub(" ", title) if notes else title) or [title]
    full = _main(first)
    own = _without_volume(full)
    folded = [*map(fold, others), *([fold(subtitle)] if subtitle else [])]
    parts = [_part(text) for text in folded]
    noted = [_part(_SO_MANY.sub("", note).strip()) for note in notes]
    rest = [part.said for part in parts if part.said]
    counted = [note.said for note in noted if note.said and not note.place]
    joined = " ".join(rest)
    is_alternative = joined.startswith("or ")
    return Title(
        main=_TRAILING_NOISE.sub("", own.said or full) or own.said,
        rest=joined.removeprefix("or "),
        volume=next((each.volume for each in (own, *parts, *noted) if each.volume), ""),
        # A note names a series and the place in it: (Dune, Book 1). Only (Vol. 2) is of the title.
        place=next((each.place for each in (own, *parts) if each.place), ""),
        numbers=_numbers([*rest, *counted]),
        kinds=_kinds([full, *folded, *notes, fold(statement)]),
        is_split=bool(others) and not is_alternative,
        is_alternative=is_alternative,
    )


def _kinds(texts: list[str]) -> frozenset[str]:
    return frozenset(match.lastgroup or "" for match in _ANY_KIND.finditer(" ".join(texts)))


def _numbers(texts: list[str]) -> tuple[str, ...]:
    words = " ".join(texts).split()
    return tuple(
        _COUNTING.get(word) or word.lstrip("0")
        for word in words
        if word in _COUNTING or word.isdigit()
    )


def _parts(title: str) -> list[str]:
    """Main title and subtitles, of those that say anything."""
    if _SEPARATING.isdisjoint(title):
        return [title] if fold(title) else []
    return [part for part in _SEPARATORS.split(title) if fold(part)]


def _main(text: str) -> str:
    """The folded main part, without article and joining words."""
    text = _ELIDED.sub("", text)
    last = _LAST_ARTICLE.match(text) if "," in text else None
    if last and fold(last[2]) in _ARTICLES:
        text = last[1]
    words = fold(text).split()
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    inner = words[:1] + [word for word in words[1:-1] if word not in _JOINING] + words[1:][-1:]
    return " ".join(inner)


def _part(folded: str) -> _Part:
    """A subtitle or a note, silent where it says only what any edition might."""
    part = _without_volume(folded)
    return part._replace(said="") if _SAYS_NOTHING.fullmatch(part.said) else part


def _without_volume(folded: str) -> _Part:
    """The text without a volume or a place in a series at its end, and both numbers."""
    if not _VOLUME_HINT.search(folded):
        return _Part(folded)
    for pattern, is_volume in ((_VOLUME, True), (_PLACE, False)):
        match = pattern.search(folded)
        if match:
            word = next(group for group in match.groups() if group)
            number = _WORD_NUMBERS.get(word, word.lstrip("0") or "0")
            said = folded[: match.start()].strip()
            return _Part(said, volume=number) if is_volume else _Part(said, place=number)
    return _Part(folded)
