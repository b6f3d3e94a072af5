"""A release replaces another while people shop: nobody notices, and no order is lost or doubled.

`make test ARGS="-n 0 -s tests/test_replacement.py" DRILL_SECONDS=120` goes on longer, and shows
what was measured.
"""

import os
import time
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from bookstore.embedded.addresses import Engines
from tests import mailbox
from tests.conftest import NextEdition
from tests.crowd import Crowd
from tests.patience import eventually
from tests.rollout import ROLES, Rollout
from tests.shop import Shop
from tests.visitor import Visitor

pytestmark = pytest.mark.drill

SECONDS = float(os.environ.get("DRILL_SECONDS") or 0)
PLENTY = 100_000
PAUSE_SECONDS = 12  # `serve` gives up what it starts again and again


def test_a_release_replaces_another_and_goes_back_while_people_shop(
    shop: Shop, staff: Visitor, next_edition: NextEdition, tmp_path: Path
) -> None:
    editions = [next_edition() for _each in range(4)]
    for edition in editions:
        assert staff.call("PUT", f"stock/{edition['isbn13']}", {"on_hand": PLENTY}).status == 200
    crowd = Crowd(shop.base_url, editions)
    replaced = 0
    with Rollout(shop, tmp_path) as rollout, crowd.at_work():
        started_at = time.monotonic()
        rollout.migrate()
        while not replaced or time.monotonic() - started_at < SECONDS:
            rollout.replace_worker()
            for role in ROLES:
                rollout.replace(role)
            rollout.roll_back()
            replaced += 1
            if SECONDS:
                time.sleep(PAUSE_SECONDS)
        eventually(crowd.has_done_everything)
    print(f"\n{replaced} × there and back: {crowd.report()}")
    assert crowd.faults == []
    assert crowd.has_done_everything()
    assert orders_of(crowd.email, shop) == sorted(crowd.orders)
    eventually(lambda: sum(mails_to(crowd.email, shop).values()) >= len(crowd.orders), within=240)
    assert mails_to(crowd.email, shop) == Counter(crowd.orders)
    assert shop.audit() == ""


def orders_of(email: str, shop: Shop) -> list[str]:
    """The numbers of all orders of one customer, whoever was told of them."""
    with psycopg.connect(Engines(shop.data_dir).database_url) as connection:
        rows = connection.execute("SELECT number FROM orders_order WHERE email = %s", [email])
        return sorted(number for (number,) in rows)


def mails_to(email: str, shop: Shop) -> Counter[str]:
    """How many e-mails told a customer of each order."""
    mails = mailbox.sent_to(email, folder=shop.data_dir / "mail")
    return Counter(str(mail["Subject"]).split()[-1] for mail in mails)
