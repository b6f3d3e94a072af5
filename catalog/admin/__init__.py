"""The catalogue in the back office. Every change goes through the models' verbs."""

from catalog.admin import (
    editions,
    locations,
    match_reviews,
    staff_lists,
    stocktakes,
    vocabulary,
    works,
)

__all__ = [
    "editions",
    "locations",
    "match_reviews",
    "staff_lists",
    "stocktakes",
    "vocabulary",
    "works",
]
