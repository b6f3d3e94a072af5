"""What the headings of lists mean: our own names, and those of the trade in four languages.

The names are facts of common exports (wholesalers' lists, tills, spreadsheets) in English, German,
French and Spanish. A heading that could mean two things is not here: staff says what it means.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence

from catalog.folding import fold

IGNORED = frozenset({"line", "what is wrong"})
"""Columns that our own file of wrong lines has besides; it can be corrected and read again."""

_SYNONYMS: dict[str, str] = {
    "isbn13": "isbn|isbn 13|ean|ean 13|ean code|gtin|gtin 13|gtin13|sku|barcode|bar code|isbn ean"
    "|ean isbn|artikelnummer|artikelnr|isbn nummer|strichcode|code barre|code barres|gencod"
    "|gencode|codigo de barras|codigo ean|isbn number|article number",
    "on_hand": "stock|quantity|qty|on hand|in stock|stock on hand|soh|copies|bestand|lagerbestand"
    "|menge|anzahl|stuck|lager|quantite|qte|en stock|stock disponible|existencias|cantidad|unidades"
    "|stock total",
    "counted": "count|gezahlt|quantity|qty|copies|bestand|menge|anzahl|compte|quantite|contado"
    "|cantidad",
    "location": "location code|branch|store|filiale|standort|lagerort|magasin|emplacement|lieu"
    "|tienda|ubicacion|almacen",
    "reason": "note|grund|bemerkung|motif|raison|motivo|razon",
    "amount": "price|rrp|retail price|list price|srp|sale price|vk|vk preis|vk brutto|preis"
    "|ladenpreis|verkaufspreis|bruttopreis|endpreis|prix|prix ttc|prix public|prix de vente|precio"
    "|pvp|precio de venta|precio con iva",
    "price": "rrp|retail price|list price|srp|sale price|vk|vk preis|vk brutto|preis|ladenpreis"
    "|verkaufspreis|bruttopreis|endpreis|prix|prix ttc|prix public|prix de vente|precio|pvp|amount"
    "|precio de venta|precio con iva",
    "currency": "currency code|cur|wahrung|devise|monnaie|moneda|divisa",
    "valid_from": "from|valid from|start|start date|effective date|price from|ab|gultig ab"
    "|gultig von|von|date de debut|valable du|a partir du|desde|valido desde|fecha de inicio",
    "valid_to": "to|until|valid to|valid until|end|end date|price to|bis|gultig bis|date de fin"
    "|valable jusquau|jusquau|hasta|valido hasta|fecha de fin",
    "tax_rate": "tax|vat|vat rate|vat percent|tax percent|mwst|mwst satz|ust|ust satz|steuersatz"
    "|tva|taux tva|taux de tva|iva|tipo iva|tipo de iva",
    "title": "book title|titel|buchtitel|titre|titulo",
    "subtitle": "sub title|untertitel|sous titre|subtitulo",
    "contributors": "author|authors|contributor|autor|autoren|autor in|verfasser|urheber|auteur"
    "|auteurs|autores|autora",
    "series": "reihe|reihentitel|serie|collection|coleccion",
    "series_position": "volume|band|bandnummer|tome|numero|number in series|volumen",
    "publisher": "verlag|verlagsname|editeur|maison dedition|editorial",
    "imprint": "brand|marke|label|sello",
    "format": "binding|einband|einbandart|produktform|format|reliure|encuadernacion|formato",
    "language": "language code|sprache|langue|idioma|lengua",
    "publication_date": "pub date|publication|published|date published|release date"
    "|erscheinungsdatum|erscheinungstermin|et|date de parution|parution|fecha de publicacion",
    "pages": "page count|extent|seiten|seitenzahl|umfang|nombre de pages|paginas|numero de paginas",
    "weight_grams": "weight|weight g|gewicht|gewicht g|poids|poids g|peso|peso g",
    "subjects": "thema|thema codes|subject|subject codes|sachgruppe|sujets|materias",
    "stock": "quantity|qty|on hand|bestand|lagerbestand|menge|quantite|existencias|cantidad",
    "description": "blurb|summary|beschreibung|klappentext|kurztext|resume|descripcion|sinopsis",
}


_NUMBERS = {"isbn", "isbn13", "ean", "ean13", "gtin", "gtin13"}
"""Words for the number of an edition, whatever else a heading says."""


def known_as(heading: str, fields: Collection[str]) -> str:
    """Which of these fields the heading means; empty where that is not known."""
    plain = fold(heading)
    for field in fields:
        if plain == fold(field):
            return field
    known = (field for field in fields if plain in _SYNONYMS.get(field, "").split("|"))
    names_number = "isbn13" in fields and not _NUMBERS.isdisjoint(plain.split())
    return next(known, "isbn13" if names_number else "")


def recognise(headings: Sequence[str], fields: Collection[str]) -> tuple[str, ...]:
    """Of each column the field that it means, each field once: its own name before others."""
    meant = [known_as(heading, fields) for heading in headings]
    for field in set(meant) - {""}:
        places = [place for place, name in enumerate(meant) if name == field]
        named = (place for place in places if fold(headings[place]) == fold(field))
        kept = next(named, places[0])
        for place in places:
            if place != kept:
                meant[place] = ""
    return tuple(meant)


def signature(headings: Iterable[str]) -> str:
    """What lists with the same headings in the same order have in common."""
    text = "\n".join(fold(heading) for heading in headings)
    return hashlib.sha256(text.encode()).hexdigest()
