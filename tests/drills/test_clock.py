"""A clock that jumps: nothing expires that was paid, nothing happens twice, and all goes on."""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bookstore.tests.shell import CHECKOUT
from tests.conftest import NextEdition
from tests.drills.persistent import Purchase
from tests.drills.provider import Provider
from tests.drills.records import Records
from tests.drills.shifted import shows
from tests.patience import eventually
from tests.purchases import make_basket, order_body, send_order
from tests.shop import Shop
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("whole_again")

COPIES = 5
BEYOND_THE_HOLD = 31 * 60  # seconds: an order that is to be paid at once is held for 30 minutes
FAR_BEYOND = 45 * 60

SetClock = Callable[[float], None]


@pytest.fixture
def set_clock(shop: Shop, tmp_path: Path) -> Iterator[SetClock]:
    """Sets the worker's clock by so many seconds off the real time; it shows that by then."""
    file = tmp_path / "seconds"
    file.write_text("0")
    with contextlib.ExitStack() as stack:
        (own,) = shop.workers()
        log = stack.enter_context(shop.log.open("ab"))
        shifted = subprocess.Popen(
            [sys.executable, "-m", "tests.drills.shifted", str(file)],
            env=own.environ(), cwd=CHECKOUT, stdout=log, stderr=log,
        )  # fmt: skip
        stack.callback(shifted.wait, timeout=60)
        stack.callback(shifted.terminate)
        own.suspend()  # one clock at a time
        stack.callback(own.resume)

        def set_to(seconds: float) -> None:
            new = file.with_suffix(".new")
            new.write_text(str(seconds))
            new.replace(file)  # at once, or the worker might read half a number
            eventually(lambda: shows(file) == str(seconds))

        yield set_to


def buy(shop: Shop, isbn13: str, key: str) -> Purchase:
    """An order that is to be paid at once."""
    program = Visitor(shop.base_url)
    body = order_body(make_basket(program, (isbn13, 1)), payment_method="fake")
    placed = send_order(program, body, key=key).json()
    return Purchase(key, [], placed["number"], placed["token"], placed["total_amount"])


def test_a_clock_that_jumps_there_and_back(
    shop: Shop,
    staff: Visitor,
    next_edition: NextEdition,
    set_clock: SetClock,
    request: pytest.FixtureRequest,
) -> None:
    isbn13 = next_edition()["isbn13"]
    assert staff.call("PUT", f"stock/{isbn13}", {"on_hand": COPIES}).status == 200
    records, provider = Records(shop), Provider(shop)
    paid, unpaid = (buy(shop, isbn13, f"{request.node.name}-{n}") for n in range(2))
    assert provider.tell(paid.number, paid.amount, event_id="clock-1").status == 204

    # The clock jumps ahead: what was not paid expires, once.
    set_clock(FAR_BEYOND)
    eventually(lambda: records.status(unpaid.number) == "canceled")
    assert records.status(paid.number) == "paid"
    assert records.stock(isbn13) == (COPIES, 1)

    # And back: nothing happens again, or is taken back. A new order is as good as ever.
    set_clock(0)
    later = buy(shop, isbn13, f"{request.node.name}-later")
    assert records.status(later.number) == "awaiting_payment"
    # A payment that was on its way comes after all, twice; the copy is still there.
    for _time in range(2):
        assert provider.tell(unpaid.number, unpaid.amount, event_id="clock-2").status == 204
    assert records.status(unpaid.number) == "paid"
    assert records.stock(isbn13) == (COPIES, 3)

    # What the clock does goes on, although it had planned these minutes already.
    set_clock(BEYOND_THE_HOLD)
    eventually(lambda: records.status(later.number) == "canceled")
    set_clock(-24 * 3600)
    assert records.statuses(paid, unpaid, later) == ["paid", "paid", "canceled"]
    assert records.events(unpaid.number, "expired") == 1
    assert records.events(later.number, "expired") == 1
    assert records.events(paid.number, "paid") == records.events(unpaid.number, "paid") == 1
    assert records.stock(isbn13) == (COPIES, 2)
