"""The door to the shop: what nginx itself decides, with stand-ins for the roles behind it."""

import base64
import hashlib
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bookstore import roles
from bookstore.tests.door import Door, Said, opened
from tests.patience import eventually

MEGABYTE = 1_048_576
SECURITY = {
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
}


# --- Where requests go --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "name"),
    [(f"/{route.prefix}x", role.name) for role in roles.SPLIT for route in role.routes]
    + [(f"/{kind}/x", "frontend") for kind in ("static", "media", "covers")],
)
def test_a_request_reaches_its_role_with_its_number(door: Door, path: str, name: str) -> None:
    answer = door.ask(path)
    assert answer.body == b"from the role"
    number = answer.header("X-Request-ID")
    assert re.fullmatch("[0-9a-f]{32}", number)
    (request,) = door.roles[name].seen
    assert (request.path, request.headers["X-Request-ID"]) == (path, number)


def test_no_visitor_chooses_a_number(door: Door) -> None:
    """Else two requests could have one number, and nobody would find the right lines."""
    numbers = [
        door.ask("/basket/", headers={"X-Request-ID": chosen}).header("X-Request-ID")
        for chosen in ("0123456789abcdef", "0123456789abcdef", "<script>")
    ]
    assert len(set(numbers)) == 3
    assert [each.headers["X-Request-ID"] for each in door.roles["rds"].seen] == numbers
    assert all(re.fullmatch("[0-9a-f]{32}", number) for number in numbers)


@pytest.mark.parametrize(
    "path",
    [
        "/metrics", "/metrics/", "/metrics?x=1", "/metrics#x", "//metrics", "/%6detrics",
        "/metrics/x", "/%2fmetrics", "/api/../metrics", "/live/..%2fmetrics",
        "/basket/%2e%2e/metrics", "/./metrics", "http://elsewhere.example/metrics",
    ],
)  # fmt: skip
def test_figures_are_for_nobody_outside(door: Door, path: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        assert door.ask(path, method=method).status == 404
    assert [role.seen for role in door.roles.values()] == [[], [], []]


@pytest.mark.parametrize(
    "path", ["/media/private/x", "/media/Private/x", "/media//private/", "/media/x/../private/x"]
)
def test_private_files_are_for_nobody(door: Door, path: str) -> None:
    assert door.ask(path).status == 404
    assert door.roles["frontend"].seen == []


def test_a_file_too_large_for_suppliers_is_refused_by_its_size(door: Door) -> None:
    request = (
        b"POST /admin/catalog/importrun/add/ HTTP/1.1\r\nHost: localhost\r\n"
        b"Connection: close\r\nContent-Length: %d\r\n\r\n"
    )
    assert door.raw(request % (4 * 1024 * MEGABYTE)).startswith(b"HTTP/1.1 413 ")
    assert door.roles["rds"].seen == []


# --- What is too much ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "megabytes", "status"),
    [
        ("/basket/lines/", 0.9, 200),
        ("/basket/lines/", 1.1, 413),
        ("/api/v1/orders", 1.1, 413),
        ("/webhooks/stripe/", 1.1, 413),
        ("/", 1.1, 413),
        ("/admin/catalog/edition/import/", 9.9, 200),
        ("/admin/catalog/edition/import/", 10.1, 413),
        ("/admin/catalog/importrun/add/", 11, 200),
        ("/admin/catalog/importrun/1/", 10.1, 413),
    ],
)
def test_bodies_have_a_limit(door: Door, path: str, megabytes: float, status: int) -> None:
    body = b"x" * int(megabytes * MEGABYTE)
    assert door.ask(path, method="POST", body=body).status == status


@pytest.mark.parametrize(
    ("method", "path", "several", "each_second"),
    [
        ("POST", "/account/login/", 21, 1),
        ("POST", "/admin/login/?next=/admin/", 21, 1),
        ("POST", "/checkout/", 21, 1),
        ("POST", "/api/v1/orders", 21, 1),
        ("GET", "/live/suggest?q=a", 121, 30),
    ],
)
def test_too_many_requests_are_refused(
    tmp_path: Path, door: Door, method: str, path: str, several: int, each_second: int
) -> None:
    with opened(tmp_path) as strict:
        began = time.monotonic()
        answers = strict.ask_often(path, method=method, times=3 * several)
        more = (time.monotonic() - began) * each_second  # a busy machine asks more slowly
        assert {answer.status for answer in answers[:several]} == {200}
        assert len([each for each in answers if each.status == 200]) <= several + more + 1
        refused = next(answer for answer in answers if answer.status != 200)
        assert (refused.status, refused.header("Retry-After")) == (429, "10")
        assert ("problem" in refused.header("Content-Type")) == path.startswith("/api/")
        assert strict.ask("/basket/lines/", method="POST").status == 200
        assert strict.ask("/account/login/").status == 200
    answers = door.ask_often(path, method=method, times=3 * several)
    assert {answer.status for answer in answers} == {200}


