"""The catalogue in the back office. Every change goes through the models' verbs."""

from catalog.admin import (
    editions,
    locations,
    staff_lists,
    stocktakes,
    unanswered,
    vocabulary,
    works,
)

__all__ = [
    "editions",
    "locations",
    "staff_lists",
    "stocktakes",
    "unanswered",
    "vocabulary",
    "works",
]
