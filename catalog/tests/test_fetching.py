"""Fetching from addresses that somebody else has named, out of a real server on this machine."""

import functools
import ipaddress
import shutil
import socket
import ssl
import subprocess
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from catalog.fetching import Fetcher, NotFetched, TryLater, Unchanged, is_public
from catalog.tests.publisher import JPEG, Answer, Publisher, say


def test_a_picture_is_fetched_with_what_tells_it_from_the_next(publisher: Publisher) -> None:
    monday = "Mon, 02 Mar 2026 10:00:00 GMT"
    publisher.answers["/cover.jpg"] = lambda each: say(each, ETag='"one"', Last_Modified=monday)
    fetched = publisher.fetcher().fetch(publisher.at("/cover.jpg"))
    assert (fetched.content, fetched.etag, fetched.last_modified) == (JPEG, '"one"', monday)
    ((path, headers),) = publisher.asked
    assert path == "/cover.jpg"
    assert headers["User-Agent"] == "The Bookstore (https://shop.example)"
    assert headers["Host"] == f"127.0.0.1:{publisher.port}"
    assert headers["Accept-Encoding"] == "identity"
    assert "If-None-Match" not in headers


def test_what_has_not_changed_is_not_sent_again(publisher: Publisher) -> None:
    publisher.answers["/cover.jpg"] = lambda each: say(each, b"", status=304)
    with pytest.raises(Unchanged):
        publisher.fetcher().fetch(publisher.at("/cover.jpg"), etag='"one"', last_modified="Monday")
    headers = publisher.asked[0][1]
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == ('"one"', "Monday")


def test_addresses_as_people_write_them(publisher: Publisher) -> None:
    publisher.answers["/a%20b/%C3%A9%41.jpg?x=1&y=2"] = say
    fetched = publisher.fetcher().fetch(publisher.at("/a b/é%41.jpg?x=1&y=2#top"))
    assert fetched.content == JPEG


def test_three_redirects_are_followed_and_no_fourth(publisher: Publisher) -> None:
    for number, status in enumerate((301, 302, 307, 308)):
        next_path = f"/{number + 1}" if number < 3 else "/cover.jpg"
        publisher.answers[f"/{number}"] = functools.partial(
            say, body=b"", status=status, Location=next_path
        )
    assert publisher.fetcher().fetch(publisher.at("/1")).content == JPEG
    with pytest.raises(NotFetched, match="leads from one to the next"):
        publisher.fetcher().fetch(publisher.at("/0"))


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("http://127.0.0.2/cover.jpg", "not on the public internet"),
        ("http://[::1]/cover.jpg", "not on the public internet"),
        ("http://169.254.169.254/latest/meta-data/", "not on the public internet"),
        ("http://localhost:22/", "a port that no website has"),
        ("file:///etc/passwd", "does not begin with http"),
        ("//user:word@example.com/", "holds a password"),
        ("http://[", "not written as one"),
    ],
)
def test_every_hop_is_looked_at(publisher: Publisher, location: str, message: str) -> None:
    publisher.answers["/away"] = lambda each: say(each, b"", status=302, Location=location)
    with pytest.raises(NotFetched, match=message):
        publisher.fetcher().fetch(publisher.at("/away"))
    assert len(publisher.asked) == 1


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
        "240.0.0.1", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)  # fmt: skip
def test_what_is_not_on_the_internet(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_what_is(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "localhost", "[::1]"])
def test_the_shops_own_fetcher_asks_nobody_here(host: str, publisher: Publisher) -> None:
    fetcher = Fetcher(user_agent="The Bookstore", largest=1000)
    with pytest.raises(NotFetched, match="not on the public internet"):
        fetcher.fetch(f"http://{host}/cover.jpg")
    with pytest.raises(NotFetched, match="a port that no website has"):
        fetcher.fetch(publisher.at("/cover.jpg"))
    assert publisher.asked == []


