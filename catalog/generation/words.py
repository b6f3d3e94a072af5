"""Words and names for made-up books: a few that come often, and very many that come rarely.

How often a word comes falls with its rank as it does in real catalogues (Zipf's law), so that an
index of made-up books is as lopsided as one of real ones.
"""

import itertools
from collections.abc import Sequence
from random import Random

NOUNS = """
House Garden River Night Winter Summer Sea Island Mountain City Street Stone Glass Mirror Shadow
Light Fire Water Bread Salt Honey Bird Fox Wolf Horse Rose Tree Forest Road Bridge Door Window Key
Letter Map Story Song Dream Memory Silence Voice Secret Promise Daughter Son Mother Father Sister
Brother Child King Queen Soldier Doctor Painter Baker Sailor Stranger Neighbor Friend Enemy Ghost
Angel History Science Art Music Kitchen War Peace Love Death Time Year Day Morning Hour Moon Star
Sun Wind Snow Rain Storm Harbor Ship Train Station Hotel Market School Church Library Museum
Theater Dance Color Number Game Machine Mind Body Heart Hand Eye Face Bone Blood Gold Silver Iron
Paper Ink Thread Clock Lantern Orchard Meadow
"""
ADJECTIVES = """
Last First Lost Secret Silent Broken Hidden Little Great Old New Long Quiet Dark Bright Cold
Golden Blue Red Green White Black Burning Frozen Distant Forgotten Perfect Strange Small Deep Wild
Gentle Brief Modern Ancient Invisible Patient Restless Honest Crooked
"""
GERMAN = """
Straße Brücke Mädchen Bücher Träume Nächte Wälder Häuser Schlüssel Gärten Vögel Königin Märchen
Flüsse Jahre Abend Heimat Reise Stille Schatten Sommer Winter Wasser Himmel Erde
"""
FRENCH = """
Été Forêt Île Rêve Mémoire Lumière Rivière Café Château Fenêtre Âme Cœur Étoile Hôtel Père Frère
Maison Jardin Pluie Ombre Silence Voyage Livre Ville Nuit Mer Hiver Automne Enfant
"""
GIVEN_NAMES = """
Anna Maria Clara Elena Sofia Emma Julia Laura Nora Ida Ruth Jane Mary Alice Helen Zoë Chloé Renée
Jörg Jürgen Björn Søren François André José Peter Paul John James Thomas Robert David Daniel
Samuel Martin Karl Hugo Oscar Victor Henry Simon Tobias Lukas Mateo Amir Yusuf Kenji
"""
ONSETS = (
    "b",
    "br",
    "c",
    "d",
    "f",
    "g",
    "h",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "st",
    "t",
    "v",
    "w",
)
VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "ou", "ö", "é")
CODAS = ("", "l", "m", "n", "r", "s", "t", "nd", "rt", "ck")
LONG_TAIL = 40_000  # words that come rarely
SURNAMES = 20_000
MOST_WORDS_OF_TEXT = 24


class Words:
    """Draws words, titles, names and descriptions by a given chance."""

    def __init__(self, chance: Random, *, books: int) -> None:
        """Make the words for so many books; the same `chance` makes the same."""
        self._chance = chance
        rare = [self._made_up() for _ in range(min(LONG_TAIL, books))]
        self._nouns = [*NOUNS.split(), *rare]
        self._noun_weights = _zipf(len(self._nouns))
        self._german, self._german_weights = _lopsided([*GERMAN.split(), *rare[:2_000]])
        self._french, self._french_weights = _lopsided([*FRENCH.split(), *rare[2_000:4_000]])
        self._surnames, self._surname_weights = _lopsided(
            [self._made_up() for _ in range(min(SURNAMES, books))]
        )
        self._adjectives, self._given_names = ADJECTIVES.split(), GIVEN_NAMES.split()
        self._words = [word.lower() for word in self._nouns]

    def title(self, language: str) -> str:
        """A title in the manner of the language."""
        match language:
            case "de":
                one, other = self._draw(self._german, self._german_weights, 2)
                return self._one_of((f"Die {one}", f"{one} und {other}", f"Der {one} der {other}"))
            case "fr":
                one, other = self._draw(self._french, self._french_weights, 2)
                return self._one_of((f"La {one}", f"L’{one} et la {other}", f"Le {one} de {other}"))
        one, other = self._draw(self._nouns, self._noun_weights, 2)
        adjective = self._chance.choice(self._adjectives)
        return self._one_of(
            (
                f"The {one} of {other}",
                f"The {adjective} {one}",
                f"{adjective} {one}",
                f"{one} and {other}",
                f"A {one} in {other}",
                f"{one} {other}",
            )
        )

    def subtitle(self) -> str:
        """What may stand below a title."""
        one, other = self._draw(self._nouns, self._noun_weights, 2)
        return self._one_of((f"A History of {one}", f"A Novel of {one} and {other}", "A Novel"))

    def description(self) -> str:
        """A sentence without much sense."""
        most = self._chance.randint(8, MOST_WORDS_OF_TEXT)
        drawn = self._draw(self._words, self._noun_weights, most)
        return f"The {' and the '.join(' '.join(drawn[i : i + 3]) for i in range(0, most, 3))}."

    def person(self) -> tuple[str, str]:
        """A name as printed, and as filed."""
        given = self._chance.choice(self._given_names)
        surname = self._draw(self._surnames, self._surname_weights, 1)[0]
        return f"{given} {surname}", f"{surname}, {given}"

    def word(self) -> str:
        """A word, capitalized."""
        return self._draw(self._nouns, self._noun_weights, 1)[0]

    def _made_up(self) -> str:
        syllables = self._chance.choice((2, 2, 2, 3))
        made = "".join(
            self._chance.choice(ONSETS) + self._chance.choice(VOWELS) for _ in range(syllables)
        )
        return (made + self._chance.choice(CODAS)).capitalize()

    def _one_of(self, texts: Sequence[str]) -> str:
        return texts[int(self._chance.random() * len(texts))]

    def _draw(self, words: list[str], weights: list[float], count: int) -> list[str]:
        return self._chance.choices(words, cum_weights=weights, k=count)


def _zipf(size: int) -> list[float]:
    """Cumulated weights of `size` ranks: one, a half, a third …"""
    return list(itertools.accumulate(1 / rank for rank in range(1, size + 1)))


def _lopsided(words: list[str]) -> tuple[list[str], list[float]]:
    return words, _zipf(len(words))
