"""The restore drill: a shop that goes on selling is backed up, and comes back elsewhere whole."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from bookstore.tests.backups import Database, only_backup, second_database
from caching import store
from caching.answers import HOME_PAGE
from catalog import indexing, memory
from catalog.models import Edition
from catalog.tests.factories import EditionFactory
from orders import fulfillment
from orders.models import Order
from orders.tests.factories import NOW, make_order
from tests.people import carol

pytestmark = [pytest.mark.drill, pytest.mark.django_db(transaction=True)]

LEDGERS = ("catalog_stockmovement", "orders_payment", "orders_refund", "orders_orderevent")
ORDERS = "SELECT number FROM orders_order ORDER BY id"
WAITING_MAIL = "task_name = 'orders.send_message' AND status = 'todo'"


@pytest.fixture(autouse=True)
def media_root(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def other() -> Iterator[Database]:
    with second_database() as database:
        yield database


@pytest.fixture
def edition() -> Edition:
    """Sold, paid, sent, canceled and paid back, by the real verbs."""
    edition = EditionFactory.create(stock=1000)
    indexing.works_changed([edition.work_id])
    clerk = carol()
    shipped, refunded, canceled, _waiting = (make_order({edition: 2}) for _number in range(4))
    shipped.mark_paid(at=NOW, actor=clerk)
    fulfillment.ship(order=shipped, actor=clerk, at=NOW)
    refunded.mark_paid(at=NOW, actor=clerk)
    refunded.refunds.create(
        provider="offline", event_id="1", amount=1, currency="USD", actor=clerk, refunded_at=NOW
    )
    canceled.cancel(actor=clerk, at=NOW)
    return edition


class Selling:
    """Somebody who buys on and on, until the block ends."""

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        self._has_ended = threading.Event()
        self._has_sold = threading.Event()
        self._thread = threading.Thread(target=self._sell, daemon=True)

    def __enter__(self) -> "Selling":
        self._thread.start()
        self.wait_for_a_sale()
        return self

    def __exit__(self, *exception: object) -> None:
        self.wait_for_a_sale()
        self._has_ended.set()
        self._thread.join(timeout=60)

    def wait_for_a_sale(self) -> None:
        self._has_sold.clear()
        assert self._has_sold.wait(timeout=60), "nothing is sold"

    def _sell(self) -> None:
        while not self._has_ended.is_set():
            make_order({self._edition: 1})
            self._has_sold.set()
        connection.close()


def everything_in(table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY id")
        return list(cursor.fetchall())


def sold() -> list[tuple[str]]:
    return list(Order.objects.order_by("pk").values_list("number"))


def test_a_shop_that_goes_on_selling_comes_back_whole(
    edition: Edition, other: Database, tmp_path: Path
) -> None:
    before = sold()
    with Selling(edition):
        call_command("backup", str(tmp_path / "kept"), verbosity=0)
    outcome = other.manage("restore", str(tmp_path / "kept"), "--as-moved")
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.endswith("The backup is restored, and adds up.\n")

    restored = other.rows(ORDERS)
    assert len(before) < len(restored) < len(sold())
    assert restored == sold()[: len(restored)]
    for ledger in LEDGERS:
        rows = other.rows(f"SELECT * FROM {ledger} ORDER BY id")
        assert rows, ledger
        assert rows == everything_in(ledger)[: len(rows)]
    assert other.rows("SELECT * FROM orders_payment") == everything_in("orders_payment")
    assert other.call("audit").returncode == 0
    # One message for each order, and none is lost: as in a move.
    waiting = other.rows(f"SELECT count(*) FROM procrastinate_jobs WHERE {WAITING_MAIL}")
    assert waiting[0][0] >= len(restored)


def test_what_protects_the_ledgers_is_still_in_force(
    edition: Edition, other: Database, tmp_path: Path
) -> None:
    call_command("backup", str(tmp_path / "kept"), verbosity=0)
    outcome = other.call("restore", str(tmp_path / "kept"), "--as-original")
    assert outcome.returncode == 0, outcome.stderr
    refusals = {
        "UPDATE catalog_stockmovement SET on_hand_change = 5": psycopg.errors.RestrictViolation,
        "DELETE FROM orders_payment": psycopg.errors.RestrictViolation,
        "UPDATE catalog_stock SET on_hand = -1": psycopg.errors.CheckViolation,
        "INSERT INTO catalog_price (edition_id, currency, amount, tax_rate, valid_from)"
        " SELECT edition_id, currency, 1, 0, valid_from FROM catalog_price": (
            psycopg.errors.ExclusionViolation
        ),
        "DELETE FROM orders_order": psycopg.errors.ForeignKeyViolation,
    }
    with psycopg.connect(other.url, autocommit=True) as owner:
        for statement, error in refusals.items():
            with pytest.raises(error):
                owner.execute(statement)
        (highest,) = owner.execute("SELECT max(id) FROM orders_order").fetchone() or (0,)
        sequence = "SELECT nextval(pg_get_serial_sequence('orders_order', 'id'))"
        assert owner.execute(sequence).fetchone() == (highest + 1,)
    with psycopg.connect(other.reader_url) as reader:
        assert reader.execute("SELECT count(*) FROM catalog_work").fetchone() == (1,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("SELECT FROM orders_order")


def test_a_copy_sends_no_mail_that_the_original_sends(
    edition: Edition, other: Database, tmp_path: Path
) -> None:
    call_command("backup", str(tmp_path / "kept"), verbosity=0)
    outcome = other.call("restore", str(tmp_path / "kept"), "--as-copy")
    assert outcome.returncode == 0, outcome.stderr
    assert "set EMAIL_URL to dummymail://" in outcome.stdout
    states = other.rows("SELECT DISTINCT task_name, status FROM procrastinate_jobs ORDER BY 1")
    assert ("orders.send_message", "cancelled") in states
    assert [task for task, state in states if state == "todo"] == ["bookstore.renew"]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) > 0 FROM procrastinate_jobs WHERE {WAITING_MAIL}")
        assert cursor.fetchone() == (True,)


def test_after_a_loss_no_mail_is_sent_that_left_since_the_backup(
    edition: Edition, other: Database, tmp_path: Path
) -> None:
    call_command("backup", str(tmp_path / "kept"), verbosity=0)
    outcome = other.call("restore", str(tmp_path / "kept"), "--as-original")
    assert "jobs that waited were canceled" in outcome.stdout
    states = other.rows("SELECT DISTINCT task_name, status FROM procrastinate_jobs")
    assert {state for task, state in states if task == "orders.send_message"} == {"cancelled"}
    assert {state for task, state in states if task != "orders.send_message"} == {"todo"}
    assert len(states) > 2  # what is not an e-mail goes on


def restored(other: Database, kept: Path) -> tuple[str, ...]:
    """A copy of the shop in `other`; the command that restored it."""
    default_storage.save("covers/emma.jpg", ContentFile(b"a picture"))
    call_command("backup", str(kept), verbosity=0)
    command = ("restore", str(only_backup(kept)), "--as-copy")
    assert other.call(*command).returncode == 0
    return command


def test_what_is_there_is_given_up_only_when_told_and_only_for_what_adds_up(
    edition: Edition, other: Database, tmp_path: Path
) -> None:
    first = restored(other, tmp_path / "kept")
    as_it_was = other.rows(ORDERS)

    refused = other.call(*first)
    assert refused.returncode == 1
    assert "The database is not empty." in refused.stderr

    make_order({edition: 1})
    Order.objects.filter(status="awaiting_payment").update(status="paid", paid_at=NOW)
    call_command("backup", str(tmp_path / "wrong"), verbosity=0)
    wrong = ("restore", str(tmp_path / "wrong"), "--as-copy", "--replace", "--no-input")
    with psycopg.connect(other.url):
        refused = other.call(*wrong, beside=1)
    assert "1 connections of the shop are open. Stop the roles" in refused.stderr
    refused = other.call(*wrong)
    assert refused.returncode == 1
    assert "Nothing was restored. The audit finds 2 things" in refused.stderr
    assert other.rows(ORDERS) == as_it_was
    with psycopg.connect(other.reader_url) as reader:
        reader.execute("SELECT FROM catalog_work")


def test_a_restored_shop_can_be_backed_up_and_restored_again(
    edition: Edition, other: Database, tmp_path: Path
) -> None:
    first = restored(other, tmp_path / "kept")
    as_it_was = other.rows(ORDERS)

    # What Redis remembers of the world before is stale afterwards.
    store.remember(HOME_PAGE, lambda: b"the old world", day="today")
    memory.rebuild()
    replaced = other.call(*first, "--replace", "--no-input")
    assert replaced.returncode == 0, replaced.stderr
    assert other.rows(ORDERS) == as_it_was
    assert store.remember(HOME_PAGE, lambda: b"the new world", day="today") == b"the new world"
    assert memory.is_built()

    # What was restored can be backed up and restored like any other.
    assert other.call("backup", str(tmp_path / "again")).returncode == 0
    again = other.call("restore", str(tmp_path / "again"), *first[2:], "--replace", "--no-input")
    assert again.returncode == 0, again.stderr
    assert other.rows(ORDERS) == as_it_was
