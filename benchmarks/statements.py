"""How many statements a request sends to PostgreSQL, as the shop counts them itself."""

import re
import urllib.request
from dataclasses import dataclass

from benchmarks.running import HOST

SAMPLE = re.compile(r"^bookstore_(request_queries|requests)_total\{.*\} ([\d.e+]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Count:
    """What a web process has counted since it was started."""

    statements: float
    requests: float

    def since(self, earlier: "Count", *, times: int | None = None) -> float | None:
        """Statements for each of `times`, or for each request; None where there was none."""
        done = self.requests - earlier.requests if times is None else times
        return (self.statements - earlier.statements) / done if done else None


def count(port: int) -> Count:
    """All routes and all worker processes together."""
    with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=30) as answer:
        return read(answer.read().decode())


def read(exposition: str) -> Count:
    """The sums in Prometheus's text."""
    sums = {"request_queries": 0.0, "requests": 0.0}
    for name, value in SAMPLE.findall(exposition):
        sums[name] += float(value)
    return Count(sums["request_queries"], sums["requests"])
