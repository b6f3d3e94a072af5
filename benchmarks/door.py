"""`make bench ARGS=door`: what nginx adds before the shop, and how fresh its answers are.

First the home page out of nginx's cache beside a plain file of the same size, both from nginx and
under the same closed loop of `wrk`, in one run. Then, under load, prices change at odd moments: how
long after a commit was the old price last given to a request that was sent after it?
"""

import argparse
import contextlib
import gzip
import http.client
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import Template

from benchmarks import running
from benchmarks.running import HOST
from bookstore.serving import nginx

BOOK = "2900000010017"
PAGE = f"/books/{BOOK}/pride-and-prejudice/"
FIRST_PRICE = 1000  # and each change costs one more, so that a price tells its number
PRICE = re.compile(rb"\D1,?(\d{3})\.00\D")
COMPRESSED = ("Accept-Encoding: gzip",)
WITH_FILE = Template("""\
daemon off;
${user}worker_processes 2;
pid "${dir}/nginx.pid";
events { worker_connections 1024; }
http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000;
    server {
        listen ${listen};
        root "${dir}";
        index page.html;
    }
}
""")
CHANGE_PRICES = """
import random, time
from decimal import Decimal
from django.db import transaction
from django.utils import timezone
from catalog.models import Edition
edition = Edition.objects.get(isbn13="{book}")
for number in range({changes}):
    with transaction.atomic():
        edition.set_price(Decimal({first} + number), valid_from=timezone.localdate())
        committed_at = time.time()
    print(number, committed_at)
    time.sleep(random.uniform(0.3, 1.6))
"""


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 when an old price was shown a second after the change."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each measurement")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--changes", type=int, default=60, help="of the price; a second each")
    options = parser.parse_args(arguments)
    if shutil.which("wrk") is None:
        sys.exit("This needs wrk: `apt-get install wrk` (or your system's way).")
    with tempfile.TemporaryDirectory() as folder, running.shop(folder, "--split") as port:
        _compare(port, Path(folder), options)
        greatest = _greatest_delay(port, folder, options)
    print(f"\n{options.changes} price changes: the old price was last given {greatest:.3f} s after")
    return 1 if greatest >= 1 else 0


def _compare(port: int, folder: Path, options: argparse.Namespace) -> None:
    page = _get(port, "/")
    print(f"{options.clients} clients, {options.seconds:g} s each; {len(page)} bytes\n")
    print(f"{'':32}{'req/s':>8}{'ratio':>7}{'p50':>8}{'p99':>8}")
    compressed = gzip.compress(page)
    for name, body, headers in (("", page, ()), (", compressed", compressed, COMPRESSED)):
        with static_file(folder / "file", body) as file_port:
            yardstick = _loop(file_port, options)
        _print(f"file{name}", yardstick, yardstick)
        _print(f"home page{name}", _loop(port, options, headers), yardstick)


def _loop(
    port: int, options: argparse.Namespace, headers: Sequence[str] = ()
) -> tuple[float, str, str]:
    """Requests a second, and what half and 99 % of them took at most."""
    said = subprocess.run(_wrk(port, "/", options.clients, options.seconds, headers),
                          capture_output=True, text=True, check=True).stdout  # fmt: skip
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(said)
    found = [re.search(rf"{name}\s+(\S+)", said) for name in ("Requests/sec:", "50%", "99%")]
    rate, median, worst = (match[1] if match else "" for match in found)
    return float(rate), median, worst


def _wrk(
    port: int, path: str, clients: int, seconds: float, headers: Sequence[str] = ()
) -> list[str]:
    said = [word for header in headers for word in ("-H", header)]
    loop = ["wrk", "--latency", "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s"]
    return [*loop, *said, f"http://{HOST}:{port}{path}"]


def _print(name: str, measured: tuple[float, str, str], yardstick: tuple[float, str, str]) -> None:
    rate, median, worst = measured
    print(f"{name:32}{rate:8.0f}{rate / yardstick[0]:7.2f}{median:>8}{worst:>8}", flush=True)


def _get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    connection.request("GET", path)
    body = connection.getresponse().read()
    connection.close()
    return body


@contextlib.contextmanager
def static_file(folder: Path, body: bytes) -> Iterator[int]:
    """An nginx that does nothing but send these bytes out of a file; its port."""
    folder.mkdir(exist_ok=True)
    (folder / "page.html").write_bytes(body)
    port = running.free_port()
    values = {"dir": folder, "listen": f"{HOST}:{port}", "user": nginx.user()}
    (folder / "nginx.conf").write_text(WITH_FILE.substitute(values))
    log = str(folder / "error.log")
    with running.running([nginx.find(), "-c", str(folder / "nginx.conf"), "-e", log], port):
        yield port


def _greatest_delay(port: int, folder: str, options: argparse.Namespace) -> float:
    """In seconds, over all changes, under load."""
    seconds = 2 * options.changes + 60
    load = subprocess.Popen(_wrk(port, PAGE, options.clients, seconds), stdout=subprocess.DEVNULL)
    seen: list[tuple[float, int]] = []
    is_over = threading.Event()
    reader = threading.Thread(target=_read_prices, args=(port, seen, is_over))
    reader.start()
    try:
        committed = _change_prices(folder, options.changes)
        time.sleep(2)
    finally:
        is_over.set()
        reader.join()
        load.terminate()
        load.wait()
    if seen[-1][1] != options.changes - 1:
        sys.exit("The last price was not shown.")
    return max(_delay(number, at, seen) for number, at in committed)


def _delay(number: int, committed_at: float, seen: Sequence[tuple[float, int]]) -> float:
    late = [sent_at - committed_at for sent_at, shown in seen if shown < number]
    return max([0.0, *late])


def _read_prices(port: int, seen: list[tuple[float, int]], is_over: threading.Event) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    while not is_over.is_set():
        sent_at = time.time()
        connection.request("GET", PAGE)
        found = PRICE.search(connection.getresponse().read())
        seen.append((sent_at, int(found[1]) if found else -1))
    connection.close()


def _change_prices(folder: str, changes: int) -> list[tuple[int, float]]:
    """The number of each change, and when it was committed."""
    code = CHANGE_PRICES.format(book=BOOK, changes=changes, first=FIRST_PRICE)
    told = {"BOOKSTORE_DATA_DIR": folder}
    said = running.manage("shell", "-c", code, environment=told)
    lines = [line.split() for line in said.splitlines() if re.fullmatch(r"\d+ [\d.]+", line)]
    return [(int(number), float(at)) for number, at in lines]
