"""A closed loop of clients: each sends its next request when the last one was answered."""

import http.client
import itertools
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Scenario:
    """One kind of request."""

    name: str
    path: str
    method: str = "GET"
    body: str = ""
    expected_status: int = 200
    headers: Mapping[str, str] = field(
        default_factory=lambda: {"Content-Type": "application/x-www-form-urlencoded"}
    )
    """Sent with a body."""


@dataclass
class Measurement:
    """What came of a scenario."""

    seconds: float
    """How long the clients ran."""
    latencies: list[float] = field(default_factory=list)
    """In seconds, one for each answer."""
    failures: int = 0
    """Answers with another status, and connections that broke."""
    last_words: str = ""
    """The last answer that was not as expected."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency, in milliseconds, that `share` (0 to 1) of the answers stayed below."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


@dataclass(frozen=True)
class Outcome:
    """What a measurement comes to, whoever has measured."""

    answers: int
    rate: float
    """Answers a second."""
    p50: float
    """Milliseconds, as the others."""
    p95: float
    p99: float
    failures: int = 0
    last_words: str = ""

    @classmethod
    def of(cls, measured: Measurement) -> "Outcome":
        """The measurement in few numbers."""
        p50, p95, p99 = (measured.percentile(share) for share in (0.5, 0.95, 0.99))
        answers, failures = len(measured.latencies), measured.failures
        return cls(answers, measured.rate, p50, p95, p99, failures, measured.last_words)

    @classmethod
    def middle(cls, rounds: Sequence["Outcome"]) -> "Outcome":
        """The round whose rate is in the middle, the lower of two; failures are those of all."""
        ordered = sorted(rounds, key=lambda each: each.rate)
        failed = [each for each in rounds if each.failures]
        return replace(
            ordered[(len(ordered) - 1) // 2],
            failures=sum(each.failures for each in failed),
            last_words=failed[-1].last_words if failed else "",
        )


def measure(
    scenario: Scenario, *, host: str, port: int, clients: int, seconds: float
) -> Measurement:
    """Run the scenario with so many clients for so long."""
    every = itertools.repeat(scenario)
    return measure_each(every, host=host, port=port, clients=clients, seconds=seconds)


def measure_each(
    scenarios: Iterable[Scenario], *, host: str, port: int, clients: int, seconds: float
) -> Measurement:
    """Send each request once, with so many clients, until the time is over or none is left."""
    measured, waiting = Measurement(seconds), iter(scenarios)
    started_at = time.monotonic()
    deadline = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_client, args=(waiting, host, port, deadline, measured))
        for _ in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    measured.seconds = time.monotonic() - started_at
    return measured


def _client(
    scenarios: Iterator[Scenario], host: str, port: int, deadline: float, measured: Measurement
) -> None:
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    while time.monotonic() < deadline and (scenario := next(scenarios, None)):
        headers = dict(scenario.headers) if scenario.body else {}
        started_at = time.perf_counter()
        try:
            connection.request(scenario.method, scenario.path, scenario.body or None, headers)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            measured.failures += 1
            continue
        measured.latencies.append(time.perf_counter() - started_at)
        if response.status != scenario.expected_status:
            measured.failures += 1
            measured.last_words = body[:500].decode(errors="replace")
    connection.close()
