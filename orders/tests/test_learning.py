"""What orders say of books: sums, of several customers, and nothing of one."""

import datetime
from decimal import Decimal

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog import affinities, indexing, popularity, recommending
from catalog.models import BoughtTogether, Edition, SearchEntry, Work
from catalog.tests.back_office import stale_names
from catalog.tests.factories import EditionFactory, WorkFactory
from orders import jobs, learning
from orders.models import Order
from orders.tests.factories import NOW, gift_card_edition

pytestmark = pytest.mark.django_db


def book(title: str) -> Edition:
    return EditionFactory.create(work=WorkFactory.create(title=title))


def bought(*editions: Edition, by: str, days_ago: int = 0, status: str = "paid") -> Order:
    """An order of one copy each, placed so long before NOW; written without a checkout's care."""
    total = Decimal("9.99") * len(editions)
    dates = {"paid": "paid_at", "canceled": "canceled_at"}
    order = Order.objects.create(
        email=f"{by}@example.com",
        status=status,
        placed_at=NOW - datetime.timedelta(days=days_ago),
        payment_method="offline",
        currency="USD",
        subtotal_amount=total,
        shipping_amount=0,
        tax_amount=0,
        total_amount=total,
        **({dates[status]: NOW} if status in dates else {}),
    )
    for edition in editions:
        order.lines.create(
            edition=edition,
            isbn13=edition.isbn13,
            title=edition.display_title,
            format=edition.format,
            unit_amount=Decimal("9.99"),
            quantity=1,
            tax_amount=0,
            total_amount=Decimal("9.99"),
        )
    return order


def pairs() -> dict[tuple[str, str], float]:
    rows = BoughtTogether.objects.values_list("work__title", "other__title", "score")
    return {(work, other): round(score, 4) for work, other, score in rows}


@pytest.fixture
def shelf(db: None) -> dict[str, Edition]:
    return {title: book(title) for title in ("Tea", "Milk", "Salt", "Rare")}


def test_pairs_of_three_customers_and_no_fewer(shelf: dict[str, Edition]) -> None:
    tea, milk, salt, rare = shelf.values()
    for name in ("ann", "ben", "cyd"):
        bought(tea, milk, by=name)
    bought(salt, by="ann")
    bought(tea, salt, by="dee")
    bought(tea, salt, by="eve")
    for _again in range(5):  # one customer, however often, is no crowd
        bought(tea, rare, by="fay")
    assert learning.learn_pairs(at=NOW) == 2
    # Tea: six customers, milk: three; three of both. 3 / √18
    assert pairs() == {("Tea", "Milk"): 0.7071, ("Milk", "Tea"): 0.7071}


def test_one_customer_by_any_spelling_is_one(shelf: dict[str, Edition]) -> None:
    for name in ("ann", "Ann", "ANN"):
        bought(shelf["Tea"], shelf["Milk"], by=name)
    assert learning.learn_pairs(at=NOW) == 0


def test_what_everybody_buys_goes_less_with_each(shelf: dict[str, Edition]) -> None:
    tea, milk, salt, _rare = shelf.values()
    for number in range(3):
        bought(tea, milk, salt, by=f"all-{number}")
    for number in range(9):
        bought(salt, by=f"salt-{number}")
    learning.learn_pairs(at=NOW)
    assert pairs() == {
        ("Tea", "Milk"): 1.0, ("Milk", "Tea"): 1.0,
        ("Tea", "Salt"): 0.5, ("Salt", "Tea"): 0.5,
        ("Milk", "Salt"): 0.5, ("Salt", "Milk"): 0.5,
    }  # fmt: skip


def test_orders_that_do_not_count(shelf: dict[str, Edition]) -> None:
    tea, milk = shelf["Tea"], shelf["Milk"]
    card = gift_card_edition()
    for name in ("ann", "ben", "cyd"):
        bought(tea, milk, by=name, status="canceled")
        bought(tea, milk, by=name, status="awaiting_payment")
        bought(tea, milk, by=name, days_ago=800)
        bought(tea, card, by=name)
        bought(milk, by=name).lines.update(canceled_quantity=1)
    assert learning.learn_pairs(at=NOW) == 0


def test_a_schools_order_says_nothing_of_taste(
    shelf: dict[str, Edition], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "MOST_TITLES", 3)
    for name in ("ann", "ben", "cyd"):
        bought(*shelf.values(), by=name)
    assert learning.learn_pairs(at=NOW) == 0


def test_pairs_of_yesterday_are_forgotten(shelf: dict[str, Edition]) -> None:
    tea, milk = shelf["Tea"].work_id, shelf["Milk"].work_id
    affinities.bought_together([affinities.Pair(tea, milk, 0.9)])
    assert learning.learn_pairs(at=NOW) == 0
    assert pairs() == {}


def test_pairs_become_recommendations(shelf: dict[str, Edition]) -> None:
    for name in ("ann", "ben", "cyd"):
        bought(shelf["Tea"], shelf["Milk"], by=name)
    learning.learn_pairs(at=NOW)
    affinities.renew_all()
    (shown,) = recommending.beside([shelf["Tea"].work_id])
    assert (shown.card.title, shown.because) == ("Milk", "Often bought with “Tea”")


def test_popularity_halves_in_sixty_days(shelf: dict[str, Edition]) -> None:
    tea, milk, salt, _rare = shelf.values()
    bought(tea, by="ann")
    bought(tea, milk, by="ben", days_ago=60)
    bought(salt, by="cyd", days_ago=120)
    assert learning.learn_popularity(at=NOW) == 3
    found = dict(Work.objects.values_list("title", "popularity"))
    assert found == {"Tea": 15, "Milk": 5, "Salt": 3, "Rare": 0}


def test_popularity_adds_to_the_boost_and_leaves_what_stays(shelf: dict[str, Edition]) -> None:
    Work.objects.filter(title="Milk").update(boost=100, popularity=100)
    Work.objects.filter(title="Salt").update(boost=7, popularity=7)
    bought(shelf["Milk"], by="ann")
    assert learning.learn_popularity(at=NOW) == 1
    assert dict(Work.objects.values_list("title", "popularity")) == {
        "Tea": 0, "Milk": 110, "Salt": 7, "Rare": 0,
    }  # fmt: skip
    assert stale_names() == {"catalog"}
    assert learning.learn_popularity(at=NOW) == 0


def test_lists_and_suggestions_follow_without_writing_entries_anew(
    shelf: dict[str, Edition],
) -> None:
    works = [edition.work_id for edition in shelf.values()]
    indexing.works_changed(works)
    ProcrastinateJob.objects.all().delete()
    bought(shelf["Milk"], by="ann")
    learning.learn_popularity(at=NOW)
    keys = SearchEntry.objects.order_by("popularity_key").values_list("names", "popularity_key")
    assert [key for _names, key in keys] == [-10, 0, 0, 0]
    published = ProcrastinateJob.objects.get(task_name__startswith="catalog.")
    assert published.task_name == "catalog.publish_popularity"
    assert published.args == {"work_ids": [shelf["Milk"].work_id]}


def test_what_sells_no_more_falls_back(shelf: dict[str, Edition]) -> None:
    Work.objects.filter(title="Tea").update(boost=3, popularity=90)
    assert popularity.renew({}) == 1
    assert Work.objects.get(title="Tea").popularity == 3


def test_the_nightly_job(shelf: dict[str, Edition]) -> None:
    jobs.learn_from_sales(timestamp=0)
    assert (BoughtTogether.objects.count(), Work.objects.filter(popularity__gt=0).count()) == (0, 0)
