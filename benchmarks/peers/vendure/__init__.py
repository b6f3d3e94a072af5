"""Vendure's Shop API, as its own installer sets it up with PostgreSQL.

It gets a folder of its own below `var/` for what npm brings, a database of its own in the
PostgreSQL of the run, as many processes as the shop, and one more for its jobs. It answers JSON and
draws no page: a storefront in front of it, which is what visitors see, would add its own time.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from benchmarks import filling, running, scenarios, stand
from benchmarks.flows import ADDRESS, EMAIL
from benchmarks.peers import Book, Running, flows_of, make_database
from benchmarks.peers.vendure import questions
from benchmarks.running import ROOT
from benchmarks.scenarios import Asked
from benchmarks.session import Session, Unexpected

SITE = Path(__file__).resolve().parent / "site"
PLACE = ROOT / "var" / "bench" / "vendure"
LOCK, MODULES = "package-lock.json", "node_modules"
INSTALLED = PLACE / "installed.json"
FILLED = "vendure.json"
"""In the folder of the books: what the harness asks for, once all of them are there."""
DATABASE = "vendure"
API = "/shop-api"
BOOKS_ON_PAGE = 20


class Vendure:
    """The peer."""

    name = "Vendure"

    def install(self) -> None:
        """Bring just the locked versions, unless they are there. What they would compile is not."""
        if not shutil.which("npm"):
            sys.exit("Vendure needs Node.js with npm; --peers oscar does without.")
        lock = (SITE / LOCK).read_text()
        if INSTALLED.exists() and INSTALLED.read_text() == lock:
            return
        PLACE.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", LOCK):
            shutil.copy(SITE / name, PLACE / name)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=PLACE, check=True)
        INSTALLED.write_text(lock)

    @contextlib.contextmanager
    def running(self, folder: Path, told: Mapping[str, str]) -> Iterator[Running]:
        """Fill and run it; see Peer."""
        port = running.free_port()
        environment = {
            **_environment(told["DATABASE_URL"]),
            "VENDURE_PORT": str(port),
            "VENDURE_PROCESSES": str(stand.gunicorn_settings()["workers"]),
        }
        theirs = _filled(folder, told["DATABASE_URL"], environment)
        ours = json.loads((folder / filling.FOUND).read_text())
        command, path = ["node", str(SITE / "serve.js")], f"{API}?query=%7B__typename%7D"
        with running.running(command, port, environment=environment, path=path):
            pages = _pages(theirs, ours)
            for name in (scenarios.HOME, scenarios.SUBJECT, scenarios.COMMON):
                _check_books(port, pages[name].paths[0])
            yield Running(port, pages, flows_of(theirs["books"], _basket, _check_out))


def _check_books(port: int, path: str) -> None:
    """Raises Unexpected where a list has none: an empty answer would be quick."""
    session = Session(port)
    (said,) = json.loads(session.get(path).expect(200).body)["data"].values()
    if len(said["items"]) < BOOKS_ON_PAGE:
        raise Unexpected(f"Vendure's {path} lists fewer than {BOOKS_ON_PAGE} books.")
    session.close()


def _environment(database_url: str) -> dict[str, str]:
    address = urlsplit(database_url)
    return {
        "NODE_ENV": "production",
        "NODE_NO_WARNINGS": "1",  # TypeORM uses what `pg` will do without one day
        "NODE_PATH": str(PLACE / MODULES),
        "VENDURE_DISABLE_TELEMETRY": "true",
        "VENDURE_HOST": parse_qs(address.query)["host"][0],
        "VENDURE_USER": address.username or "",
        "VENDURE_DATABASE": DATABASE,
    }


def _filled(folder: Path, database_url: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Where its books are; they are written into a new database, unless they all are there."""
    note = folder / FILLED
    if not note.exists():
        make_database(DATABASE, database_url, anew=True)
        files = [str(folder / name) for name in (filling.BOOKS, filling.FOUND)]
        fill = subprocess.run(
            ["node", str(SITE / "fill.js"), *files], stdout=subprocess.PIPE, text=True, check=True,
            env={**os.environ, **environment, "VENDURE_PART": "fill"},
        )  # fmt: skip
        note.write_text(fill.stdout.splitlines()[-1])
    found: dict[str, Any] = json.loads(note.read_text())
    return found


