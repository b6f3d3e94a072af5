"""Kill -9 amid checkouts and webhooks: nothing is oversold, lost, doubled or forgotten."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal

import psutil
import pytest

from bookstore.working import HEARTBEAT_SECONDS
from tests import mailbox
from tests.conftest import NextEdition
from tests.drills import SECONDS
from tests.drills.persistent import Purchase, Shoppers
from tests.drills.records import Records
from tests.patience import eventually
from tests.shop import Shop, children
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("whole_again")

PLENTY, FEW = 100_000, 10
PAUSE_SECONDS = 2.0  # between two kills
REST_SECONDS = 12.0  # between two rounds: `serve` gives up what dies again and again


def kill_role(shop: Shop) -> None:
    """The role that takes orders, with all its processes."""
    (master,) = shop.role_masters("rds")
    for process in [master, *master.children()]:
        process.kill()


def kill_process_of_role(shop: Shop) -> None:
    """One of its processes."""
    (master,) = shop.role_masters("rds")
    master.children()[0].kill()


def kill_postgresql(shop: Shop) -> None:
    """PostgreSQL itself: it recovers from its log when it comes back."""
    shop.postgresql().kill()


def kill_backend(shop: Shop) -> None:
    """One of PostgreSQL's processes: it ends all the others, and recovers at once."""

    def is_hit() -> bool:
        known = children(shop.postgresql())
        backends = [each for each, command in known if "bookstore [local]" in " ".join(command)]
        try:
            backends[len(backends) // 2].kill()
        except (IndexError, psutil.NoSuchProcess):  # its connection has ended just now
            return False
        return True

    eventually(is_hit)


def kill_redis(shop: Shop) -> None:
    """Redis."""
    shop.redis().kill()


def kill_worker(shop: Shop) -> None:
    """The worker, whatever it does."""
    for worker in shop.workers():
        worker.kill()


def is_whole(shop: Shop) -> bool:
    """Whether all that was killed is back, so that the next kill hits something."""
    anybody = Visitor(shop.base_url)
    return all(anybody.get(path).status == 200 for path in ("/api/ready", "/live/ready"))


KILLS: Sequence[Callable[[Shop], None]] = (
    kill_process_of_role, kill_worker, kill_postgresql, kill_redis, kill_backend, kill_role,
)  # fmt: skip


def test_whoever_persists_has_exactly_one_order(
    shop: Shop, staff: Visitor, next_edition: NextEdition
) -> None:
    editions = [next_edition(), next_edition(), next_edition()]
    for edition, copies in zip(editions, (PLENTY, FEW, PLENTY), strict=True):
        path = f"stock/{edition['isbn13']}"
        assert staff.call("PUT", path, {"on_hand": copies}).status == 200
    shoppers = Shoppers(shop, editions)
    started_at, kills = time.monotonic(), 0
    with shoppers.at_work():
        while not kills or time.monotonic() - started_at < SECONDS:
            for kill in KILLS:
                time.sleep(PAUSE_SECONDS)
                eventually(lambda: is_whole(shop))
                kill(shop)
                kills += 1
            time.sleep(REST_SECONDS if SECONDS else PAUSE_SECONDS)
    assert shoppers.faults == []
    records = Records(shop)
    assert_orders(records, shoppers)
    assert_money(records, shoppers)
    assert_stock(records, shoppers, editions[1]["isbn13"])
    assert_seen(shop, shoppers.purchases)
    healed = assert_jobs_done(records, shoppers, shop)
    assert shop.audit() == ""
    seconds = time.monotonic() - started_at
    print(
        f"\n{kills} kills in {seconds:.0f} s: {len(shoppers.purchases)} orders,"
        f" {len(shoppers.paid)} paid, {len(shoppers.refused)} refused;"
        f" answers {dict(shoppers.answers)}; all jobs done {healed:.0f} s later"
    )


def assert_orders(records: Records, shoppers: Shoppers) -> None:
    """Each 201 has its order, each key exactly one, and there are no others."""
    rows = records.ask(
        "SELECT number, idempotency_key FROM orders_order WHERE email = %s", shoppers.email
    )
    assert sorted(rows) == sorted((each.number, each.key) for each in shoppers.purchases)
    assert len(rows) > len(KILLS)


def assert_money(records: Records, shoppers: Shoppers) -> None:
    """Each order whose payment was told is paid exactly once, and no other."""
    rows = records.ask(
        "SELECT o.number, o.status, p.amount FROM orders_order o"
        " LEFT JOIN orders_payment p ON p.order_id = o.id WHERE o.email = %s",
        shoppers.email,
    )
    assert sorted(rows) == sorted(
        (each.number, "paid", Decimal(each.amount))
        if each.is_paid
        else (each.number, "awaiting_payment", None)
        for each in shoppers.purchases
    )


def assert_stock(records: Records, shoppers: Shoppers, scarce: str) -> None:
    """No more of the few were sold than there were, and nobody refused while one was left."""
    sold = sum(
        edition["isbn13"] == scarce for each in shoppers.purchases for edition in each.editions
    )
    assert records.stock(scarce) == (FEW, sold)
    assert sold <= FEW
    assert not shoppers.refused or sold == FEW


def assert_seen(shop: Shop, purchases: Sequence[Purchase]) -> None:
    """Everybody finds the order where the answer said."""
    visitor = Visitor(shop.base_url)
    for each in purchases[:: max(1, len(purchases) // 20)]:
        seen = visitor.call("GET", f"orders/{each.number}?token={each.token}")
        assert (seen.status, seen.json()["number"]) == (200, each.number)


def assert_jobs_done(records: Records, shoppers: Shoppers, shop: Shop) -> float:
    """All jobs come to their end, and no e-mail came twice; after how many seconds."""
    started_at = time.monotonic()
    try:
        eventually(lambda: not unfinished(records, hurry=not SECONDS))
    except AssertionError:
        raise AssertionError(f"left: {records.unfinished_jobs()}") from None
    seconds = time.monotonic() - started_at
    mails = Counter(
        str(mail["Subject"])
        for mail in mailbox.sent_to(shoppers.email, folder=shop.data_dir / "mail")
    )
    assert [subject for subject, times in mails.items() if times > 1] == []
    placed = [each for each in shoppers.purchases if mails[f"Your order {each.number}"]]
    uncertain = records.ask(
        "SELECT count(*) FROM orders_ordermessage m JOIN orders_order o ON o.id = m.order_id"
        " WHERE o.email = %s AND m.kind = 'placed' AND m.sent_at IS NULL",
        shoppers.email,
    )
    assert len(placed) >= len(shoppers.purchases) - uncertain[0][0]
    return seconds


def unfinished(records: Records, *, hurry: bool) -> int:
    """How many jobs of orders wait, run or have failed.

    In a hurry nobody waits until a killed worker counts as silent, nor for a job's next try: but
    for an e-mail that a killed worker was sending, which is left alone as long as it may be.
    """
    if hurry:
        records.change(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"
            " WHERE last_heartbeat < now() - %s",
            timedelta(seconds=2 * HEARTBEAT_SECONDS),
        )
        records.change(
            "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' AND id NOT IN"
            " (SELECT job_id FROM bookstore_jobfailure WHERE message LIKE 'StillSending%%')"
        )
    ((number,),) = records.ask(
        "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed')"
        " AND args ? 'order_id'"
    )
    return int(number)
