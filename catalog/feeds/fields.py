"""Which fields of an edition and its work a feed fills, in which block of ONIX, and their names.

A field's value is written as JSON has it: dates and amounts as text, people, subjects and imprints
by their ids. Fields of the work are named `work.title` and so on; so they are in `Provenance`.
"""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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

TITLES: dict[str, str | Promise] = {
    "format": _("format"),
    "language": _("language"),
    "title": _("title of the edition"),
    "subtitle": _("subtitle of the edition"),
    "pages": _("pages"),
    "duration_minutes": _("duration in minutes"),
    "weight_grams": _("weight in grams"),
    "height_mm": _("height in mm"),
    "width_mm": _("width in mm"),
    "thickness_mm": _("thickness in mm"),
    "edition_number": _("edition number"),
    "edition_statement": _("edition statement"),
    "product_form": _("product form"),
    "cover_url": _("cover at the publisher’s"),
    "imprint": _("imprint"),
    "publication_date": _("publication date"),
    "embargo_date": _("embargo"),
    "publishing_status": _("publishing status"),
    "replaced_by": _("replaced by"),
    "supplier_availability": _("availability at the supplier’s"),
    "is_offered": _("offered"),
    "contributors": _("translators and narrators"),
    "price": _("price"),
    "backorders": _("ordered for customers"),
    "work.title": _("title"),
    "work.subtitle": _("subtitle"),
    "work.description": _("description"),
    "work.original_language": _("original language"),
    "work.first_published": _("first published"),
    "work.keywords": _("keywords"),
    "work.audiences": _("audiences"),
    "work.main_subject": _("main subject"),
    "work.contributors": _("contributors"),
    "work.subjects": _("subjects"),
    "work.series": _("series"),
    "work.classifications": _("other classifications"),
}
"""What staff reads."""


def is_blank(value: Any) -> bool:
    """Whether nothing is said by it; False and 0 say something."""
    return value is None or value in ("", languages.NOT_STATED) or value == []


def column(field: str) -> str:
    """The column that keeps it: `imprint` → `imprint_id`, `work.title` → `title`."""
    name = field.removeprefix("work.")
    return f"{name}_id" if name in ("imprint", "replaced_by", "main_subject") else name
