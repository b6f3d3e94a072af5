"""The catalogue in the back office. Every change goes through the models' verbs."""

from catalog.admin import (
    covers,
    editions,
    imports,
    lists,
    locations,
    match_reviews,
    staff_lists,
    stocktakes,
    subjects,
    suppliers,
    unanswered,
    vocabulary,
    works,
)

__all__ = [
    "covers",
    "editions",
    "imports",
    "lists",
    "locations",
    "match_reviews",
    "staff_lists",
    "stocktakes",
    "subjects",
    "suppliers",
    "unanswered",
    "vocabulary",
    "works",
]
