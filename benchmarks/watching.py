"""What an open page of a book costs that shows its stock as it changes: asking again, or a stream.

`python -m benchmarks watching` (needs `wrk`) starts the role `redis` with the sample books twice.
One is asked as open pages ask it, with the tag of the badge that they show; how many answers it
gives tells how many pages may be open. At the other, streams of server-sent events are held open
(`streaming.py`), one more each time, while others ask for badges. Both run under the shop's own
gunicorn, whose threads are all that can be held.
"""

import argparse
import contextlib
import http.client
import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import stand, wrk
from benchmarks.load import Outcome
from benchmarks.running import HOST
from benchmarks.scenarios import FRAGMENT
from benchmarks.start import BOOK, sample_shop

EVERY_SECONDS = 15  # how often an open page asks: WATCH_MS in storefront.js
ASKED = f"/live/stock?isbn13={BOOK}"
CLIENTS = 8
PATIENCE_SECONDS = 5
ROLE = "redis"
STREAM = "/stream/"  # see streaming.py


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 if an answer to a page that asks again was not as expected."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=watching", description=__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="for each measurement")
    options = parser.parse_args(arguments)
    stand.check_programs()
    with tempfile.TemporaryDirectory() as folder, sample_shop(Path(folder)) as told:
        with stand.role_of(ROLE, stand.CACHED, told) as port:
            polled = _asked(port, f"{ASKED}&seen={_tag(port)}", options.seconds)
        print(
            f"asking again: {polled.rate:.0f} answers a second, p99 {polled.p99:.1f} ms: enough for"
            f" {polled.rate * EVERY_SECONDS:,.0f} open pages that ask every {EVERY_SECONDS} s"
        )
        with stand.role_of(ROLE, "benchmarks.streaming:application", told) as port:
            _hold_streams(port, options.seconds)
    return 0 if polled.answers and not polled.failures else 1


def _hold_streams(port: int, seconds: int) -> None:
    """Print what is left for others while more and more streams are open, until nothing is."""
    with contextlib.ExitStack() as streams:
        for number in range(_threads() + 1):
            left = _asked(port, ASKED, seconds)
            print(
                f"{number:2} streams open: {left.rate:6.0f} answers a second to others", flush=True
            )
            try:
                streams.enter_context(_stream(port))
            except TimeoutError:
                print(f"The next stream waits for more than {PATIENCE_SECONDS} s.")
                return


def _threads() -> int:
    """Of all processes together: `gunicorn.conf.py` knows how many the role has."""
    os.environ["BOOKSTORE_ROLE"] = ROLE
    settings = stand.gunicorn_settings()
    return int(str(settings["workers"])) * int(str(settings["threads"]))


def _asked(port: int, path: str, seconds: int) -> Outcome:
    try:
        return wrk.loop(port, [path], clients=CLIENTS, seconds=seconds, headers=FRAGMENT)
    except ValueError:  # not one answer came, of which wrk could say how long it took
        return Outcome(0, 0.0, 0.0, 0.0, 0.0)


def _tag(port: int) -> str:
    """The tag of the badge that an open page shows."""
    connection = http.client.HTTPConnection(HOST, port)
    connection.request("GET", ASKED, headers=FRAGMENT)
    tag = connection.getresponse().headers["ETag"]
    connection.close()
    return str(tag).strip('"')


@contextlib.contextmanager
def _stream(port: int) -> Iterator[None]:
    """A page that listens, once its first event has come."""
    with socket.create_connection((HOST, port), timeout=PATIENCE_SECONDS) as listening:
        listening.sendall(f"GET {STREAM}{BOOK} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        heard = b""
        while b"data:" not in heard:
            more = listening.recv(4096)
            if not more:
                raise ConnectionError(f"The stream has ended: {heard.decode()}")
            heard += more
        yield
