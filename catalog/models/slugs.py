"""Readable parts of addresses."""

import functools

from django.db import models
from django.utils.text import slugify

# Letters that Unicode does not decompose into an ASCII letter and an accent.
_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)


@functools.lru_cache(maxsize=4_096)  # lists show the same titles again and again
def readable(text: str, *, fallback: str) -> str:
    """`text` as a lower-case ASCII slug of at most 80 characters, or `fallback` if none is left."""
    return slugify(text.lower().translate(_LETTERS))[:80].strip("-") or fallback


def unused(text: str, *, among: type[models.Model], fallback: str) -> str:
    """A slug for `text` that no row of `among` has or had: `emma`, then `emma-2`, `emma-3` …"""
    from catalog.models.former_address import FormerAddress

    base = readable(text, fallback=fallback)
    rows = among._default_manager.filter(slug__startswith=base).order_by().values_list("slug")
    former = FormerAddress.objects.filter(slug__startswith=base).values_list("slug")
    taken = {slug for (slug,) in rows.union(former)}
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
