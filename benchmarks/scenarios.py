"""The scenarios: what is asked for, by the names that the shop and its peers share."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin

from benchmarks import flows
from benchmarks.flows import Flow
from benchmarks.session import Session

HOME, SUBJECT, DEEP, BOOK = "home", "subject", "subject, page 20", "book"
COMMON, RARE = "search, common word", "search, rare word"
PAGES = (HOME, SUBJECT, DEEP, BOOK, COMMON, RARE)
BASKET, CHECKOUT = "into the basket", "guest checkout"
FLOWS = (BASKET, CHECKOUT)
FEW, MANY = "suggestions, a word", "suggestions, a letter"
TYPO = "suggestions, a typo"
BADGE, BADGES, VISITOR = "badge of a book", "badges of 24 books", "visitor's header"
LIVE = (FEW, MANY, TYPO, BADGE, BADGES, VISITOR)
DEEP_PAGE = 20
CARDS = 24
NEXT = re.compile(rb'<link rel="next" href="([^"]+)"')
FRAGMENT = {"HX-Request": "true"}
"""What the shop's own pages send with a live request; they get HTML for it."""

PACKED = {"Accept-Encoding": "gzip"}
"""As nginx and browsers ask for pages that are kept, which are kept so."""

ALL_CHANGED = "X-All-Changed"
"""Tells `uncached.py` to make all of the answer anew, as if every work had changed since."""


@dataclass(frozen=True)
class Asked:
    """Addresses that are asked for in turn."""

    paths: Sequence[str]
    headers: Mapping[str, str]


def pages_of(port: int, found: Mapping[str, Any]) -> dict[str, Asked]:
    """The shop's public pages."""
    subject: str = found["subject"]
    addresses = {
        HOME: ["/"],
        SUBJECT: [subject],
        DEEP: [turned(port, subject)],
        BOOK: [book["url"] for book in found["books"]],
        COMMON: ["/search/?" + urlencode({"q": found["common"]})],
        RARE: ["/search/?" + urlencode({"q": found["rare"]})],
    }
    return {name: Asked(paths, {}) for name, paths in addresses.items()}


def changed(name: str, asked: Asked) -> list[Asked]:
    """The same where every work has changed; nothing where an answer uses nothing made before."""
    headers = {**asked.headers, ALL_CHANGED: "1"}
    return [Asked(asked.paths, headers)] if name in (COMMON, RARE) else []


def live_of(found: Mapping[str, Any]) -> dict[str, Asked]:
    """The shop's live answers, as its pages ask for them."""
    word: str = found["common"]
    numbers = [book["isbn13"] for book in found["books"]]
    addresses = {
        FEW: [f"/live/suggest?q={word}"],
        MANY: [f"/live/suggest?q={word[0]}"],
        TYPO: [f"/live/suggest?q={word[1]}{word[0]}{word[2:]}"],
        BADGE: [f"/live/stock?isbn13={number}" for number in numbers],
        BADGES: ["/live/stock?isbn13=" + ",".join(numbers[:CARDS])],
        VISITOR: ["/live/visitor"],
    }
    return {name: Asked(paths, FRAGMENT) for name, paths in addresses.items()}


def flows_of(found: Mapping[str, Any]) -> dict[str, Flow]:
    """What is done in several requests."""
    books = found["books"]
    return {BASKET: flows.into_basket(books), CHECKOUT: flows.guest_checkout(books)}


def turned(port: int, path: str) -> str:
    """Where somebody comes to who turns the page until the twentieth, or to the last one."""
    session = Session(port)
    try:
        for _page in range(DEEP_PAGE - 1):
            found = NEXT.search(session.get(path).expect(200).body)
            if found is None:
                break
            path = urljoin(path, html.unescape(found[1].decode()))
    finally:
        session.close()
    return path


def sending(asked: Asked) -> Flow:
    """One of the addresses, as a flow of a single request."""

    def flow(session: Session, turn: int) -> None:
        session.get(asked.paths[turn % len(asked.paths)], asked.headers).expect(200)

    return flow
