"""django-oscar, as its documentation sets it up, under gunicorn with the shop's own numbers.

It gets an environment of its own below `var/`, a database of its own in the PostgreSQL of the run,
and `gthread` in place of the shop's worker class, which only ends differently. Its lists and
its search read a Whoosh index, which needs no other server; e-mails go nowhere.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from benchmarks import filling, running, scenarios, stand
from benchmarks.flows import EMAIL
from benchmarks.peers import Book, Running, flows_of, make_database
from benchmarks.running import HOST, ROOT
from benchmarks.scenarios import Asked
from benchmarks.session import Session, Unexpected

HERE = Path(__file__).resolve().parent
SITE, REQUIREMENTS = HERE / "site", HERE / "requirements.txt"
PLACE = ROOT / "var" / "bench" / "oscar"
PYTHON = PLACE / "venv" / "bin" / "python"
INSTALLED = PLACE / "installed.txt"
DATABASE = "oscar"
BOOKS_ON_PAGE = 20
ADDRESS = {
    "first_name": "A.", "last_name": "Reader", "line1": "1 Main Street", "line4": "Oxford",
    "postcode": "OX1 1DP", "country": "GB",
}  # fmt: skip
CARD = b'class="product_pod'
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of a field


class Oscar:
    """The peer."""

    name = "django-oscar"

    def install(self) -> None:
        """Make its environment, unless one with just these versions is there."""
        if INSTALLED.exists() and INSTALLED.read_text() == REQUIREMENTS.read_text():
            return
        PLACE.mkdir(parents=True, exist_ok=True)
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(PLACE / "venv")],
            [str(PYTHON), "-m", "pip", "install", "--quiet", "-r", str(REQUIREMENTS)],
        ):
            subprocess.run(command, check=True)
        INSTALLED.write_text(REQUIREMENTS.read_text())

    @contextlib.contextmanager
    def running(self, folder: Path, told: Mapping[str, str]) -> Iterator[Running]:
        """Fill and run it; see Peer."""
        environment = _environment(folder, told["DATABASE_URL"])
        files = [str(folder / name) for name in (filling.BOOKS, filling.FOUND)]
        fill = subprocess.run(
            [str(PYTHON), "fill.py", *files], cwd=SITE, env={**os.environ, **environment},
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        theirs = json.loads(fill.stdout.splitlines()[-1])
        ours = json.loads((folder / filling.FOUND).read_text())
        config, port = stand.gunicorn_settings(), running.free_port()
        command = [
            *(str(PYTHON), "-m", "gunicorn", "wsgi:application", "--config", os.devnull),
            *("--chdir", str(SITE), "--worker-class", "gthread", "--log-level", "warning"),
            *("--workers", str(config["workers"]), "--threads", str(config["threads"])),
            *("--timeout", "600", "--keep-alive", str(config["keepalive"])),
            *("--bind", f"{HOST}:{port}"),
        ]
        with running.running(command, port, environment=environment, path="/catalogue/"):
            pages = _pages(theirs, ours)
            for asked in (pages[name] for name in (scenarios.HOME, scenarios.SUBJECT)):
                _check_books(port, asked.paths[0])
            yield Running(port, pages, flows_of(theirs["books"], _basket, _check_out))


def _check_books(port: int, path: str) -> None:
    """Raises Unexpected where a list shows none: an empty page would be quick."""
    session = Session(port)
    if session.get(path).expect(200).body.count(CARD) < BOOKS_ON_PAGE:
        raise Unexpected(f"Oscar's {path} shows fewer than {BOOKS_ON_PAGE} books.")
    session.close()


def _environment(folder: Path, database_url: str) -> dict[str, str]:
    """A database of its own beside the shop's, owned by the same login."""
    address = urlsplit(database_url)
    make_database(DATABASE, database_url)
    return {
        "DJANGO_SETTINGS_MODULE": "settings",
        "PYTHONWARNINGS": "ignore",
        "OSCAR_HOST": parse_qs(address.query)["host"][0],
        "OSCAR_USER": address.username or "",
        "OSCAR_DATABASE": DATABASE,
        "OSCAR_STATIC": str(PLACE / "static"),
        "OSCAR_MEDIA": str(PLACE / "media"),
        "OSCAR_INDEX": str(folder / "oscar-index"),
    }


def _pages(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Asked]:
    last = -(-theirs["in_category"] // BOOKS_ON_PAGE)
    deep = f"{theirs['category']}?page={min(scenarios.DEEP_PAGE, last)}"
    addresses: dict[str, list[str]] = {
        scenarios.HOME: ["/catalogue/"],
        scenarios.SUBJECT: [theirs["category"]],
        scenarios.DEEP: [deep],
        scenarios.BOOK: [book["url"] for book in theirs["books"]],
        scenarios.COMMON: ["/search/?" + urlencode({"q": ours["common"]})],
        scenarios.RARE: ["/search/?" + urlencode({"q": ours["rare"]})],
    }
    return {name: Asked(paths, {}) for name, paths in addresses.items()}


def _basket(session: Session, book: Book) -> None:
    """A book's page, its button, and the basket's page."""
    action = f"/basket/add/{book['id']}/"
    form = session.get(book["url"]).expect(200).form(action)
    session.post(action, form).expect(302)
    if book["url"].encode() not in session.get("/basket/").expect(200).body:
        raise Unexpected(f"{book['url']} is not in the basket.")


def _check_out(session: Session) -> None:
    """As a guest: e-mail, address, the only way of shipping, no payment, order, thank you."""
    start = "/checkout/"
    token = {TOKEN: session.get(start).expect(200).token(TOKEN)}
    guest = {**token, "username": EMAIL, "options": "anonymous"}
    address = session.follow(session.post(start, guest).expect(302)).expect(200)
    token = {TOKEN: address.token(TOKEN)}
    page = session.post(address.path, {**token, **ADDRESS}).expect(302)
    while page.location:
        page = session.follow(page)
    preview = "/checkout/preview/"
    if page.path != preview:  # the page of payment, which asks for nothing
        page = session.get(preview).expect(200)
    placed = session.post(preview, page.form(preview)).expect(302)
    thanks = session.follow(placed).expect(200)
    if "thank-you" not in thanks.path:
        raise Unexpected(f"The checkout leads to {thanks.path}.")
