"""Views that answer for themselves alone: no session, no user, no database, the same in any role.

All that middleware does for them is to name the headers that every answer has; so whoever knows
these may ask such a view without it (`bookstore/serving/shortcut.py`).
"""

from collections.abc import Callable
from typing import TypeVar

View = TypeVar("View", bound=Callable[..., object])

_views: set[Callable[..., object]] = set()


def answers_alone(view: View) -> View:
    """Take note that the view needs no middleware."""
    _views.add(view)
    return view


def is_alone(view: Callable[..., object]) -> bool:
    """Whether that was noted."""
    return view in _views
