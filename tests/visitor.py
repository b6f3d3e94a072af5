"""A visitor without a browser: sends requests, keeps cookies, and fills in forms as they stand."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from tests.patience import until

TIMEOUT_SECONDS = 60

Headers = Mapping[str, str]
NO_HEADERS: Headers = {}


@dataclass
class Form:
    """What a form would send as it stands, and what could be filled in."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    """Of all fields and buttons, also those that are not sent unless chosen."""


class _Reader(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._select = self._textarea = ""
        self._is_silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        self._is_silent = tag in ("script", "style")
        if tag == "form":
            self._form = Form(got.get("action", ""), got.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, got)

    def _field(self, form: Form, tag: str, got: Mapping[str, str]) -> None:
        name = got.get("name", "")
        if tag == "option":
            if "selected" in got or self._select not in form.fields:
                form.fields[self._select] = got.get("value", "")
            return
        if not name:
            return
        form.names.add(name)
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._textarea, form.fields[name] = name, ""
        elif tag == "input" and got.get("type") not in ("radio", "checkbox"):
            form.fields[name] = got.get("value", "")
        elif tag == "input" and "checked" in got:
            form.fields[name] = got.get("value", "on")

    def handle_endtag(self, tag: str) -> None:
        self._is_silent = False
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea and self._form is not None:
            self._form.fields[self._textarea] += data
        elif not self._is_silent:
            self.words.append(data)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    path: str
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def location(self) -> str:
        """Where a redirect leads, as an address on this shop."""
        target = urlsplit(urljoin(self.path, self.headers["Location"]))
        return f"{target.path}?{target.query}" if target.query else target.path

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.body.decode())
        return reader

    @property
    def text(self) -> str:
        """The words of a page, with single spaces."""
        return " ".join(" ".join(self._read().words).split())

    def form(self, action: str) -> Form:
        """The one form that goes to `action`; an action left out is the page itself."""
        here = self.path.partition("?")[0]
        forms = [each for each in self._read().forms if (each.action or here) == action]
        assert len(forms) == 1, f"{len(forms)} forms on {self.path} go to {action}"
        return replace(forms[0], action=forms[0].action or self.path)

    def form_below(self, start: str) -> Form:
        """The one form whose action begins like this."""
        forms = [each for each in self._read().forms if each.action.startswith(start)]
        assert len(forms) == 1, f"{len(forms)} forms on {self.path} go below {start}"
        return forms[0]


class Visitor:
    """One client with its cookies, on one shop."""

    def __init__(self, base_url: str, *, token: str = "") -> None:
        """With a `token`, a program of the staff."""
        self._host = urlsplit(base_url).netloc
        self._always = {"Authorization": f"Bearer {token}"} if token else {}
        self.cookies: dict[str, str] = {}

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Headers = NO_HEADERS
    ) -> Answer:
        """Send one request, and keep the cookies that come back."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {**({"Cookie": cookies} if cookies else {}), **self._always, **headers}
        connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            answer = Answer(path, response.status, response.headers, response.read())
        finally:
            connection.close()
        self._keep_cookies(answer)
        return answer

    def _keep_cookies(self, answer: Answer) -> None:
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value

    def get(self, path: str, headers: Headers = NO_HEADERS) -> Answer:
        """Ask for a page or an answer."""
        return self.send("GET", path, headers=headers)

    def header(self) -> dict[str, Any]:
        """What the header says of a visitor whom the shop knows.

        No quantity where Redis takes too long to tell, as it may on a busy machine: asked again.
        """

        def ask() -> Answer:
            answer = self.get("/live/visitor")
            assert answer.status == 200
            return answer

        said = until(lambda answer: answer.json()["basket_quantity"] is not None, ask)
        found: dict[str, Any] = said.json()
        return found

    @property
    def basket_quantity(self) -> int:
        """The number beside the basket."""
        quantity: int = self.header()["basket_quantity"]
        return quantity

    def open(self, path: str) -> Answer:
        """Ask for a page, and go where it redirects to."""
        return self.follow(self.get(path))

    def follow(self, answer: Answer) -> Answer:
        """Go where the answer redirects to, if it does."""
        for _step in range(5):
            if answer.status not in (301, 302, 303, 307, 308):
                break
            answer = self.get(answer.location)
        return answer

    def post(self, path: str, fields: Mapping[str, str], headers: Headers = NO_HEADERS) -> Answer:
        """Send fields as a form does."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, urlencode(fields).encode(), {**kind, **headers})

    def submit(self, form: Form, **values: str) -> Answer:
        """Fill in a form as far as it has these fields, and send it."""
        assert form.method == "post"
        unknown = values.keys() - form.names
        assert not unknown, f"the form of {form.action} has no {', '.join(unknown)}"
        return self.post(form.action, {**form.fields, **values})

    def call(
        self, method: str, path: str, data: object = None, headers: Headers = NO_HEADERS
    ) -> Answer:
        """Send JSON to the API; `path` begins after `/api/v1/`."""
        body = None if data is None else json.dumps(data).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        return self.send(method, f"/api/v1/{path}", body, {**kind, **headers})