# --- What nginx itself says ---------------------------------------------------------------------


@pytest.fixture
def deserted(tmp_path: Path, door: Door) -> Iterator[Door]:
    """A door with nobody behind it."""
    with opened(tmp_path, NGINX_RATE_LIMITS="off") as door:
        for role in door.roles.values():
            role.shutdown()
            role.server_close()
        yield door


def test_an_error_of_nginx_is_a_problem_for_programs(deserted: Door) -> None:
    answer = deserted.ask("/api/v1/editions")
    assert answer.status == 502
    assert answer.header("Content-Type") == "application/problem+json"
    assert answer.header("Retry-After") == "10"
    assert json.loads(answer.body) == {
        "type": "about:blank",
        "title": "Bad Gateway",
        "status": 502,
        "detail": "The shop cannot answer just now. Please try again in a minute.",
        "request_id": answer.header("X-Request-ID"),
    }
    large = deserted.ask("/api/v1/orders", method="POST", body=b"x" * 2 * MEGABYTE)
    assert (large.status, json.loads(large.body)["status"]) == (413, 413)
    assert "Retry-After" not in large.headers


@pytest.mark.parametrize("path", ["/", "/basket/", "/live/visitor", "/api/v1/editions"])
def test_an_error_of_nginx_is_as_safe_as_a_page(deserted: Door, path: str) -> None:
    answer = deserted.ask(path)
    assert answer.header("Cache-Control") == "no-store"
    for name in SECURITY:
        assert answer.header(name)


def test_an_error_of_nginx_is_a_page_for_people(deserted: Door) -> None:
    answer = deserted.ask("/basket/")
    assert (answer.status, answer.header("Retry-After")) == (502, "10")
    assert answer.header("Content-Type") == "text/html; charset=utf-8"
    page = answer.body.decode()
    assert "<h1>Back in a moment</h1>" in page
    assert answer.header("X-Request-ID") in page
    style = re.findall("<style>(.*)</style>", page)[0].encode()
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
    assert f"'sha256-{digest}'" in answer.header("Content-Security-Policy")


