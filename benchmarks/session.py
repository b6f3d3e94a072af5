"""A visitor that costs the machine little: keeps cookies and sends forms back, reads no more.

`tests/visitor.py` reads whole pages and would take as much of the two cores as the shop does, and
`http.client` reads headers as those of an e-mail: 0.3 ms of what the shop takes 2 ms for.
"""

import html
import json
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from httptools import HttpParserError, HttpResponseParser

from benchmarks.running import HOST

TIMEOUT_SECONDS = 180
READ_AT_ONCE = 65_536  # bytes: for more, memory is mapped and given back each time
INPUT = re.compile(rb"<input\b[^>]*>")
ATTRIBUTE = re.compile(rb'\b(name|value|type)="([^"]*)"')
STATEMENTS = b"x-statements"
CHECKED = re.compile(rb"\schecked\b")


class Unexpected(Exception):
    """An answer was not what the flow needs; says which."""


@dataclass(frozen=True)
class Page:
    """An answer."""

    path: str
    status: int
    location: str
    body: bytes

    def form(self, action: str) -> dict[str, str]:
        """What the inputs of the form that goes to `action` would send as they stand.

        Raises Unexpected where the page has no such form.
        """
        start = self.body.find(f'action="{action}"'.encode())
        if start < 0:
            raise Unexpected(f"{self.path} ({self.status}) has no form to {action}.")
        end = self.body.find(b"</form>", start)
        return dict(_fields(self.body[start:end]))

    def token(self, name: str) -> str:
        """The value of the first input of this name, wherever it stands; Unexpected without."""
        fields = dict(reversed(_fields(self.body)))
        if name not in fields:
            raise Unexpected(f"{self.path} ({self.status}) has no {name}.")
        return fields[name]

    def expect(self, status: int) -> "Page":
        """This page; raises Unexpected where it has another status."""
        if self.status != status:
            start = self.body[:300].decode(errors="replace")
            raise Unexpected(f"{self.path} answered {self.status}, not {status}: {start}")
        return self


def _fields(form: bytes) -> list[tuple[str, str]]:
    fields = []
    for tag in INPUT.findall(form):
        got = {name.decode(): value.decode() for name, value in ATTRIBUTE.findall(tag)}
        is_choice = got.get("type") in ("radio", "checkbox")
        if "name" in got and (not is_choice or CHECKED.search(tag)):
            fields.append((got["name"], html.unescape(got.get("value", ""))))
    return fields


class _Answer:
    """What the parser hears of one answer."""

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.is_whole = False
        self.goes_on = True
        """Whether the server says that it keeps the connection."""

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        self.headers.append((name, value))
        if name == b"connection" and b"close" in value.lower():
            self.goes_on = False

    def on_body(self, part: bytes) -> None:
        self.body += part

    def on_message_complete(self) -> None:
        self.is_whole = True


class Session:
    """One visitor with one connection, which is made at the first request."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._host = f"{HOST}:{port}"
        self._socket: socket.socket | None = None
        self._cookies: dict[str, str] = {}
        self.statements: int | None = None
        """What the answers said together that they took of the database, if they did."""

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Page:
        """Open a page; redirects are not followed."""
        return self._send("GET", path, dict(headers or {}))

    def post(self, path: str, fields: Mapping[str, str]) -> Page:
        """Send a form."""
        origin = f"http://{self._host}"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": origin,
            "Referer": f"{origin}{path}",
        }
        return self._send("POST", path, headers, urlencode(fields).encode())

    def post_json(self, path: str, value: Any) -> Page:
        """Send what a program sends."""
        headers = {"Content-Type": "application/json"}
        return self._send("POST", path, headers, json.dumps(value).encode())

    def follow(self, page: Page) -> Page:
        """Where a redirect leads; raises Unexpected where it is none."""
        if not page.location:
            page.expect(302)
        parts = urlsplit(page.location)
        return self.get(f"{parts.path}?{parts.query}" if parts.query else parts.path)

    def close(self) -> None:
        """Leave."""
        if self._socket:
            self._socket.close()
            self._socket = None

    def _send(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Page:
        headers["Host"] = self._host
        if method != "GET":
            headers["Content-Length"] = str(len(body))
        if self._cookies:
            headers["Cookie"] = "; ".join(
                f"{name}={value}" for name, value in self._cookies.items()
            )
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        status, answer = self._exchange(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        return Page(path, status, self._noted(answer), bytes(answer.body))

    def _exchange(self, request: bytes) -> tuple[int, _Answer]:
        """Send, and read until the answer is whole; raises Unexpected where it is none."""
        if not self._socket:
            self._socket = socket.create_connection((HOST, self._port), timeout=TIMEOUT_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        answer = _Answer()
        parser = HttpResponseParser(answer)
        try:
            while not answer.is_whole and (heard := self._socket.recv(READ_AT_ONCE)):
                parser.feed_data(heard)
        except HttpParserError as error:
            self.close()
            raise Unexpected(f"What was answered is no HTTP: {error!r}") from error
        if not answer.is_whole:
            self.close()
            raise Unexpected("The connection was closed before the answer was whole.")
        if not answer.goes_on:
            self.close()
        return parser.get_status_code(), answer

    def _noted(self, answer: _Answer) -> str:
        """Keep the cookies and the count of statements; returns where the answer leads."""
        location = ""
        for name, value in answer.headers:
            if name == b"set-cookie":
                cookie, _equals, kept = value.decode().split(";", 1)[0].partition("=")
                self._cookies[cookie] = kept
            elif name == b"location":
                location = value.decode()
            elif name == STATEMENTS:
                self.statements = (self.statements or 0) + int(value)
        return location
