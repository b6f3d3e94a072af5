"""Views that answer for themselves alone: no session, no user, no database, the same in any role.

All that middleware does for them is to name the headers that every answer has; so whoever knows
these may ask such a view without it (`bookstore/serving/shortcut.py`).

Of some, all is made of the address, of who asks (htmx or another), of the day, and of what Redis
says; so as long as Redis says the same, their answer is the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.http import HttpRequest

from caching.quotas import Quota

View = TypeVar("View", bound=Callable[..., object])


@dataclass(frozen=True)
class Alone:
    """What is known of such a view."""

    repeats: bool = False
    """Whether its answer is the same while Redis says the same, on trips over the short wire."""
    quota: Callable[[HttpRequest], Quota | None] = lambda request: None
    """What one client may ask of it, which is counted on the way."""


_views: dict[Callable[..., object], Alone] = {}


def answers_alone(known: Alone) -> Callable[[View], View]:
    """Take note that the view needs no middleware."""

    def note(view: View) -> View:
        _views[view] = known
        return view

    return note


def known_of(view: Callable[..., object]) -> Alone | None:
    """What was noted of the view; None where it does not answer alone."""
    return _views.get(view)
