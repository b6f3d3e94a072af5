"""The yardstick: a Django view that does nothing but answer BARE_BYTES bytes."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

BODY = b"x" * int(os.environ.get("BARE_BYTES", "20000"))


def answer(request: HttpRequest) -> HttpResponse:
    """The same bytes for everyone."""
    return HttpResponse(BODY)


urlpatterns = [path("", answer)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="none")  # noqa: S106
application = get_wsgi_application()
