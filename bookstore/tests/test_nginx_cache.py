"""What nginx keeps of the roles' answers and for how long, with stand-ins for the roles."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from bookstore.tests.door import Door, Request, Role, Said, kept, opened
from bookstore.tests.web_server import start_gunicorn
from tests.patience import eventually

FOR_A_CDN = "public, max-age=0, s-maxage=60, stale-while-revalidate=60, stale-if-error=86400"


def ended(body: bytes = b"a page", **headers: str) -> Said:
    return kept(body, seconds=-1, **headers)


# --- What is cached -----------------------------------------------------------------------------


def times_asked(role: Role, path: str) -> int:
    return len([request for request in role.seen if request.path == path])


@pytest.mark.parametrize("path", ["/page-1", "/static/1", "/media/1", "/covers/1?v=1"])
def test_an_answer_with_a_lifetime_is_given_again(door: Door, path: str) -> None:
    frontend = door.roles["frontend"]
    frontend.says = lambda request: kept(ETag='"1"', X_Request_ID="of the first")
    first, second = door.ask(path), door.ask(path)
    assert first.body == second.body == b"a page"
    assert first.header("X-Request-ID") != second.header("X-Request-ID")
    assert "X-Accel-Expires" not in first.headers
    assert door.ask(path, method="HEAD").header("ETag") == '"1"'
    assert door.ask(path, headers={"If-None-Match": 'W/"1"'}).status == 304
    assert times_asked(frontend, path) == 1


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/no-lifetime", Said()),
        ("/ended", ended()),
        ("/cookie", kept(Set_Cookie="visitor=alice")),
        ("/vary", kept(Vary="Cookie")),
        ("/no-store", Said(200, b"a page", {"Cache-Control": "no-store"})),
        ("/check-again", Said(200, b"a page", {"Cache-Control": "public, max-age=0"})),
        ("/for-a-cdn", Said(200, b"a page", {"Cache-Control": FOR_A_CDN})),
        ("/expires", Said(200, b"a page", {"Expires": "Fri, 01 Jan 2100 00:00:00 GMT"})),
        ("/ended-for-nginx", ended(Cache_Control=FOR_A_CDN)),
        ("/404", Said(404)),
        ("/500", Said(500)),
        ("/302", Said(302, b"", {"Location": "/"})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_answers_are_not(door: Door, path: str, said: Said) -> None:
    frontend = door.roles["frontend"]
    frontend.says = lambda request: said
    assert [door.ask(path).status for _time in range(3)] == [said.status] * 3
    assert times_asked(frontend, path) == 3


def test_other_roles_are_always_asked(door: Door) -> None:
    for role, path in (("rds", "/basket/"), ("redis", "/live/visitor")):
        door.roles[role].says = lambda request: kept()
        for _time in range(3):
            door.ask(path)
        assert times_asked(door.roles[role], path) == 3


def what_was_asked(request: Request) -> Said:
    """An answer that says all that may make another one of it."""
    asked = request.headers
    body = f"{asked['Host']} {request.path} {asked['Accept-Encoding']} {asked['HX-Request']}"
    return kept(body.encode(), Vary="Accept-Encoding")


def test_whatever_may_differ_is_cached_apart(door: Door) -> None:
    door.roles["frontend"].says = what_was_asked
    kinds: list[tuple[str, dict[str, str], str]] = [
        ("/a", {}, "b /a None None"),
        ("/series/a/?page=2", {}, "b /series/a/?page=2 None None"),
        ("/a", {"Host": "c"}, "c /a None None"),
        ("/a", {"Host": "B:8000"}, "b /a None None"),
        ("/a", {"Host": "b."}, "b /a None None"),
        ("/a", {"Accept-Encoding": "br, gzip;q=0.5"}, "b /a gzip None"),
        ("/a", {"Accept-Encoding": "gzip, deflate"}, "b /a gzip None"),
        ("/a", {"Accept-Encoding": "gzip;q=0, br"}, "b /a None None"),
        ("/a", {"Accept-Encoding": "identity, *;q=0"}, "b /a None None"),
        ("/a", {"HX-Request": "true"}, "b /a None true"),
    ]
    for _time in range(2):
        for path, headers, expected in kinds:
            answer = door.ask(path, headers={"Host": "b", **headers})
            assert answer.body.decode() == expected
    asked = len(door.roles["frontend"].seen)
    assert asked == 4 + 2  # the four forms once, htmx each time


# --- Live answers -------------------------------------------------------------------------------

SUGGEST = "/live/suggest?q=emma"


def test_a_live_answer_is_given_again_until_it_ends(door: Door) -> None:
    redis = door.roles["redis"]
    redis.says = lambda request: kept(Cache_Control="private, no-store", ETag='"1"')
    first, second = door.ask(SUGGEST), door.ask(SUGGEST)
    assert first.body == second.body == b"a page"
    assert second.header("Cache-Control") == "private, no-store"
    assert times_asked(redis, SUGGEST) == 1
    redis.says = lambda request: ended()
    for _time in range(3):
        door.ask(f"{SUGGEST}+ended")
    assert times_asked(redis, f"{SUGGEST}+ended") == 3
    assert "If-None-Match" not in redis.seen[-1].headers


def test_live_answers_are_kept_apart_by_form_host_and_query(door: Door) -> None:
    door.roles["redis"].says = what_was_asked
    path = "/live/suggest?q=1"
    kinds: list[tuple[str, dict[str, str], str]] = [
        (path, {}, f"b {path} None None"),
        (f"{path}2", {}, f"b {path}2 None None"),
        (path, {"Host": "c"}, f"c {path} None None"),
        (path, {"HX-Request": "true"}, f"b {path} None true"),
        (path, {"Accept-Encoding": "gzip"}, f"b {path} gzip None"),
    ]
    for _time in range(2):
        for path, headers, expected in kinds:
            assert door.ask(path, headers={"Host": "b", **headers}).body.decode() == expected
    assert len(door.roles["redis"].seen) == len(kinds)


@pytest.mark.parametrize("odd", [("TRUE",), ("true", "false"), ("false", "true"), (" true",), ()])
def test_nobody_makes_others_a_live_answer_in_another_form(
    door: Door, odd: tuple[str, ...]
) -> None:
    def says(request: Request) -> Said:
        asked = request.headers.get_all("HX-Request") or []  # as gunicorn joins them
        return kept(b"fragment" if ",".join(asked) == "true" else b"json")

    door.roles["redis"].says = says
    path = f"/live/suggest?q=odd{len(odd)}{''.join(odd).strip()}"
    lines = "".join(f"HX-Request: {value}\r\n" for value in odd)
    door.raw(f"GET {path} HTTP/1.1\r\nHost: b\r\n{lines}Connection: close\r\n\r\n".encode())
    assert door.ask(path, headers={"Host": "b", "HX-Request": "true"}).body == b"fragment"
    assert door.ask(path, headers={"Host": "b"}).body == b"json"


@pytest.mark.parametrize("failure", [0, 500, 503])
def test_no_old_live_answer_is_given_while_the_role_fails(door: Door, failure: int) -> None:
    redis = door.roles["redis"]
    path = f"/live/stock?isbn13={failure}"
    redis.says = lambda request: ended()
    door.ask(path)
    redis.says = lambda request: Said(failure)
    assert door.ask(path).status >= 500


# --- Once it has ended --------------------------------------------------------------------------


def test_an_ended_answer_is_checked_and_not_sent_again(door: Door) -> None:
    frontend = door.roles["frontend"]
    frontend.says = lambda request: ended(ETag='"1"')
    door.ask("/checked")
    frontend.says = lambda request: Said(304, b"", {"ETag": '"1"', **kept().headers})
    assert [door.ask("/checked").body for _time in range(3)] == [b"a page"] * 3
    assert times_asked(frontend, "/checked") == 2
    assert frontend.seen[-1].headers["If-None-Match"] == '"1"'


def test_what_a_cdn_is_told_goes_through(door: Door) -> None:
    door.roles["frontend"].says = lambda request: kept(Cache_Control=FOR_A_CDN)
    for _time in range(2):
        assert door.ask("/told").header("Cache-Control") == FOR_A_CDN
    assert times_asked(door.roles["frontend"], "/told") == 1


@pytest.mark.parametrize("failure", [0, 500, 502, 503, 504])
def test_while_the_role_fails_its_last_answer_is_given(door: Door, failure: int) -> None:
    frontend = door.roles["frontend"]
    path = f"/failing-{failure}"
    frontend.says = lambda request: ended(Cache_Control=FOR_A_CDN)
    door.ask(path)
    frontend.says = lambda request: Said(failure)
    assert (door.ask(path).status, door.ask(path).body) == (200, b"a page")
    frontend.says = lambda request: ended(b"well again")
    assert door.ask(path).body == b"well again"


@pytest.fixture
def real(tmp_path: Path, door: Door) -> Iterator[tuple[Door, list[psutil.Process]]]:
    """A door with two processes of a real gunicorn as the frontend; its page has ended."""
    gunicorn, port = start_gunicorn("bookstore.tests.waiting_app", WEB_CONCURRENCY="2")
    with opened(tmp_path, frontend=f"127.0.0.1:{port}") as other:
        eventually(lambda: other.ask("/").status == 200)
        processes = gunicorn.children()
        yield other, processes
    for process in processes:
        process.resume()
    gunicorn.terminate()
    assert gunicorn.wait(timeout=60) == 0


def test_a_frozen_process_holds_nobody_for_long(real: tuple[Door, list[psutil.Process]]) -> None:
    door, processes = real
    for process in processes:
        process.suspend()
    answer = door.ask("/")
    assert (answer.status, answer.body) == (200, b"done")


def test_each_role_is_waited_for_as_long_as_it_may_take(door: Door) -> None:
    def says(request: Request) -> Said:
        time.sleep(12)
        return Said()

    for role in door.roles.values():
        role.says = says
    paths = ("/live/suggest?q=slow", "/live/visitor", "/slow/", "/checkout/", "/covers/slow.svg")
    with ThreadPoolExecutor(len(paths)) as pool:
        assert [each.status for each in pool.map(door.ask, paths)] == [504, 504, 504, 200, 200]


@pytest.mark.parametrize("status", [403, 404, 410, 429])
def test_what_is_gone_is_gone_at_once(door: Door, status: int) -> None:
    frontend = door.roles["frontend"]
    path = f"/going-{status}"
    frontend.says = lambda request: ended(Cache_Control=FOR_A_CDN)
    door.ask(path)
    frontend.says = lambda request: Said(status)
    assert door.ask(path).status == status


# --- Several processes of a role ----------------------------------------------------------------


@pytest.fixture
def two(tmp_path: Path, door: Door) -> Iterator[tuple[Door, Role, Role]]:
    """A door with two addresses of the frontend, as a name with two of them gives."""
    second = door.roles["redis"]
    both = '{0}"; server "' + second.address
    with opened(tmp_path, frontend=both) as other:
        yield other, other.roles["frontend"], second


def test_a_file_of_the_other_release_is_found(two: tuple[Door, Role, Role]) -> None:
    door, first, second = two
    first.says = lambda request: Said(404)
    second.says = lambda request: kept(b"a style")
    for number in range(6):
        answer = door.ask(f"/static/{number}.css")
        assert (answer.status, answer.body) == (200, b"a style")
    assert {door.ask(f"/page-{number}").status for number in range(6)} == {200, 404}


def test_what_changes_nothing_is_sent_to_another(two: tuple[Door, Role, Role]) -> None:
    door, first, _second = two
    first.says = lambda request: Said(0)
    assert {door.ask("/x").status for _time in range(4)} == {200}
    assert first.seen


def test_what_was_sent_once_is_not_sent_again(two: tuple[Door, Role, Role]) -> None:
    door, first, second = two
    first.says = lambda request: Said(0)
    statuses = [door.ask("/x", method="POST").status for _time in range(6)]
    assert statuses.count(502) == len(first.seen) >= 1
    assert statuses.count(200) == len(second.seen) == 6 - len(first.seen)