def test_a_name_is_looked_up_once_and_all_it_leads_to_is_looked_at(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that says something harmless first, and something else when asked again."""
    answers = [["127.0.0.1"], ["192.168.0.1"], ["127.0.0.1", "10.0.0.1"]]

    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        if host != "covers.example":  # an address that was looked up already
            return real(host, port, *args, **kwargs)
        found = answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    url = f"http://covers.example:{publisher.port}/cover.jpg"
    assert publisher.fetcher().fetch(url).content == JPEG
    assert publisher.asked[0][1]["Host"] == f"covers.example:{publisher.port}"
    for _answer in range(2):
        with pytest.raises(NotFetched, match=r"covers\.example is not on the public internet"):
            publisher.fetcher().fetch(url)
    assert (answers, len(publisher.asked)) == ([], 1)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda each: say(each, b"", status=404), r"answers 404 \(Not Found\)"),
        (lambda each: say(each, b"", status=403), "answers 403"),
        (lambda each: say(each, Content_Type="text/html; charset=utf-8"), "but text/html"),
        (lambda each: say(each, Content_Type="image/svg+xml"), "but image/svg"),
        (lambda each: say(each, Content_Encoding="gzip"), "packs its answer"),
        (lambda each: say(each, b"x" * 100_001), "larger than 0.0954 MB"),
        (lambda each: say(each, b"x" * 400_000, Content_Length=""), "larger than 0.0954 MB"),
    ],
)
def test_what_is_given_up(publisher: Publisher, answer: Answer, message: str) -> None:
    publisher.answers["/cover.jpg"] = answer
    with pytest.raises(NotFetched, match=message) as raised:
        publisher.fetcher().fetch(publisher.at("/cover.jpg"))
    assert not isinstance(raised.value, TryLater)


@pytest.mark.parametrize("kind", ["application/octet-stream", "", "image/x-strange"])
def test_what_the_server_calls_it_counts_for_little(publisher: Publisher, kind: str) -> None:
    publisher.answers["/cover.jpg"] = lambda each: say(each, Content_Type=kind)
    assert publisher.fetcher().fetch(publisher.at("/cover.jpg")).content == JPEG


@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"),
    [(500, "", 0), (503, "120", 120), (429, "9999999", 86_400), (503, "Tomorrow", 0)],
)
def test_a_server_that_is_busy_is_asked_later(
    publisher: Publisher, status: int, retry_after: str, seconds: int
) -> None:
    publisher.answers["/cover.jpg"] = lambda each: say(
        each, b"", status=status, Retry_After=retry_after
    )
    with pytest.raises(TryLater, match=f"answers {status}") as raised:
        publisher.fetcher().fetch(publisher.at("/cover.jpg"))
    assert raised.value.after_seconds == seconds


PATIENCE_SECONDS = 30  # much longer than who asks has, on any machine


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then: no pause is long, and it never ends."""
    handler.send_response(200)
    handler.send_header("Content-Type", "image/jpeg")
    handler.end_headers()
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.02)


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.02)


def hang(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(PATIENCE_SECONDS)


@pytest.mark.parametrize("answer", [drip, drip_headers, hang])
def test_time_is_limited_however_it_is_wasted(publisher: Publisher, answer: Answer) -> None:
    publisher.answers["/cover.jpg"] = answer
    begun = time.monotonic()
    with pytest.raises(TryLater, match="takes too long"):
        publisher.fetcher(total_seconds=0.3).fetch(publisher.at("/cover.jpg"))
    assert time.monotonic() - begun < PATIENCE_SECONDS


def test_what_breaks_off_is_asked_for_again(publisher: Publisher) -> None:
    publisher.answers["/cover.jpg"] = lambda each: say(each, Content_Length="90000")
    with pytest.raises(TryLater, match="breaks off"):
        publisher.fetcher().fetch(publisher.at("/cover.jpg"))


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    fetcher = Fetcher("The Bookstore", 1000, lambda _address: True, frozenset({port}))
    with pytest.raises(TryLater, match="cannot be reached"):
        fetcher.fetch(f"http://127.0.0.1:{port}/")
    with pytest.raises(TryLater, match=r"breaks off|cannot be reached|certificate"):
        fetcher.fetch(f"https://127.0.0.1:{port}/")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost that nobody has signed, with its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("No openssl on this machine.")
    file = tmp_path / "localhost.pem"
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost"
    named = "-addext subjectAltName=DNS:localhost -days 1"
    files = f"-keyout {file} -out {tmp_path}/only.pem"
    command = [openssl, *f"{made} {named} {files}".split()]
    subprocess.run(command, check=True, capture_output=True)
    file.write_text(file.read_text() + (tmp_path / "only.pem").read_text())
    return file


def test_https_is_asked_only_where_the_certificate_is_the_names(
    publisher: Publisher, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    publisher.server.socket = context.wrap_socket(publisher.server.socket, server_side=True)
    fetcher = publisher.fetcher(is_allowed=lambda address: address.is_loopback)
    url = f"https://localhost:{publisher.port}/cover.jpg"
    with pytest.raises(TryLater, match="cannot prove who it is"):
        fetcher.fetch(url)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # from now on it is trusted
    with pytest.raises(TryLater, match="cannot prove who it is"):
        fetcher.fetch(url.replace("localhost", "127.0.0.1"))
    assert publisher.asked == []
    assert fetcher.fetch(url).content == JPEG


def test_a_server_that_speaks_no_tls_gets_no_request(publisher: Publisher) -> None:
    url = publisher.at("/cover.jpg").replace("http:", "https:")
    with pytest.raises(TryLater):
        publisher.fetcher(total_seconds=1.0).fetch(url)
    assert publisher.asked == []
