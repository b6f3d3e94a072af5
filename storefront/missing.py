"""What is not where it is asked for: gone, with words that tell why, or moved."""

from django.http import Http404


class Missing(Http404):
    """Nothing stands here; the text is shown to the visitor."""


class Moved(Exception):
    """It stands at another address, which is the exception's text."""
