"""Which fields of an edition and its work a feed fills, and in which block of ONIX.

A field's value is written as JSON has it: dates and amounts as text, people, subjects and imprints
by their ids. Fields of the work are named `work.title` and so on; so they are in `Provenance`.
"""

from typing import Any

from catalog import languages

DESCRIPTION, COLLATERAL, PUBLISHING, RELATED, SUPPLY = 1, 2, 4, 5, 6

EDITION_COLUMNS: dict[str, int] = {
    "format": DESCRIPTION,
    "language": DESCRIPTION,
    "title": DESCRIPTION,
    "subtitle": DESCRIPTION,
    "pages": DESCRIPTION,
    "duration_minutes": DESCRIPTION,
    "weight_grams": DESCRIPTION,
    "height_mm": DESCRIPTION,
    "width_mm": DESCRIPTION,
    "thickness_mm": DESCRIPTION,
    "edition_number": DESCRIPTION,
    "edition_statement": DESCRIPTION,
    "product_form": DESCRIPTION,
    "cover_url": COLLATERAL,
    "imprint": PUBLISHING,
    "publication_date": PUBLISHING,
    "embargo_date": PUBLISHING,
    "publishing_status": PUBLISHING,
    "replaced_by": RELATED,
    "supplier_availability": SUPPLY,
    "is_offered": SUPPLY,
}
"""Columns of the edition, each with the block of ONIX that says it."""

EDITION_ROWS: dict[str, int] = {"contributors": DESCRIPTION, "price": SUPPLY, "backorders": SUPPLY}
"""What of an edition has tables of its own."""

WORK_COLUMNS: dict[str, int] = {
    "work.title": DESCRIPTION,
    "work.subtitle": DESCRIPTION,
    "work.description": COLLATERAL,
    "work.original_language": DESCRIPTION,
    "work.first_published": PUBLISHING,
    "work.keywords": DESCRIPTION,
    "work.audiences": DESCRIPTION,
    "work.main_subject": DESCRIPTION,
}

WORK_ROWS: dict[str, int] = {
    "work.contributors": DESCRIPTION,
    "work.subjects": DESCRIPTION,
    "work.series": DESCRIPTION,
    "work.classifications": DESCRIPTION,
}

BLOCKS = {**EDITION_COLUMNS, **EDITION_ROWS, **WORK_COLUMNS, **WORK_ROWS}

NEVER_CLEARED = frozenset(
    {
        *("format", "language", "imprint", "is_offered", "price", "backorders", "contributors"),
        *("work.title", "work.contributors", "replaced_by"),
    }
)
"""What a record that does not say it leaves as it is; other fields its own supplier can empty."""


def is_blank(value: Any) -> bool:
    """Whether nothing is said by it; False and 0 say something."""
    return value is None or value in ("", languages.NOT_STATED) or value == []


def column(field: str) -> str:
    """The column that keeps it: `imprint` → `imprint_id`, `work.title` → `title`."""
    name = field.removeprefix("work.")
    return f"{name}_id" if name in ("imprint", "replaced_by", "main_subject") else name
