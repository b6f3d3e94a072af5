"""In which forms a browser can read a page: as it is, or packed by gzip."""

import re

from django.http import HttpRequest

_REFUSES = re.compile(r"gzip\s*;\s*q=0(\.0*)?\s*(,|$)", re.IGNORECASE)
_ACCEPTS = re.compile(r"(^|[\s,])gzip\s*(;|,|$)", re.IGNORECASE)


def accepts_gzip(request: HttpRequest) -> bool:
    """Whether the answer may be packed."""
    return gzip_accepted(request.META.get("HTTP_ACCEPT_ENCODING", ""))


def gzip_accepted(accepted: str) -> bool:
    """Whether the header allows gzip; nginx understands the same words in the same way.

    Who says "*" gets the page as it is, which everybody can read: some mean "nothing else" by it.
    """
    if accepted in ("gzip", ""):  # all that nginx passes on
        return accepted == "gzip"
    return not _REFUSES.search(accepted) and bool(_ACCEPTS.search(accepted))
