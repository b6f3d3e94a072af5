"""A 404 that tells the visitor why."""

from django.http import Http404


class Missing(Http404):
    """Nothing stands here; the text is shown to the visitor."""
