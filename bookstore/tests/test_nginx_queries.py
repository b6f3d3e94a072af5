"""What nginx reads of an address: as much as the shop does, and nothing that visitors make up."""

import contextlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.test import RequestFactory
from django.urls import URLPattern, resolve, reverse

from bookstore.tests.door import Door, kept
from catalog import live, memory
from storefront.missing import Missing
from storefront.tests.shop import open_shop
from storefront.urls import public

# --- What is read of a query --------------------------------------------------------------------

SLUGS = {
    "edition": "emma", "contributor": "ada-note", "series": "highbury", "subject": "classics",
    "imprint": "harbour", "staff_list": "favorites",
}  # fmt: skip
EVERYTHING = (
    "q=a+b%26c%3Dd&subject=s&format=ebook&language=en&price=10-20&year=1990s&available=1&sort=title"
    "&role=A24&page=2&after=k&before=j&v=1&isbn13=9780306406157&isbn13=9780156907392&offered=o"
    "&seen=x&waited=3&utm_source=letter"
)


def public_addresses() -> list[str]:
    """One of each kind that nginx may keep, as the small shop of the tests has them."""
    found = []
    patterns: list[URLPattern] = [*public.urlpatterns, *live.urlpatterns]
    for pattern in patterns:
        name = str(pattern.name)
        known = {
            "number": "9780306406157",
            "isbn13": "9780306406157",
            "name": "a.jpg",
            "slug": SLUGS.get(name),
        }
        asked = {each: known[each] for each in pattern.pattern.converters}
        found.append(reverse(name, kwargs=asked))
    return found


