"""The answer to a POST that did something."""

from django.http import HttpResponseRedirect


class HttpResponseSeeOther(HttpResponseRedirect):
    """303: the result stands there, fetch it with GET."""

    status_code = 303


def see_other(address: str) -> HttpResponseRedirect:
    """Go on at `address`."""
    return HttpResponseSeeOther(address)
