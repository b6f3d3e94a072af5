"""A closed loop of clients: each sends its next request when the last one was answered."""

import http.client
import threading
import time
from dataclasses import dataclass, field

TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Scenario:
    """One kind of request."""

    name: str
    path: str
    method: str = "GET"
    body: str = ""
    expected_status: int = 200


@dataclass
class Measurement:
    """What came of a scenario."""

    seconds: float
    """How long the clients ran."""
    latencies: list[float] = field(default_factory=list)
    """In seconds, one for each answer."""
    failures: int = 0
    """Answers with another status, and connections that broke."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency, in milliseconds, that `share` (0 to 1) of the answers stayed below."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def measure(
    scenario: Scenario, *, host: str, port: int, clients: int, seconds: float
) -> Measurement:
    """Run the scenario with so many clients for so long."""
    measured = Measurement(seconds)
    deadline = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_client, args=(scenario, host, port, deadline, measured))
        for _ in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return measured


def _client(
    scenario: Scenario, host: str, port: int, deadline: float, measured: Measurement
) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if scenario.body else {}
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    while time.monotonic() < deadline:
        started_at = time.perf_counter()
        try:
            connection.request(scenario.method, scenario.path, scenario.body or None, headers)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            measured.failures += 1
            continue
        measured.latencies.append(time.perf_counter() - started_at)
        measured.failures += response.status != scenario.expected_status
    connection.close()
