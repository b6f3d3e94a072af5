"""What gunicorn cannot read never gets to Django, and is answered in the shop's words too."""

import contextlib
import http.client
import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bookstore.tests.web_server import start_gunicorn
from tests.patience import eventually

VICTIM = "victim-request-0001"
UNREADABLE = [
    b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"AB / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nBad Name: 1\r\n\r\n",
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The file that gunicorn's output goes to."""
    return tmp_path / "log"


@pytest.fixture
def port(log: Path) -> Iterator[int]:
    """Where role redis answers under gunicorn, in one process."""
    with log.open("w") as output:
        gunicorn, number = start_gunicorn(output=output)
    eventually(lambda: status(number) == 200, within=120)
    yield number
    gunicorn.send_signal(signal.SIGTERM)
    assert gunicorn.wait(timeout=60) == 0


def status(port: int) -> int:
    """The answer to an ordinary request of the victim; 0 while nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.suppress(OSError), contextlib.closing(connection):
        connection.request("GET", "/health", headers={"X-Request-ID": VICTIM})
        return connection.getresponse().status
    return 0


def answer(port: int, request: bytes) -> tuple[http.client.HTTPResponse, str]:
    """What comes back for these bytes: the answer and its body."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response, response.read().decode()


@pytest.mark.parametrize("request_", UNREADABLE)
def test_the_answer_names_the_number_of_its_log_line(port: int, log: Path, request_: bytes) -> None:
    for _thread in range(8):
        assert status(port) == 200
    numbers = []
    for _thread in range(8):
        response, text = answer(port, request_)
        assert response.status == 400
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        number = response.headers["X-Request-ID"]
        assert text == (
            f"This request cannot be read. If you write to us, name this number: {number}"
        )
        numbers.append(number)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    refused = [line["request_id"] for line in lines if "Unreadable" in line["event"]]
    assert refused == numbers
    assert VICTIM not in numbers


def test_an_address_may_be_as_long_as_nginx_lets_it(port: int) -> None:
    longest = b"GET /live/none?q=".ljust(8190 - len(b" HTTP/1.1"), b"a")
    assert answer(port, longest + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")[0].status == 404
    assert answer(port, longest + b"a HTTP/1.1\r\nHost: localhost\r\n\r\n")[0].status == 400


def test_an_ordinary_failure_has_no_number_of_an_earlier_one(port: int, log: Path) -> None:
    for _each in range(8):
        answer(port, UNREADABLE[0])
        assert status(port) == 200
    assert VICTIM not in log.read_text()
