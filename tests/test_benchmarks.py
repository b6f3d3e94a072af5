"""The benchmark's arithmetic: percentiles, what its tools say, its table and its drawing."""

import contextlib
import itertools
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from benchmarks import drawing, filling, forked, statements, table, watching, wrk
from benchmarks.load import Measurement, Outcome
from benchmarks.peers import vendure
from benchmarks.session import Page, Session, Unexpected
from benchmarks.table import Row

BARE = Row("home", table.BARE, 8, Outcome(4000, 2000.0, 1, 2, 3))
CACHED = Row("home", table.CACHED, 8, Outcome(2800, 1400.0, 1.234, 20.34, 300.6), 0.7, 0.0)
UNCACHED = Row("home", table.UNCACHED, 8, Outcome(80, 40.0, 1, 2, 3), 0.02, 17.0)
PEER = Row("home", "django-oscar", 8, Outcome(40, 20.0, 1, 2, 3), None, 6.0)
ROWS = [BARE, CACHED, UNCACHED, PEER, Row("home", "django-oscar", 64, Outcome(1, 1.0, 1, 2, 3))]


def test_percentiles_are_milliseconds() -> None:
    measured = Measurement(2.0, [number / 1000 for number in range(100, 0, -1)], failures=1)
    outcome = Outcome.of(measured)
    assert outcome == Outcome(100, 50.0, 51.0, 96.0, 100.0, 1)
    assert Outcome.of(Measurement(1.0)) == Outcome(0, 0.0, 0.0, 0.0, 0.0)


def test_the_round_in_the_middle_counts_and_every_failure() -> None:
    slow, usual, fast = (
        Outcome(8, 4.0, 5, 6, 7),
        Outcome(20, 10.0, 2, 3, 4),
        Outcome(30, 15.0, 1, 2, 3),
    )
    broken = replace(fast, failures=2, last_words="gone")
    assert Outcome.middle([fast, slow, usual]) == usual
    assert Outcome.middle([broken, slow, usual]) == replace(usual, failures=2, last_words="gone")
    assert Outcome.middle([fast, usual]) == usual


def test_clients_are_counted_together_until_the_last_one_ends() -> None:
    told = [([0.5, 0.25], 0, "", 12.0), ([0.75], 1, "no form", 14.0)]
    measured = forked.together(told, 10.0)
    assert measured == Measurement(4.0, [0.5, 0.25, 0.75], 1, "no form")
    assert measured.rate == 0.75


def test_reads_what_wrk_says() -> None:
    said = "Running 2s test\nMEASURED 5000 2500000 3 1.500 4.250 9.125\n"
    assert wrk.read(said) == Outcome(5000, 2000.0, 1.5, 4.25, 9.125, 3)
    with pytest.raises(ValueError, match="unable to connect"):
        wrk.read("unable to connect to 127.0.0.1:1")


def test_a_stream_that_ends_is_no_open_page() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            connection, _address = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 500 Internal Server Error\r\n\r\n")

        with ThreadPoolExecutor() as pool:
            refusing = pool.submit(refuse)
            with (
                pytest.raises(ConnectionError, match="500"),
                watching._stream(server.getsockname()[1]),
            ):
                pass
            refusing.result()


def test_a_visitor_keeps_cookies_and_sends_forms_back() -> None:
    with answering(
        b"HTTP/1.1 303 See Other\r\nContent-Length: 0\r\nLocation: /basket/?a=1\r\n"
        b"Set-Cookie: sessionid=one; HttpOnly\r\nset-cookie: csrftoken=two\r\n"
        b"X-Statements: 3\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Statements: 4\r\n"
        b"Connection: close\r\n\r\n3\r\nbas\r\n3\r\nket\r\n0\r\n\r\n",
    ) as (port, heard):
        session = Session(port)
        placed = session.post("/basket/lines/", {"isbn": "1", "title": "Été & Sea"}).expect(303)
        basket = session.follow(placed).expect(200)
        assert session._socket is None  # as the server said that it would close
    assert (basket.path, basket.body, session.statements) == ("/basket/?a=1", b"basket", 7)
    assert heard[0].startswith(b"POST /basket/lines/ HTTP/1.1\r\n")
    assert f"\r\nOrigin: http://127.0.0.1:{port}\r\n".encode() in heard[0]
    assert b"\r\nContent-Length: 34\r\n" in heard[0]
    assert heard[0].endswith(b"\r\n\r\nisbn=1&title=%C3%89t%C3%A9+%26+Sea")
    assert heard[1].startswith(b"GET /basket/?a=1 HTTP/1.1\r\n")
    assert b"\r\nCookie: sessionid=one; csrftoken=two\r\n" in heard[1]


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "before the answer was whole"),
        (b"", "before the answer was whole"),
        (b"SSH-2.0-OpenSSH\r\n", "no HTTP"),
    ],
)
def test_a_visitor_says_that_an_answer_is_none(said: bytes, complaint: str) -> None:
    with answering(said) as (port, _heard):
        session = Session(port)
        with pytest.raises(Unexpected, match=complaint):
            session.get("/")
        assert session._socket is None