def read_at(address: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The parameters that the view at this address looks for."""
    names = set()

    class Watched(QueryDict):
        """Notes what it is asked for, once it is made."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.is_made = True

        def _note(self, name: object) -> None:
            if hasattr(self, "is_made"):
                names.add(str(name))

        def __getitem__(self, name: str) -> Any:
            self._note(name)
            return super().__getitem__(name)

        def __contains__(self, name: object) -> bool:
            self._note(name)
            return super().__contains__(name)

        def getlist(self, name: str, default: Any = None) -> Any:
            self._note(name)
            return super().getlist(name, default)

    for module in ("django.core.handlers.wsgi", "storefront.criteria"):
        monkeypatch.setattr(f"{module}.QueryDict", Watched)
    match = resolve(address)
    query = f"{EVERYTHING}&utm_medium={address}"  # or a search would remember how it read that
    request = RequestFactory().get(f"{address}?{query}", headers={"HX-Request": "true"})
    with contextlib.suppress(Missing, BadRequest):
        match.func(request, *match.args, **match.kwargs)
    return names


@pytest.mark.django_db
def test_what_a_view_reads_and_nothing_else_is_passed_on(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_shop()
    memory.rebuild()
    everything = parse_qs(EVERYTHING)
    passed, read = {}, {}
    for address in public_addresses():
        role = door.roles["redis" if address.startswith("/live/") else "frontend"]
        door.ask(f"{address}?{EVERYTHING}")
        query = parse_qs(urlsplit(role.seen[-1].path).query)
        assert query.items() <= everything.items()
        passed[address], read[address] = set(query), read_at(address, monkeypatch)
    assert passed == read
    assert set().union(*passed.values()) == everything.keys() - {"utm_source"}


def what_reached_the_role(door: Door, *paths: str) -> list[str]:
    door.roles["frontend"].says = lambda request: kept(request.path.encode())
    door.roles["frontend"].seen.clear()
    bodies = [door.ask(path).body.decode() for path in paths]
    assert len(door.roles["frontend"].seen) == len(set(bodies))  # each once
    return bodies


def test_what_pages_do_not_read_makes_no_other_page(door: Door) -> None:
    same = [
        "/series/n/?page=2", "/series/n/?utm_source=letter&page=2", "/series/n/?page=2&fbclid=x",
        "/series/n/?page=2&q=a", "/series/n/?&&page=2&", "/series/n/?page=2&x=%00",
        "/serie%73/n/?page=2", "/series/n/?page=2&p%61ge=3", "//series/n/?page=2",
    ]  # fmt: skip
    assert set(what_reached_the_role(door, *same)) == {"/series/n/?page=2"}
    same = ["/series/m/?utm_source=a", "/series/m/?page=", "/series/m/"]
    assert set(what_reached_the_role(door, *same)) == {"/series/m/"}


def test_who_asks_twice_in_one_query_poisons_nobodys_page(door: Door) -> None:
    tricks = [
        "/search/?page=2&page=3", "/search/?PAGE=2&page=3", "/search/?page=3&page=2",
        "/search/?q=1%26page=2", "/search/%3Fpage=2", "/search/%3F&q=1", "/search/?q=1?",
        "/search/?page=2%20x", "/search/%20page=2", "/search/?q=;page=2",
    ]  # fmt: skip
    assert what_reached_the_role(door, *tricks) == ["/search/?page=2"] * 2 + [
        "/search/?page=3",
        *tricks[3:],
    ]


def test_an_address_without_its_last_slash_keeps_its_query(door: Door) -> None:
    same = ["/search?q=a", "/search/available?q=a", "/series/m?page=2", "/contributors/c?role=A01"]
    assert what_reached_the_role(door, *same) == same


def test_role_rds_is_asked_as_the_visitor_asks(door: Door) -> None:
    door.ask("/basket/?next=%2F&x=2", headers={"Host": "B:8000"})
    (request,) = door.roles["rds"].seen
    assert (request.path, request.headers["Host"]) == ("/basket/?next=%2F&x=2", "B:8000")


# --- Who makes addresses up ---------------------------------------------------------------------


def kept_for(door: Door, cache: str, host: str) -> int:
    """How many answers nginx keeps in this cache for this host."""
    files = (door.log.parent / "nginx/cache" / cache).rglob("*")
    beginnings = [each.read_bytes()[:2000] for each in files if each.is_file()]
    return len([each for each in beginnings if f" {host}/".encode() in each])


@pytest.mark.parametrize(
    ("cache", "address", "made_up"),
    [
        ("pages", "/new/", "/new/?q={0}"),
        ("pages", "/series/x/?page=2", "/series/x/?page=2&q={0}&role={0}"),
        ("pages", "/series/x/?page=2", "/series/x/?page={0:09}"),
        ("pages", "/series/x/?page=2", "/series/x/?page=2&after={0}"),
        ("pages", "/contributors/x/?role=A01", "/contributors/x/?role=A01&before={0}"),
        ("pages", "/search/", "/search/?q={0}"),
        ("files", "/static/x.css", "/static/x.css?v={0}"),
        ("files", "/media/x.jpg", "/media/x.jpg?v={0}"),
        ("files", "/covers/x.svg?v=1", "/covers/x.svg?v=1&z={0}"),
        ("live", "/live/stock?isbn13=9", "/live/stock?isbn13=9&z={0}"),
    ],
)
def test_made_up_addresses_leave_the_others_alone(
    door: Door, cache: str, address: str, made_up: str
) -> None:
    for role in door.roles.values():
        role.says = lambda request: kept()
    host = f"{abs(hash(made_up))}.example"
    for number in range(1, 5):
        for path in (address, made_up.format(number)):
            door.ask(path, headers={"Host": host})
    assert kept_for(door, cache, host) == 1


@pytest.mark.parametrize("path", ["/hosts/", "/static/hosts.css", "/live/cards?isbn13=9"])
def test_made_up_spellings_of_the_host_are_one(door: Door, path: str) -> None:
    for role in door.roles.values():
        role.says = lambda request: kept(f"{request.headers['Host']} {request.path}".encode())
    hosts = ["shop", "shop:1", "shop:2", "SHOP", "shop.", "Shop.:3"]
    said = {door.ask(path, headers={"Host": host}).body for host in hosts}
    assert said == {f"shop {path}".encode()}
    door.raw(
        f"GET http://elsewhere{path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n".encode()
    )
    asked = [each.headers["Host"] for role in door.roles.values() for each in role.seen]
    assert asked == ["shop", "elsewhere"]  # which it refuses
