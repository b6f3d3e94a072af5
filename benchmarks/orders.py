"""`make bench ARGS=orders`: placing orders, on a PostgreSQL that loses nothing.

Baskets of three titles are filled first; then clients order them through the API in a closed loop,
beside a bare Django view under the same gunicorn in the same run. After that everybody wants the
same title, with more and more clients, and at last all of it is audited. It is done once with the
sample catalogue and once with 100,000 editions more, each with stock and a price: the list of
statements must be the same.
"""

import argparse
import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence

from benchmarks import running
from benchmarks.load import Measurement, Scenario, measure_each
from benchmarks.running import HOST

MOST_STATEMENTS = 23
CONTENDERS = (1, 8, 32)
TOLD = {"RATE_LIMITS": "off", "SLOW_QUERY_SECONDS": "60"}
MOST_A_SECOND = 400  # baskets are filled for so many orders
ORDER = {
    "email": "reader@example.com",
    "shipping_method": "standard",
    "payment_method": "offline",
    "shipping_address": {
        "name": "A. Reader", "line1": "1 Main Street", "city": "Town", "country": "GB",
    },
}  # fmt: skip
YARDSTICK = Scenario("bare Django view", "/")

SET_UP = """
from django.db import connection
from catalog.models import Edition, Location, Stock
from orders.models import Seller, TaxArea, TaxRate
Seller.objects.get_or_create(defaults={"country": "GB"})
TaxArea.objects.create(name="Here", treatment="seller")
TaxRate.objects.create(country="GB", kind="print", rate=0)
place = Location.objects.get(code="main")
paper = Edition.objects.with_price().filter(
    is_offered=True, price_amount__gt=0, format="paperback", publication_date__lt="2020-01-01"
)
for edition in paper.order_by("pk")[:31]:
    stock, _made = Stock.objects.get_or_create(edition=edition, location=place)
    stock.receive(1_000_000, reason="Benchmark")
with connection.cursor() as cursor:
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        cursor.execute(f"SHOW {name}")
        print(name, "=", cursor.fetchone()[0])
"""
MULTIPLY = """
from django.db import connection
from catalog.isbn import check_digit
from catalog.models import Edition
model = Edition.objects.filter(format="paperback").order_by("pk").first()
columns = {{
    field.attname: getattr(model, field.attname)
    for field in Edition._meta.concrete_fields if field.name not in ("id", "isbn13")
}}
numbers = (f"29{{500_000_000 + number:010}}" for number in range({more}))
Edition.objects.bulk_create(
    (Edition(isbn13=number + check_digit(number), **columns) for number in numbers),
    batch_size=5_000,
)
with connection.cursor() as cursor:
    cursor.execute('''
        INSERT INTO catalog_price (edition_id, amount, currency, valid_from)
        SELECT id, 10, '{currency}', '2020-01-01' FROM catalog_edition WHERE isbn13 LIKE '2905%%';
        INSERT INTO catalog_stock (edition_id, location_id, on_hand, allocated)
        SELECT edition.id, place.id, 5, 0 FROM catalog_edition AS edition
        JOIN catalog_location AS place ON place.code = 'main' WHERE isbn13 LIKE '2905%%';
        INSERT INTO catalog_stockmovement
            (stock_id, kind, on_hand_change, allocated_change, reason, reference, created_at)
        SELECT stock.id, 'receive', 5, 0, 'Benchmark', '', now() FROM catalog_stock AS stock
        JOIN catalog_edition AS edition ON edition.id = edition_id WHERE isbn13 LIKE '2905%%';
        ANALYZE''', [])
"""
BASKETS = """
from catalog.models import Edition
from orders.models import Basket, BasketLine
editions = list(Edition.objects.filter(stocks__on_hand__gte=1_000_000).order_by("pk"))
wanted = {wanted}
baskets = Basket.objects.bulk_create([Basket() for _basket in range({number})])
BasketLine.objects.bulk_create(
    BasketLine(basket=basket, edition=editions[place], quantity=1)
    for turn, basket in enumerate(baskets) for place in wanted(turn)
)
for basket in baskets:
    print("basket", basket.pk)
"""
THREE_TITLES = "lambda turn: [1 + (turn * 7 + step * 11) % 30 for step in range(3)]"
ONE_TITLE = "lambda turn: [0]"
STATEMENTS = """
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.statements import in_words
with CaptureQueriesContext(connection) as captured:
    answer = Client(headers={{"host": "127.0.0.1"}}).post(
        "/api/v1/orders", {body!r}, "application/json", headers={{"Idempotency-Key": "{key}"}}
    )
assert answer.status_code == 201, answer.content
for statement in in_words(captured.captured_queries):
    print("statement", statement)
"""
COUNTS = """
from django.db import connection
from django.db.models import Count, Sum
from catalog.models import Edition, Stock
from orders.models import Order
with connection.cursor() as cursor:
    cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    print("deadlocks", cursor.fetchone()[0])
print("orders", Order.objects.count())
print("allocated", Stock.objects.aggregate(total=Sum("allocated"))["total"])
print("editions", Edition.objects.count())
"""