@contextlib.contextmanager
def answering(*answers: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server that says these answers over one connection, and then closes it; what it heard."""
    heard: list[bytes] = []

    def serve(server: socket.socket) -> None:
        server.settimeout(10)
        connection, _address = server.accept()
        connection.settimeout(10)
        with connection:
            for answer in answers:
                heard.append(connection.recv(4096))
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as pool:
        serving = pool.submit(serve, server)
        yield server.getsockname()[1], heard
        serving.result()


def test_counts_statements_of_all_routes() -> None:
    text = """\
# TYPE bookstore_requests_total counter
bookstore_requests_total{method="GET",route="/",status="200"} 10.0
bookstore_requests_total{method="GET",route="/search/",status="200"} 2.0
bookstore_request_queries_total{route="/"} 1.7e+01
bookstore_request_queries_created{route="/"} 1.7e+09
bookstore_request_queries_total{route="/search/"} 7.0
"""
    now = statements.read(text)
    assert now == statements.Count(24.0, 12.0)
    assert now.since(statements.Count(4.0, 2.0)) == 2.0
    assert now.since(statements.Count(4.0, 2.0), times=5) == 4.0
    assert now.since(now) is None


def test_finds_a_common_word_and_a_rare_one() -> None:
    titles = ["House of Stone", "The House and the Sea", "Stone Été", "A house, a zebra", "Meadow"]
    assert filling.words(titles) == ("house", "meadow")


def test_reads_a_form_as_it_stands() -> None:
    body = (
        b'<form action="/search/"><input name="q" value="no"></form>'
        b'<form action="/buy/" method="post"><input type="hidden" name="token" value="a&amp;b">'
        b'<input type="radio" name="way" value="fast">'
        b'<input name="way" type="radio" value="slow" checked>'
        b'<input type="checkbox" name="gift" value="on"><input name="note"></form>'
    )  # fmt: skip
    page = Page("/", 200, "", body)
    assert page.form("/buy/") == {"token": "a&b", "way": "slow", "note": ""}
    assert page.token("token") == "a&b"
    with pytest.raises(Unexpected, match="no form to /pay/"):
        page.form("/pay/")
    with pytest.raises(Unexpected, match="answered 200, not 303"):
        page.expect(303)


def test_compares_with_the_peer_under_as_many_clients() -> None:
    assert table.times_peer(CACHED, ROWS) == 70.0
    assert table.times_peer(UNCACHED, ROWS) == 2.0
    assert table.times_peer(replace(CACHED, subject=table.DOOR), ROWS) == 70.0
    assert [table.times_peer(row, ROWS) for row in (BARE, PEER)] == [None, None]


def test_writes_a_table_without_the_yardsticks() -> None:
    assert table.markdown(ROWS, clients=8) == (
        "| scenario | what | req/s | ratio | × peer | p50 | p95 | p99 | statements |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| home | cached | 1400 | 0.70 | 70.0 | 1.23 | 20.3 | 301 | 0 |\n"
        "| home | uncached | 40.0 | 0.020 | 2.00 | 1.00 | 2.00 | 3.00 | 17 |\n"
        "| home | django-oscar | 20.0 |  |  | 1.00 | 2.00 | 3.00 | 6 |\n"
    )


def test_draws_a_bar_for_each_row() -> None:
    drawn = ElementTree.fromstring(drawing.draw(ROWS, clients=8))
    boxes = [each.attrib for each in drawn.iter("{http://www.w3.org/2000/svg}rect")]
    bars = [box for box in boxes if box.get("x") == str(drawing.LEFT)]
    colours = [bar["class"] for bar in bars]
    assert colours == ["yardstick", "cached", "uncached", "peer"]
    widths = [float(bar["width"]) for bar in bars]
    assert widths == sorted(widths, reverse=True)


def test_ten_times_as_much_is_as_far_everywhere() -> None:
    places = [drawing.place(rate, 0, 3) for rate in (1, 10, 100, 1000)]
    steps = [round(later - earlier, 6) for earlier, later in itertools.pairwise(places)]
    assert len(set(steps)) == 1
    assert drawing.place(0.01, 0, 3) == drawing.LEFT


def test_a_peer_is_locked_by_what_it_holds_and_not_by_where_it_comes_from() -> None:
    text = (vendure.SITE / vendure.LOCK).read_text()
    packages = json.loads(text)["packages"]
    assert all("integrity" in told for path, told in packages.items() if path)
    assert "://" not in text