@pytest.mark.parametrize(
    ("request_line", "status", "words"),
    [
        (b"GET /%zz HTTP/1.1", 400, b"cannot be read"),
        (b"GET /%00 HTTP/1.1", 400, b"cannot be read"),
        (b"GET /search/?q=Bront\xc3\xab HTTP/1.1", 400, b"<h1>This request cannot be read"),
        (b"GET /Bront\xc3\xab/ HTTP/1.1", 400, b"<h1>This request cannot be read"),
        (b"GET /basket/?q=\xff HTTP/1.1", 400, b"<h1>This request cannot be read"),
        (b"GET /api/v1/editions?q=Bront\xc3\xab HTTP/1.1", 400, b'"title": "Bad Request"'),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1", 414, b"too long"),
        (b"GET /error/page HTTP/1.1", 404, b"No such page"),
        (b"GET /error/problem HTTP/1.1", 404, b"No such page"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_cannot_be_read_is_told_so(
    door: Door, request_line: bytes, status: int, words: bytes
) -> None:
    said = door.raw(request_line + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 %d " % status)
    assert words in said


def test_what_a_role_says_is_left_as_it_is(door: Door) -> None:
    said = Said(503, b"sorry", dict.fromkeys(SECURITY, "of the role") | {"Retry-After": "30"})
    door.roles["rds"].says = lambda request: said
    for path in ("/basket/", "/api/v1/orders"):
        answer = door.ask(path)
        assert (answer.status, answer.body) == (503, b"sorry")
        assert {answer.header(name) for name in SECURITY} == {"of the role"}
        assert answer.header("Retry-After") == "30"


def test_no_header_comes_twice(door: Door) -> None:
    said = Said(200, b"x" * 5000, {"Content-Type": "text/css", "Vary": "Accept-Encoding"})
    for role in door.roles.values():
        role.says = lambda request: said
    for path in ("/", "/static/x.css", "/basket/", "/live/visitor", "/api/v1/editions"):
        for accepted in ("gzip", "identity"):
            answer = door.ask(path, headers={"Accept-Encoding": accepted})
            assert len(answer.headers) == len({name.lower() for name in answer.headers})
            assert answer.header("Vary") == "Accept-Encoding"


# --- Who is asking ------------------------------------------------------------------------------


def test_role_frontend_does_not_learn_who_is_asking(door: Door) -> None:
    who = {"Cookie": "visitor=secret", "Authorization": "Bearer secret"}
    for path in ("/", "/books/9780000000002/x/", "/static/x.css", "/media/x.jpg", "/covers/x"):
        door.ask(path, headers=who)
    public = door.roles["frontend"].seen
    assert len(public) == 5
    assert [each for each in public if not who.keys().isdisjoint(each.headers.keys())] == []
    for path, name in (("/basket/", "rds"), ("/api/v1/orders", "rds"), ("/live/visitor", "redis")):
        door.ask(path, headers=who)
        headers = door.roles[name].seen[-1].headers
        assert {each: headers[each] for each in who} == who


@pytest.mark.parametrize(
    ("trusted", "claimed", "believed"),
    [
        ("", "192.0.2.1", "127.0.0.1"),
        ("set_real_ip_from 10.0.0.0/8;", "192.0.2.1", "127.0.0.1"),
        ("set_real_ip_from 127.0.0.0/8;", "192.0.2.1", "192.0.2.1"),
        ("set_real_ip_from 127.0.0.0/8;", "198.51.100.9, 192.0.2.1", "192.0.2.1"),
        (
            "set_real_ip_from 127.0.0.0/8; set_real_ip_from 10.0.0.0/8;",
            "198.51.100.9, 192.0.2.1, 10.0.0.7",
            "192.0.2.1",
        ),
    ],
)
def test_only_trusted_proxies_say_who_is_asking(
    tmp_path: Path, door: Door, trusted: str, claimed: str, believed: str
) -> None:
    with opened(tmp_path, TRUSTED_PROXIES=trusted) as other:
        other.ask("/basket/", headers={"X-Forwarded-For": claimed})
        (request,) = other.roles["rds"].seen
        assert request.headers.get_all("X-Forwarded-For") == [believed]


@pytest.mark.parametrize(("configured", "told"), [("$scheme", "http"), ("https", "https")])
def test_nobody_chooses_the_protocol(
    tmp_path: Path, door: Door, configured: str, told: str
) -> None:
    with opened(tmp_path, FORWARDED_PROTO=configured) as other:
        other.ask("/basket/", headers={"X-Forwarded-Proto": "gopher"})
        (request,) = other.roles["rds"].seen
        assert request.headers.get_all("X-Forwarded-Proto") == [told]


# --- What is written down -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/orders/1234-5678-9012/?token=secret", "/orders/1234-5678-9012/"),
        ("/account/password/reset/key/1-secret/", "/account/password/reset/key/…"),
        ("/account/confirm-email/secret/", "/account/confirm-email/…"),
        ("/api/v1/baskets/secret/lines?x=secret", "/api/v1/baskets/…/lines"),
        ("/search/?q=a%22secret", "/search/"),
    ],
)
def test_the_log_keeps_secrets(door: Door, path: str, written: str) -> None:
    lines = len(door.log.read_text().splitlines())
    answer = door.ask(path, headers={"Referer": "http://x/?token=secret", "User-Agent": 'a "b"'})
    (line,) = door.log.read_text().splitlines()[lines:]
    assert "secret" not in line
    told = json.loads(line)
    assert told["path"] == written
    assert told["request_id"] == answer.header("X-Request-ID")
    assert (told["method"], told["status"], told["bytes"]) == ("GET", 200, 13)
    assert (told["client"], told["user_agent"]) == ("127.0.0.1", 'a "b"')
    assert float(told["upstream_seconds"]) <= told["seconds"] + 0.01


def test_the_log_leaves_out_questions_of_health_checks_that_went_well(
    tmp_path: Path, door: Door
) -> None:
    log = tmp_path / "log"
    with opened(tmp_path, NGINX_ACCESS_LOG=f'"{log}" without_query if=$is_logged') as other:
        probes = ["/ready", "/api/ready", "/live/ready", "/health", "/metrics"]
        for path in (*probes, "/ready/x", "/about/"):
            other.ask_often(path, times=1)
        other.roles["redis"].says = lambda request: Said(503)
        for path in (*probes, "/last"):
            other.ask_often(path, times=1)
        # Each of nginx's processes writes when it comes to it; its end leaves nothing unwritten.
        eventually(lambda: len(log.read_text().splitlines()) >= 4)
    written = [json.loads(line) for line in log.read_text().splitlines()]
    assert sorted((each["path"], each["status"]) for each in written) == [
        ("/about/", 200), ("/last", 200), ("/live/ready", 503), ("/ready/x", 200),
    ]  # fmt: skip
