"""Persistent shoppers: programs that repeat a request until they know what became of it."""

import http.client
import itertools
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from tests.comers import at_work
from tests.drills.provider import Provider
from tests.purchases import order_body, send_order
from tests.shop import Shop
from tests.visitor import Answer, Visitor

AWAY = (502, 503, 504)
"""What the shop says while a part of it is away."""

PATIENCE_SECONDS = 120
PAUSE_SECONDS = 0.1
LOST = (OSError, http.client.HTTPException)

Edition = Mapping[str, Any]


class Misled(Exception):
    """The shop said something that it must never say."""


@dataclass
class Purchase:
    """What one key stands for, and what its shopper was told."""

    key: str
    editions: Sequence[Edition]
    number: str = ""
    token: str = ""
    amount: str = ""
    is_paid: bool = False


@dataclass
class Shoppers:
    """Several at once, until the block ends; each buys again and again."""

    shop: Shop
    editions: Sequence[Edition]
    """What they buy: mostly the first, now and then one of the others beside it."""
    number: int = 6
    email: str = field(default_factory=lambda: f"persistent-{uuid.uuid4().hex}@example.com")
    purchases: list[Purchase] = field(default_factory=list)
    refused: list[Purchase] = field(default_factory=list)
    answers: Counter[object] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def at_work(self) -> AbstractContextManager[None]:
        """Shop while the block runs; whoever has begun goes on until it is done."""
        return at_work(self._come, number=self.number)

    @property
    def paid(self) -> list[Purchase]:
        """Those whose payment was told."""
        return [purchase for purchase in self.purchases if purchase.is_paid]

    def _come(self, place: int, has_to_go: threading.Event) -> None:
        program, provider = Visitor(self.shop.base_url), Provider(self.shop)
        for turn in itertools.count(place):
            extra = self.editions[1 + turn % (len(self.editions) - 1)]
            editions = [self.editions[0], extra] if turn % 3 == 0 else [self.editions[0]]
            try:
                self._buy(program, provider, Purchase(uuid.uuid4().hex, editions), turn)
            except (Misled, AssertionError) as fault:
                self.faults.append(repr(fault))
                return
            if has_to_go.is_set():
                return

    def _buy(self, program: Visitor, provider: Provider, purchase: Purchase, turn: int) -> None:
        body = order_body(
            self._basket(program, purchase.editions), email=self.email, payment_method="fake"
        )
        answer = self._until((201, 409), lambda: send_order(program, body, key=purchase.key))
        if answer.status == 409:
            self.refused.append(purchase)
            return
        self._note(purchase, answer)
        self.purchases.append(purchase)
        again = self._until((201,), lambda: send_order(program, body, key=purchase.key))
        if again.json()["number"] != purchase.number:
            raise Misled(f"{purchase.key}: {purchase.number}, then {again.json()['number']}")
        if turn % 4 == 3:
            return  # never paid
        event_id = uuid.uuid4().hex
        for _time in range(1 + turn % 2):
            self._until(
                (204,), lambda: provider.tell(purchase.number, purchase.amount, event_id=event_id)
            )
        purchase.is_paid = True

    def _note(self, purchase: Purchase, answer: Answer) -> None:
        placed = answer.json()
        purchase.number, purchase.token = placed["number"], placed["token"]
        purchase.amount = placed["total_amount"]

    def _basket(self, program: Visitor, editions: Sequence[Edition]) -> str:
        """A basket with one copy of each; begun anew where an answer was lost."""
        while True:
            basket: str = self._until((201,), lambda: program.call("POST", "baskets")).json()["id"]
            if all(self._is_added(program, basket, edition) for edition in editions):
                return basket

    def _is_added(self, program: Visitor, basket: str, edition: Edition) -> bool:
        line = {"isbn13": edition["isbn13"], "quantity": 1}
        answer = self._once(lambda: program.call("POST", f"baskets/{basket}/lines", line))
        return answer is not None and answer.status == 201

    def _until(self, wanted: Collection[int], ask: Callable[[], Answer]) -> Answer:
        """Repeat the request until its answer is one of those `wanted`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (answer := self._once(ask)) is None or answer.status not in wanted:
            if time.monotonic() > deadline:
                raise Misled(f"no answer within {PATIENCE_SECONDS} s")
            time.sleep(PAUSE_SECONDS)
        return answer

    def _once(self, ask: Callable[[], Answer]) -> Answer | None:
        """The answer, unless it was lost. Raises Misled for an odd one."""
        try:
            answer = ask()
        except LOST:
            self.answers["lost"] += 1
            return None
        self.answers[answer.status] += 1
        if answer.status not in (201, 204, 409, *AWAY):
            raise Misled(f"{answer.status} {answer.path}: {answer.body[:300]!r}")
        return answer
