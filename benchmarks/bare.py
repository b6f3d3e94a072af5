"""The yardstick: a Django view that does nothing but answer so many bytes.

`/` answers BARE_BYTES bytes, `/<n>` n of them.
"""

import functools
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

USUAL = int(os.environ.get("BARE_BYTES", "20000"))


@functools.cache
def _body(size: int) -> bytes:
    return b"x" * size


def answer(request: HttpRequest, size: int = USUAL) -> HttpResponse:
    """The same bytes for everyone."""
    return HttpResponse(_body(size))


urlpatterns = [path("", answer), path("<int:size>", answer)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="none")  # noqa: S106
application = get_wsgi_application()