# --- What is asked ------------------------------------------------------------------------------


def _path(query: str, **variables: Any) -> str:
    return f"{API}?{urlencode({'query': query, 'variables': json.dumps(variables)})}"


def _searched(**chosen: Any) -> str:
    return _path(questions.LIST, input={**chosen, "groupByProduct": True, "take": BOOKS_ON_PAGE})


def _pages(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Asked]:
    shelf = {"collectionSlug": theirs["category"]}
    pages_in_all = -(-theirs["in_category"] // BOOKS_ON_PAGE)
    before = (min(scenarios.DEEP_PAGE, pages_in_all) - 1) * BOOKS_ON_PAGE
    addresses: dict[str, list[str]] = {
        scenarios.HOME: [_path(questions.NEWEST, most=BOOKS_ON_PAGE)],
        scenarios.SUBJECT: [_searched(**shelf)],
        scenarios.DEEP: [_searched(**shelf, skip=before)],
        scenarios.BOOK: [_path(questions.BOOK, slug=book["slug"]) for book in theirs["books"]],
        scenarios.COMMON: [_searched(term=ours["common"])],
        scenarios.RARE: [_searched(term=ours["rare"])],
    }
    return {name: Asked(paths, {}) for name, paths in addresses.items()}


def _ask(session: Session, query: str, **variables: Any) -> Any:
    """What is answered to the only question in `query`; raises Unexpected where it is refused."""
    page = session.post_json(API, {"query": query, "variables": variables}).expect(200)
    said = json.loads(page.body)
    (answer,) = (said.get("data") or {"": None}).values()
    if "errors" in said or not answer or "errorCode" in answer:
        raise Unexpected(f"Vendure refuses: {page.body[:300].decode(errors='replace')}")
    return answer


def _basket(session: Session, book: Book) -> None:
    """A book, its button, and the basket."""
    found = json.loads(session.get(_path(questions.BOOK, slug=book["slug"])).expect(200).body)
    variant = found["data"]["product"]["variants"][0]["id"]
    _ask(session, questions.ADD, variant=variant)
    lines = _ask(session, questions.BASKET)["lines"]
    if [line["productVariant"]["id"] for line in lines] != [variant]:
        raise Unexpected(f"{book['slug']} is not in the basket.")


def _check_out(session: Session) -> None:
    """As a guest: name and e-mail, address, the only shipping and payment, the order."""
    first, _space, last = ADDRESS["name"].partition(" ")
    guest = {"firstName": first, "lastName": last, "emailAddress": EMAIL}
    _ask(session, questions.GUEST, input=guest)
    address = {
        "fullName": ADDRESS["name"], "streetLine1": ADDRESS["line1"], "city": ADDRESS["city"],
        "postalCode": ADDRESS["postcode"], "countryCode": ADDRESS["country"],
    }  # fmt: skip
    _ask(session, questions.ADDRESS, input=address)
    (shipping,) = _ask(session, questions.WAYS_OF_SHIPPING)
    _ask(session, questions.SHIPPING, way=[shipping["id"]])
    (payment,) = _ask(session, questions.WAYS_OF_PAYMENT)
    _ask(session, questions.PAYING)
    placed = _ask(session, questions.PAYMENT, input={"method": payment["code"], "metadata": {}})
    order = _ask(session, questions.ORDER, code=placed["code"])
    if order["state"] != "PaymentAuthorized":
        raise Unexpected(f"The checkout ends in {order['state']}.")