class _Bench:
    """The shop that is measured, and what was not as it must be."""

    def __init__(self, folder: str, port: int, bare: int, options: argparse.Namespace) -> None:
        self.environment = {**os.environ, **TOLD, "BOOKSTORE_DATA_DIR": folder}
        self.port, self.bare, self.options = port, bare, options
        self.problems: list[str] = []
        self._keys = itertools.count()

    def check(self, is_so: bool, problem: str) -> None:
        """Note the problem unless it is so."""
        if not is_so:
            self.problems.append(problem)

    def shell(self, code: str) -> str:
        """What this Python code prints, run inside the shop's own settings."""
        return running.manage("shell", "-v", "0", "-c", code, environment=self.environment)

    def run(self, catalogue: str) -> list[str]:
        """Measure on this catalogue; the statements that an order of three titles takes."""
        before = self._counts()
        statements = self._statements()
        if catalogue.startswith("the"):
            print(f"{len(statements)} statements of an order of three titles:")
            print("".join(f"  {number:2} {each}\n" for number, each in enumerate(statements, 1)))
        print(f"{catalogue}: {before['editions']:,} editions, {len(statements)} statements")
        print(f"{'':40}{'req/s':>8}{'ratio':>7}{'p50':>8}{'p95':>8} ms")
        clients = self.options.clients
        yardstick = self._measure(itertools.repeat(YARDSTICK), self.bare, clients)
        self._print(f"bare Django view, {clients} clients", yardstick, yardstick)
        placed = 1 + self._place(
            f"order of 3 titles, {clients} clients", THREE_TITLES, clients, yardstick
        )
        for contenders in CONTENDERS:
            name = f"the same title, {contenders} clients"
            placed += self._place(name, ONE_TITLE, contenders, yardstick)
        after = self._counts()
        deadlocks, lost = (
            after["deadlocks"] - before["deadlocks"],
            placed - (after["orders"] - before["orders"]),
        )
        print(f"deadlocks: {deadlocks}; orders answered but not there: {lost}\n")
        self.check(deadlocks == 0, "there were deadlocks")
        self.check(lost == 0, "orders were lost")
        return statements

    def _place(self, name: str, wanted: str, clients: int, yardstick: Measurement) -> int:
        """Order prepared baskets; how many orders were answered."""
        number = int(self.options.seconds * MOST_A_SECOND)
        baskets = self._baskets(wanted, number)
        measured = self._measure((self._order(basket) for basket in baskets), self.port, clients)
        self._print(name, measured, yardstick)
        self.check(not measured.failures, f"{name}: {measured.last_words}")
        self.check(len(measured.latencies) < number, "there were too few baskets")
        return len(measured.latencies) - measured.failures

    def _order(self, basket: str) -> Scenario:
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": f"benchmark-{next(self._keys)}",
        }
        body = json.dumps(ORDER | {"basket": basket})
        return Scenario("order", "/api/v1/orders", "POST", body, 201, headers)

    def _baskets(self, wanted: str, number: int) -> list[str]:
        said = self.shell(BASKETS.format(wanted=wanted, number=number))
        return [line.split()[1] for line in said.splitlines() if line.startswith("basket ")]

    def _statements(self) -> list[str]:
        (basket,) = self._baskets(THREE_TITLES, 1)
        order = self._order(basket)
        code = STATEMENTS.format(body=order.body, key=order.headers["Idempotency-Key"])
        said = self.shell(code).splitlines()
        return [line.split(maxsplit=1)[1] for line in said if line.startswith("statement ")]

    def _counts(self) -> dict[str, int]:
        lines = (line.split() for line in self.shell(COUNTS).splitlines())
        return {line[0]: int(line[1]) for line in lines if len(line) == 2}

    def _measure(self, scenarios: Iterable[Scenario], port: int, clients: int) -> Measurement:
        seconds = self.options.seconds
        return measure_each(scenarios, host=HOST, port=port, clients=clients, seconds=seconds)

    @staticmethod
    def _print(name: str, measured: Measurement, yardstick: Measurement) -> None:
        shares = "".join(f"{measured.percentile(share):8.1f}" for share in (0.5, 0.95))
        ratio = measured.rate / yardstick.rate
        print(f"{name:40}{measured.rate:8.0f}{ratio:7.3f}{shares}", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 when an order failed, deadlocked or was lost, or took too much."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each measurement")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--more", type=int, default=100_000, help="editions of the large catalogue")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        port = stack.enter_context(running.shop(folder, environment=TOLD))
        bare = stack.enter_context(running.bare({"BARE_BYTES": "1500"}))
        bench = _Bench(folder, port, bare, options)
        print(bench.shell(SET_UP))
        small = bench.run("the sample catalogue")
        bench.shell(MULTIPLY.format(more=options.more, currency="USD"))
        large = bench.run(f"{options.more:,} editions more")
        bench.check(small == large, "the statements depend on the catalogue's size")
        bench.check(len(small) <= MOST_STATEMENTS, "that is too many statements")
        audit = subprocess.run(
            [sys.executable, "manage.py", "audit"],
            cwd=running.ROOT, env=bench.environment, check=False,
        )  # fmt: skip
        bench.check(audit.returncode == 0, "the audit has found something")
    for problem in bench.problems:
        print(f"Not as it must be: {problem}.")
    return 1 if bench.problems else 0
