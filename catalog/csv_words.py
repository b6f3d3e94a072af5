"""What lists write for a format or a language: our own keys and names, and words of the trade.

The words are facts of common exports in English, German, French and Spanish.
"""

from collections.abc import Mapping
from functools import cache

from django.conf import settings
from django.utils import translation

from catalog import languages
from catalog.folding import fold
from catalog.models import Format

_FORMATS = {
    "hardback": "hardcover|gebunden|gebundene ausgabe|gebundenes buch|relie|cartonne|tapa dura",
    "paperback": "softcover|mass market paperback|taschenbuch|broschiert|broschur|kartoniert"
    "|broche|poche|livre de poche|tapa blanda|rustica|bolsillo",
    "large_print": "grossdruck|gros caracteres|letra grande",
    "board_book": "pappbilderbuch",
    "ebook": "epub|livre numerique|libro electronico",
    "audiobook": "audio download|horbuch download|livre audio|audiolibro",
    "audio_cd": "horbuch cd|cd audio",
    "map": "karte|landkarte|carte|mapa",
    "sheet_music": "noten|partition|partitura",
}
_LANGUAGES = {
    "en": "englisch|anglais|ingles",
    "de": "deutsch|allemand|aleman",
    "fr": "franzosisch|francais|frances",
    "es": "spanisch|espagnol|espanol|castellano",
    "it": "italienisch|italien|italiano",
    "nl": "niederlandisch|neerlandais|nederlands",
    "pt": "portugiesisch|portugais|portugues",
}


def format_of(text: str) -> str:
    """The key of the format that is meant; what is not known stays as it is."""
    return _formats().get(fold(text), text)


def language_of(text: str) -> str:
    """The key of the language that is meant, by its name or the trade's code; or the text."""
    return _languages().get(fold(text)) or languages.from_trade(text) or text


@cache
def _formats() -> dict[str, str]:
    return _keys(_FORMATS, dict(Format.choices))


@cache
def _languages() -> dict[str, str]:
    return _keys(_LANGUAGES, languages.NAMES)


def _keys(words: Mapping[str, str], names: Mapping[str, object]) -> dict[str, str]:
    """Keys by folded words: those above, our names in every language of the shop, the keys."""
    found = {fold(word): key for key, text in words.items() for word in text.split("|")}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found |= {fold(str(name)): key for key, name in names.items()}
    return found | {fold(key): key for key in names}
