"""`make bench`: the shop's answers beside a bare Django view, under the same gunicorn.

Starts a shop of its own with the sample catalogue, runs each scenario as a closed loop on loopback,
and prints a table. The clients share the machine with the servers, so read the ratios, not the
rates; they come from one run. `make bench ARGS=all` measures more beside other shops (whole.py),
`make bench ARGS=door` nginx before the shop (door.py), `make bench ARGS=orders` the placing of
orders (orders.py), `make bench ARGS=catalog` the pages of a large catalogue (catalog.py);
`make bench ARGS=start` how soon a role is ready and how much memory it takes (start.py),
`make bench ARGS=processes` how many processes and threads it should have (processes.py),
`make bench ARGS=watching` what an open page costs that shows its stock as it changes (watching.py);
`make bench ARGS="onix-file FILE"` writes a large ONIX file (onix_files.py),
`make bench ARGS=onix-reading` measures the reading of one (onix_reading.py).
"""

import argparse
import contextlib
import sys
import tempfile
import urllib.request
from collections.abc import Sequence

from benchmarks import (
    catalog,
    door,
    onix_files,
    onix_import,
    onix_reading,
    orders,
    processes,
    running,
    start,
    watching,
    whole,
    work,
)
from benchmarks.load import Measurement, Scenario, measure
from benchmarks.running import HOST

WARM_UP_SECONDS = 0.5
BOOK = "2900000010017"
YARDSTICK = Scenario("bare Django view", "/")
SCENARIOS = (
    Scenario("home, cached", "/"),
    Scenario("subject, cached", "/subjects/the-classics-shelf/"),
    Scenario("book, cached", f"/books/{BOOK}/pride-and-prejudice/"),
    Scenario("search, cached", "/search/?q=austen"),
    Scenario("search in stock, never cached", "/search/?q=austen&available=1"),
    Scenario("suggestions", "/live/suggest?q=pri"),
    Scenario("stock badges", f"/live/stock?isbn13={BOOK}"),
    Scenario("into the basket", "/basket/lines/", "POST", f"isbn13={BOOK}&quantity=1", 303),
)
OTHERS = {
    "all": whole.main,
    "door": door.main,
    "catalog": catalog.main,
    "orders": orders.main,
    "onix": onix_import.main,
    "onix-file": onix_files.main,
    "onix-reading": onix_reading.main,
    "processes": processes.main,
    "start": start.main,
    "watching": watching.main,
    "work": work.main,
}


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 when any answer was not the expected one."""
    if arguments and arguments[0] in OTHERS:
        return OTHERS[arguments[0]](arguments[1:])
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each scenario")
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        shop = stack.enter_context(running.shop(folder))
        with urllib.request.urlopen(f"http://{HOST}:{shop}/") as home:
            told = {"BARE_BYTES": str(len(home.read()))}
        bare = stack.enter_context(running.bare(told))
        loop = f"{options.clients} clients, {options.seconds:g} s each"
        print(f"{loop}; yardstick: {told['BARE_BYTES']} bytes\n")
        print(f"{'':32}{'req/s':>8}{'ratio':>7}{'p50':>8}{'p95':>8}{'p99':>8} ms")
        yardstick = _run(YARDSTICK, bare, options)
        _print(YARDSTICK, yardstick, yardstick)
        failures = 0
        for scenario in SCENARIOS:
            measured = _run(scenario, shop, options)
            _print(scenario, measured, yardstick)
            failures += measured.failures
    print(f"\n{failures} answers were not as expected." if failures else "")
    return 1 if failures else 0


def _run(scenario: Scenario, port: int, options: argparse.Namespace) -> Measurement:
    clients: int = options.clients
    measure(scenario, host=HOST, port=port, clients=clients, seconds=WARM_UP_SECONDS)
    return measure(scenario, host=HOST, port=port, clients=clients, seconds=options.seconds)


def _print(scenario: Scenario, measured: Measurement, yardstick: Measurement) -> None:
    percentiles = "".join(f"{measured.percentile(share):8.1f}" for share in (0.5, 0.95, 0.99))
    ratio = measured.rate / yardstick.rate
    print(f"{scenario.name:32}{measured.rate:8.0f}{ratio:7.2f}{percentiles}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
