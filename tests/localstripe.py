"""A payment provider on loopback: localstripe in a process of its own, spoken to by real HTTP.

It is a part of Stripe: no Payment Element, no disputes, no event about a refund, and idempotency
keys are ignored. Those that it was sent stand in its log, so that tests can say that they were.

    python -m tests.localstripe PORT LOG    is that process
"""

import json
import logging
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import stripe

from tests.patience import eventually
from tests.shop import free_port

SECRET_KEY = "sk_test_bookstore"
PUBLISHABLE_KEY = "pk_test_bookstore"
WEBHOOK_SECRET = "whsec_bookstore"
VISA = "pm_card_visa"
DECLINED = "pm_card_chargeCustomerFail"
STARTS_WITHIN = 120  # seconds, on a busy machine
ANSWERS_WITHIN = 60


@dataclass(frozen=True)
class Provider:
    """The provider, and what customers and its dashboard do there."""

    address: str
    log: Path

    def call(self, method: str, path: str, **data: Any) -> Any:
        """What it answers; also to what customers ask it, with the key of the shop."""
        url, auth = f"{self.address}{path}", (SECRET_KEY, "")
        answer = requests.request(method, url, data=data, auth=auth, timeout=ANSWERS_WITHIN)
        return answer.json() if answer.content else None

    def pay(self, payment_id: str, card: str = VISA) -> dict[str, Any]:
        """What the customer's browser does; the intent as it is then."""
        path = f"/v1/payment_intents/{payment_id}"
        self.call("POST", path, payment_method=card)
        self.call("POST", f"{path}/confirm")
        return self.intent(payment_id)

    def intent(self, payment_id: str) -> dict[str, Any]:
        """The payment as the provider sees it."""
        intent: dict[str, Any] = self.call("GET", f"/v1/payment_intents/{payment_id}")
        return intent

    def intents(self) -> list[dict[str, Any]]:
        """All payments that it was asked for, the oldest first."""
        return _list(self.call("GET", "/v1/payment_intents", limit=100))

    def refunds(self, payment_id: str) -> list[dict[str, Any]]:
        """All that it gave back of a payment."""
        path = f"/v1/refunds?payment_intent={payment_id}&limit=100"
        return _list(self.call("GET", path))

    def event(self, kind: str, payment_id: str) -> dict[str, Any]:
        """What it says of a payment, once it has happened."""
        events = _list(self.call("GET", f"/v1/events?type={kind}&limit=100"))
        return next(event for event in events if event["data"]["object"]["id"] == payment_id)

    def send_events_to(self, address: str | None) -> None:
        """Have it call the shop's webhook; with None, a place where nobody is."""
        answer = requests.post(
            f"{self.address}/_config/webhooks/shop",
            json={"url": address or "http://127.0.0.1:9/", "secret": WEBHOOK_SECRET},
            timeout=ANSWERS_WITHIN,
        )
        answer.raise_for_status()

    def forget_all(self) -> None:
        """As new."""
        url = f"{self.address}/_config/data"
        requests.delete(url, timeout=ANSWERS_WITHIN).raise_for_status()
        self.log.write_text("")

    def requested(self) -> list[tuple[str, str]]:
        """What the shop has asked it for: each request's first line, and its idempotency key.

        It writes down what it was asked after it has answered, one after the other: so it is asked
        once more, and what came before that stands there when that does.
        """
        last = f"/last/{uuid.uuid4().hex}"
        requests.get(f"{self.address}{last}", timeout=ANSWERS_WITHIN)
        eventually(lambda: last in self.log.read_text())
        lines = self.log.read_text().splitlines()
        return [(line["request"], line["key"]) for line in map(json.loads, lines)]


def sign(body: bytes, *, secret: str = WEBHOOK_SECRET, at: float | None = None) -> str:
    """The header with which the provider signs a body, now or at another time."""
    moment = int(time.time() if at is None else at)
    header: str = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, moment)
    return header


@contextmanager
def opened(folder: Path) -> Iterator[Provider]:
    """A provider that has just begun."""
    port, log = free_port(), folder / "localstripe.log"
    log.touch()
    process = subprocess.Popen([sys.executable, "-m", "tests.localstripe", str(port), str(log)])
    provider = Provider(f"http://127.0.0.1:{port}", log)
    try:
        _wait_for(provider, process)
        yield provider
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_for(provider: Provider, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            provider.forget_all()
            return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise RuntimeError("localstripe did not start")


def _list(answer: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer["data"]
    return found


def serve(port: int, log: Path) -> None:
    """Be the provider, on loopback alone, and keep nothing on the disk."""
    from aiohttp import web
    from localstripe import resources, server

    resources.store.dump_to_disk = lambda: None
    access = logging.getLogger("requests")
    access.setLevel(logging.INFO)
    access.addHandler(logging.FileHandler(log))
    line = '{"request": "%r", "key": "%{Idempotency-Key}i"}'
    web.run_app(
        server.app,
        host="127.0.0.1",
        port=port,
        access_log=access,
        access_log_format=line,
        print=None,
        shutdown_timeout=1,
    )


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
