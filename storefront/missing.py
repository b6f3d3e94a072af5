"""What is not where it is asked for: gone, with words that tell why, moved, or not shown."""

from django.http import Http404


class Missing(Http404):
    """Nothing stands here; the text is shown to the visitor."""


class OutOfSight(Http404):
    """An order that this visitor cannot see, or none at all: the page does not tell which."""

    def __init__(self, number: str, *, is_signed_in: bool) -> None:
        """`number` as it was asked for, by somebody who `is_signed_in` or not."""
        super().__init__()
        self.address = f"/orders/{number}/"
        self.is_signed_in = is_signed_in


class Moved(Exception):
    """It stands at another address, which is the exception's text."""
