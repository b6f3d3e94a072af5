"""A visitor that costs the machine little: keeps cookies and sends forms back, reads no more.

`tests/visitor.py` reads whole pages and would take as much of the two cores as the shop does.
"""

import html
import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from benchmarks.running import HOST

TIMEOUT_SECONDS = 180
INPUT = re.compile(rb"<input\b[^>]*>")
ATTRIBUTE = re.compile(rb'\b(name|value|type)="([^"]*)"')
STATEMENTS = "X-Statements"
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


class Session:
    """One visitor with one connection."""

    def __init__(self, port: int) -> None:
        self._origin = f"http://{HOST}:{port}"
        self._connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_SECONDS)
        self._cookies: dict[str, str] = {}
        self.statements: int | None = None
        """What the answers said together that they took of the database, if they did."""

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Page:
        """Open a page; redirects are not followed."""
        return self._send("GET", path, None, dict(headers or {}))

    def post(self, path: str, fields: Mapping[str, str]) -> Page:
        """Send a form."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self._origin,
            "Referer": f"{self._origin}{path}",
        }
        return self._send("POST", path, urlencode(fields), headers)

    def post_json(self, path: str, value: Any) -> Page:
        """Send what a program sends."""
        return self._send("POST", path, json.dumps(value), {"Content-Type": "application/json"})

    def follow(self, page: Page) -> Page:
        """Where a redirect leads; raises Unexpected where it is none."""
        if not page.location:
            page.expect(302)
        parts = urlsplit(page.location)
        return self.get(f"{parts.path}?{parts.query}" if parts.query else parts.path)

    def close(self) -> None:
        """Leave."""
        self._connection.close()

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Page:
        if self._cookies:
            headers["Cookie"] = "; ".join(
                f"{name}={value}" for name, value in self._cookies.items()
            )
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if told := answer.headers.get(STATEMENTS):
            self.statements = (self.statements or 0) + int(told)
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _equals, value = cookie.split(";", 1)[0].partition("=")
            self._cookies[name] = value
        return Page(path, answer.status, answer.headers.get("Location") or "", content)
