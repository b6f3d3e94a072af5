"""The catalogue in the back office. Every change goes through the models' verbs."""

from catalog.admin import (
    editions,
    imports,
    locations,
    staff_lists,
    stocktakes,
    suppliers,
    vocabulary,
    works,
)

__all__ = [
    "editions",
    "imports",
    "locations",
    "staff_lists",
    "stocktakes",
    "suppliers",
    "vocabulary",
    "works",
]
