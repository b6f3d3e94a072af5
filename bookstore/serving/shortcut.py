"""The short way: what was asked before is answered without Django's middleware, as long as it may.

- A page that was given is given again, without its view. When Django gives a page that is kept, it
  says under what (`storefront.answering.KeptAs`); whoever asks the same gets what is kept there
  now. Whether it holds Redis is asked, or has said by itself.
- A view that answers alone (`caching.alone`) is asked itself, once its address is known.

What middleware adds is learnt from the first answer. Whatever is unknown, has ended or is soon due,
and every request that is out of the ordinary, takes the long way. Decision 23.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.urls import ResolverMatch
from django.utils import timezone
from django.utils.http import parse_etags

from bookstore import metrics, request_id
from bookstore.compression import BRIEF, PageCompression
from bookstore.serving.repeating import Answer, Repeats
from caching import store
from caching.alone import Alone, known_of
from caching.measuring import spending
from caching.second import UNTIL, end_of_second
from storefront.answering import KEPT_AS, KeptAs, turning
from storefront.encodings import gzip_accepted

MOST_KNOWN = 2_000  # addresses, two kilobytes each; beyond that the oldest is learnt once more
LONGEST_KNOWN = 1_000  # letters of a question; nobody's long words shall take the memory of others
OF_EVERY_ANSWER = frozenset({
    "Content-Security-Policy", "Cross-Origin-Opener-Policy", "Referrer-Policy",
    "Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options",
})  # fmt: skip
OF_A_PAGE = OF_EVERY_ANSWER | {"Cache-Control", "Vary"}
OF_THE_BODY = frozenset({"Content-Type", "Content-Encoding"})
UNUSUAL = ("HTTP_IF_MATCH", "HTTP_RANGE", "HTTP_AUTHORIZATION")
PLACE = ("HTTP_HOST", "wsgi.url_scheme", "HTTP_X_FORWARDED_PROTO", "PATH_INFO")

Headers = tuple[tuple[str, str], ...]
Place = tuple[str | None, ...]
"""All that a header which middleware names is made from."""
Asked = tuple[Place, str, bool]
"""All that a page for everyone is made from: with the query, and whether it may be packed."""


@dataclass(frozen=True, slots=True)
class _Page:
    """How the same question was answered before."""

    place: store.Place
    route: str
    of_the_body: Headers
    constant: Headers


@dataclass(frozen=True, slots=True)
class _View:
    """Who answers at an address, and what middleware adds to that."""

    match: ResolverMatch
    known: Alone
    route: str
    constant: Headers


class ShortWay:
    """A WSGI application in front of Django's."""

    def __init__(self, long_way: Callable[..., Iterable[bytes]]) -> None:
        """`long_way` is Django's."""
        self._long_way = long_way
        self._pages: dict[Asked, _Page] = {}
        self._views: dict[Place, _View] = {}
        self._headers: dict[Headers, Headers] = {}  # one of each: all pages have the same few
        self._repeats = Repeats()
        self._learning = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer by the short way if there is one, and learn it otherwise."""
        if environ["REQUEST_METHOD"] != "GET" or any(name in environ for name in UNUSUAL):
            return self._long_way(environ, start_response)
        place: Place = tuple(map(environ.get, PLACE))
        is_packed = gzip_accepted(environ.get("HTTP_ACCEPT_ENCODING", ""))
        asked = (place, environ.get("QUERY_STRING", ""), is_packed)
        answer = None
        if page := self._pages.get(asked):
            answer = _counted(page.route, environ, lambda: _page_again(page, environ, is_packed))
        elif view := self._views.get(place):
            answer = _counted(view.route, environ, lambda: self._alone(view, asked, environ))
        if answer is None:
            return self._learnt(asked, environ, start_response)
        answer.headers.append((request_id.HEADER, environ[request_id.META_NAME]))
        start_response(answer.status, answer.headers)
        return [answer.body]

    def _alone(self, view: _View, asked: Asked, environ: dict[str, Any]) -> Answer | None:
        """What the view says or would say; None where it fails, which Django knows how to say."""
        try:
            if view.known.repeats:
                return self._again(view, asked, environ)
            return _view_alone(view, environ)
        except Exception:
            return None

    def _again(self, view: _View, asked: Asked, environ: dict[str, Any]) -> Answer:
        question = (asked, environ.get("HTTP_HX_REQUEST"), timezone.localdate())
        quota = view.known.quota(WSGIRequest(environ)) if settings.RATE_LIMITS else None
        if answer := self._repeats.again(question, quota):
            return answer
        with spending() as spent:
            answer = _view_alone(view, environ)
        self._repeats.keep(question, spent, answer)
        return answer

    def _learnt(
        self, asked: Asked, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        heard: list[Any] = ["", []]

        def hear(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            heard[:] = status, headers
            return start_response(status, headers, *rest)

        response = self._long_way(environ, hear)
        status, headers = heard
        match: ResolverMatch | None = environ.get(metrics.MATCH)
        if match and status == "200 OK" and _may_be_known(asked, headers):
            with self._learning:
                self._learn(asked, match, environ.get(KEPT_AS), headers)
        return response

    def _learn(
        self,
        asked: Asked,
        match: ResolverMatch,
        kept_as: KeptAs | None,
        headers: Sequence[tuple[str, str]],
    ) -> None:
        route = metrics.route_of(match)
        if kept_as:
            _make_room(self._pages)
            of_the_body = self._chosen(headers, OF_THE_BODY)
            constant = self._chosen(headers, OF_A_PAGE)
            self._pages[asked] = _Page(kept_as.place, route, of_the_body, constant)
        elif known := known_of(match.func):
            _make_room(self._views)
            constant = self._chosen(headers, OF_EVERY_ANSWER)
            self._views[asked[0]] = _View(match, known, route, constant)

    def _chosen(self, headers: Sequence[tuple[str, str]], names: frozenset[str]) -> Headers:
        chosen = tuple(each for each in headers if each[0] in names)
        return self._headers.setdefault(chosen, chosen)


def _may_be_known(asked: Asked, headers: Sequence[tuple[str, str]]) -> bool:
    place, query, _is_packed = asked
    letters = len(query) + sum(len(each) for each in place if each)
    return letters <= LONGEST_KNOWN and all(name != "Set-Cookie" for name, _value in headers)


def _make_room(known: dict[Any, Any]) -> None:
    while len(known) >= MOST_KNOWN:
        del known[next(iter(known))]


def _counted(
    route: str, environ: dict[str, Any], ask: Callable[[], Answer | None]
) -> Answer | None:
    """What is answered, under a number, and counted; Django counts what was tried in vain."""
    started_at = time.perf_counter()
    request_id.number(environ)
    with spending() as spent:
        answer = ask()
    if answer:
        seconds = time.perf_counter() - started_at
        metrics.count(route, "GET", int(answer.status[:3]), seconds, spent)
    else:
        environ[metrics.TRIED] = started_at, spent
    return answer


def _page_again(page: _Page, environ: dict[str, Any], is_packed: bool) -> Answer | None:
    """The page as it is kept; None where Django has to answer."""
    asked_at = time.time()
    try:
        kept = store.at_hand(page.place, turning(asked_at))
    except store.Unavailable:
        return None
    if kept is None:
        return None
    status, body, of_the_body = "304 Not Modified", b"", Headers()
    if not _is_there_already(environ, kept.tag):
        status, body = "200 OK", kept.packed if is_packed else kept.body
        of_the_body = page.of_the_body
    headers = [
        *of_the_body,
        ("Content-Length", str(len(body))),
        ("ETag", f'W/"{kept.tag}"' if is_packed else f'"{kept.tag}"'),
        (UNTIL, end_of_second(asked_at)),  # before Cache-Control: see answering
        *page.constant,
    ]
    return Answer(status, headers, body)


def _is_there_already(environ: dict[str, Any], tag: str) -> bool:
    """Whether the browser says that it has just that, in these bytes or in others."""
    given: str = environ.get("HTTP_IF_NONE_MATCH", "")
    return bool(given) and any(
        each == "*" or each.strip("W/") == f'"{tag}"' for each in parse_etags(given)
    )


def _view_alone(view: _View, environ: dict[str, Any]) -> Answer:
    match, request = view.match, WSGIRequest(environ)
    request.resolver_match = match
    response = match.func(request, *match.args, **match.kwargs)
    if len(response.content) >= BRIEF:
        response = _COMPRESSION.process_response(request, response)
    headers, body = [*response.items(), *view.constant], response.content
    if not response.has_header("Content-Length"):
        headers.append(("Content-Length", str(len(body))))
    return Answer(f"{response.status_code} {response.reason_phrase}", headers, body)


_COMPRESSION = PageCompression(lambda request: HttpResponse())
