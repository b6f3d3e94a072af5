"""A publisher's server on this machine, and a fetcher that may ask it."""

import contextlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from catalog.fetching import Fetcher, is_public
from catalog.tests.pictures import picture

JPEG = picture()
Answer = Callable[[BaseHTTPRequestHandler], None]


def say(
    handler: BaseHTTPRequestHandler, body: bytes = JPEG, *, status: int = 200, **headers: str
) -> None:
    """Answer a request; the headers' names with _ for -."""
    handler.send_response(status)
    told = {"Content_Type": "image/jpeg", "Content_Length": str(len(body)), **headers}
    for name, value in told.items():
        if value:
            handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def say_that_it_is_missing(handler: BaseHTTPRequestHandler) -> None:
    """Answer a request for what is not there."""
    say(handler, b"", status=404)


class Publisher:
    """A publisher's server: what it answers under which path, and what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {"/cover.jpg": say}
        self.asked: list[tuple[str, dict[str, str]]] = []
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked.append((self.path, dict(self.headers)))
                answer = publisher.answers.get(self.path, say_that_it_is_missing)
                with contextlib.suppress(OSError):  # they may hang up on us
                    answer(self)

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def fetcher(self, **options: Any) -> Fetcher:
        """One that may ask this server, and nothing else on this machine."""
        given = {
            "user_agent": "The Bookstore (https://shop.example)",
            "largest": 100_000,
            "is_allowed": lambda address: is_public(address) or str(address) == "127.0.0.1",
            "ports": frozenset({80, 443, self.port}),
            "total_seconds": 60.0,
        }
        return Fetcher(**{**given, **options})
