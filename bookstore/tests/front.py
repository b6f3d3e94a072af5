"""The shop as gunicorn asks it: the short way, and Django behind it."""

import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.core.wsgi import get_wsgi_application

from bookstore.serving.shortcut import ShortWay

OF_THE_MOMENT = {"X-Request-ID", "X-Accel-Expires"}
FRAGMENT = {"HTTP_HX_REQUEST": "true"}
LIVE = (
    "/live/suggest?q=em", "/live/stock?isbn13=9780306406157", "/live/cards?isbn13=9780306406157",
    "/live/trending", "/live/visitor",
)  # fmt: skip


class Answered:
    """What a WSGI application said."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = "", dict[str, str](), b""

    def start(self, status: str, headers: list[tuple[str, str]], *rest: Any) -> None:
        """What the application calls."""
        self.status, self.headers = status, dict(headers)
        self.order = [name for name, _value in headers]

    @property
    def lasting(self) -> tuple[str, dict[str, str], bytes]:
        """All but what is another each time."""
        headers = {n: value for n, value in self.headers.items() if n not in OF_THE_MOMENT}
        return self.status, headers, self.body


class Shop:
    """The application in front of Django, which notes what Django was asked."""

    def __init__(self) -> None:
        self.django: Callable[..., Iterable[bytes]] = get_wsgi_application()
        self.asked_of_django: list[str] = []
        self.application = ShortWay(self._noted)

    def _noted(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.asked_of_django.append(environ["PATH_INFO"])
        return self.django(environ, start_response)

    def ask(self, address: str, *, of: Any = None, **headers: str) -> Answered:
        """GET the address, of the application or of another one."""
        path, _, query = address.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "",
            "SERVER_NAME": "testserver", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "testserver", "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(), "wsgi.errors": sys.stderr, **headers,
        }  # fmt: skip
        answered = Answered()
        response = (of or self.application)(environ, answered.start)
        answered.body = b"".join(response)
        if hasattr(response, "close"):
            response.close()
        return answered

    def known(self, address: str, **headers: str) -> Answered:
        """What the application says to an address once it has learnt it."""
        for _time in range(3):  # computed; filed, if typed by a visitor; read
            self.ask(address, **headers)
        self.asked_of_django.clear()
        answered = self.ask(address, **headers)
        assert self.asked_of_django == []
        return answered
