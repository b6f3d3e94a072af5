"""The live answers about the catalogue, as JSON and as fragments."""

import datetime
import time
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from caching import store
from caching.measuring import spending
from caching.quotas import Quota
from caching.second import UNTIL, end_of_second
from catalog import live, live_reading, memory, suggesting
from catalog.models import Edition, Stock, Supply, Work
from catalog.tests.factories import EditionFactory, WorkFactory, sku

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def orlando(db: None) -> str:
    """The number of an edition of which five are in stock, published to Redis."""
    edition = EditionFactory.create(
        work=WorkFactory.create(title="Orlando", author="Virginia Woolf"), stock=5
    )
    memory.rebuild()
    return edition.isbn13


def test_suggestions(orlando: str, client: Client) -> None:
    response = client.get("/live/suggest", {"q": "orl"})
    assert response.json() == {
        "query": "orl",
        "suggestions": [
            {
                "kind": "work",
                "label": "Orlando",
                "detail": "Virginia Woolf",
                "url": f"/books/{orlando}/orlando/",
            }
        ],
    }
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    "asked", ["suggest?q=orl", "stock?isbn13={}", "cards?isbn13={}", "trending"]
)
def test_nginx_may_keep_an_answer_until_the_second_ends(
    asked: str, orlando: str, client: Client
) -> None:
    for headers in ({}, FRAGMENT):
        before = end_of_second(time.time())
        until = client.get(f"/live/{asked.format(orlando)}", headers=headers)[UNTIL]
        assert before <= until <= end_of_second(time.time())


def test_nginx_may_keep_no_refusal_and_no_visitor(
    orlando: str, client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert UNTIL not in client.get("/live/stock?isbn13=1")
    assert UNTIL not in client.get("/live/visitor")
    settings.RATE_LIMITS = True
    monkeypatch.setattr(live, "TIMES", 0)
    response = client.get("/live/suggest?q=orl")
    assert (response.status_code, UNTIL in response) == (429, False)


def test_suggestions_as_a_fragment(orlando: str, client: Client) -> None:
    body = client.get("/live/suggest", {"q": "orl"}, headers=FRAGMENT).content.decode()
    assert "Orlando" in body
    assert f"/books/{orlando}/orlando/" in body
    assert "<html" not in body


@pytest.mark.parametrize("q", ["x" * 50_000, "%00%ff", "‮", "🦄" * 100])  # noqa: PLE2502
def test_whatever_is_typed_is_answered(orlando: str, client: Client, q: str) -> None:
    response = client.get("/live/suggest", {"q": q})
    assert response.status_code == 200
    assert response.json()["suggestions"] == []


def test_bytes_that_are_no_text_are_answered(orlando: str, client: Client) -> None:
    assert client.get("/live/suggest?q=%ff%fe%00").status_code == 200


def test_stock(orlando: str, client: Client) -> None:
    response = client.get("/live/stock", {"isbn13": [orlando, sku(999)]})
    assert response.json()["items"] == [
        {
            "isbn13": orlando,
            "state": "in_stock",
            "quantity": 5,
            "date": None,
            "publication_date": None,
            "days": None,
            "label": "In stock",
        },
        {
            "isbn13": sku(999),
            "state": "unknown",
            "quantity": None,
            "date": None,
            "publication_date": None,
            "days": None,
            "label": "Checking stock …",
        },
    ]


def test_stock_as_a_fragment(orlando: str, client: Client) -> None:
    body = client.get("/live/stock", {"isbn13": orlando}, headers=FRAGMENT).content.decode()
    assert "In stock" in body
    assert f'id="stock-{orlando}"' in body


def test_programs_are_told_of_what_the_page_offers(orlando: str, client: Client) -> None:
    query = {"isbn13": f"{orlando},{sku(999)}", "offered": orlando}
    body = client.get("/live/stock", query, headers=FRAGMENT).content.decode()
    assert body.count("itemprop") == 1
    assert '<link itemprop="availability" href="https://schema.org/InStock">' in body
    assert f"isbn13={sku(999)}&amp;offered={orlando}&amp;waited=3" in body
    query["offered"] = '"><script>'
    assert "script" not in client.get("/live/stock", query, headers=FRAGMENT).content.decode()


@pytest.mark.parametrize("state", ["preorder", "to_order"])
def test_badges_of_what_is_not_there_yet(client: Client, db: None, state: str) -> None:
    day = timezone.localdate() + datetime.timedelta(days=30)
    edition = EditionFactory.create(publication_date=day if state == "preorder" else None)
    Supply.objects.create(edition=edition, accepts_preorders=True, accepts_backorders=True)
    memory.rebuild()
    (item,) = client.get("/live/stock", {"isbn13": edition.isbn13}).json()["items"]
    assert item["state"] == state
    assert (item["date"], item["days"]) == (
        (day.isoformat(), None) if state == "preorder" else (None, 14)
    )
    body = client.get("/live/stock", {"isbn13": edition.isbn13}, headers=FRAGMENT).content.decode()
    assert f'class="stock stock-{state}"' in body
    assert item["label"] in body


@pytest.mark.parametrize(
    ("waited", "wait"), [("", "3"), ("3", "10"), ("10", "30"), ("30", ""), ("x", "")]
)
def test_unknown_badges_ask_again_together_and_not_for_ever(
    orlando: str, client: Client, waited: str, wait: str
) -> None:
    numbers = [orlando, sku(998), sku(999)]
    query = {"isbn13": ",".join(numbers), "waited": waited}
    body = client.get("/live/stock", query, headers=FRAGMENT).content.decode()
    assert body.count("hx-get") == bool(wait)
    again = f'?isbn13={sku(998)},{sku(999)}&amp;waited={wait}" hx-trigger="load delay:{wait}s"'
    assert (again in body) == bool(wait)
    assert body.count("Ask us about stock") == (0 if wait else 2)


def test_what_has_hyphens_without_end_is_read_and_not_remembered(
    orlando: str, client: Client
) -> None:
    live._remembered.cache_clear()
    for number in (orlando, f"{orlando[:3]}-{orlando[3:]}", orlando.replace("0", "0" + "-" * 50)):
        (level,) = client.get("/live/stock", {"isbn13": number}).json()["items"]
        assert level["isbn13"] == orlando
    assert live._remembered.cache_info().currsize == 2


@pytest.mark.parametrize("query", ["", "isbn13=", "isbn13=abc", "isbn13=" + "1," * 101])
def test_bad_numbers_are_refused_and_named(client: Client, query: str) -> None:
    response = client.get(f"/live/stock?{query}")
    assert response.status_code == 400
    assert response.json()["detail"].startswith("isbn13: ")


def test_a_page_that_has_seen_it_is_told_that_nothing_has_changed(
    orlando: str, client: Client
) -> None:
    query = {"isbn13": orlando, "offered": orlando, "seen": ""}
    first = client.get("/live/stock", query, headers=FRAGMENT)
    query["seen"] = first["ETag"].strip('"')
    again = client.get("/live/stock", query, headers=FRAGMENT)
    assert (again.status_code, again.content) == (204, b"")
    Stock.objects.allocate_many({Stock.objects.get(): 4}, reference="ORDER")
    memory.publish_stock([orlando])
    changed = client.get("/live/stock", query, headers=FRAGMENT)
    assert "Only 1 left" in changed.content.decode()
    assert changed["ETag"] != first["ETag"]


def test_cards_of_editions_in_the_order_in_which_they_were_asked_for(
    orlando: str, client: Client
) -> None:
    german = EditionFactory.create(work=Work.objects.get(), title="Orlando & Co. <Roman>")
    memory.publish_works([german.work_id])
    query = {"isbn13": f"{german.isbn13},{sku(999)},{orlando}"}
    items = client.get("/live/cards", query).json()["items"]
    own = Edition.objects.get(isbn13=orlando)
    assert [tuple(item.values()) for item in items] == [
        (each.isbn13, label, "Virginia Woolf", each.get_absolute_url())
        for each, label in ((german, german.title), (own, "Orlando"))
    ]
    body = client.get("/live/cards", query, headers=FRAGMENT).content.decode()
    assert body.count("<li>") == 2
    assert "Orlando &amp; Co. &lt;Roman&gt;" in body
    assert "data-forget" in body
    query = {"isbn13": sku(999)}
    assert client.get("/live/cards", query, headers=FRAGMENT).content == b""
    assert client.get("/live/cards").status_code == 400


@pytest.mark.parametrize(
    "path", ["/live/suggest?q=orl", "/live/stock?isbn13={0}", "/live/cards?isbn13={0}"]
)
def test_what_is_too_much_for_one_address_is_refused(
    orlando: str, client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    assert client.get(path.format(orlando)).status_code == 200
    settings.RATE_LIMITS = True
    monkeypatch.setattr(live, "TIMES", 3)
    with time_machine.travel(timezone.now(), tick=False):  # all within one minute
        answers = [client.get(path.format(orlando)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3]["Retry-After"]) <= live.SECONDS
    assert "Ask again in" in answers[3].json()["detail"]
    settings.RATE_LIMITS = False
    assert client.get(path.format(orlando)).status_code == 200


def test_a_redis_that_refuses_to_count_answers_all_the_same(orlando: str) -> None:
    window = int(time.time()) // 10**9
    key = f"limit:live:client:{window}"
    store.client().set(key, "no number")  # so that it is refused, as when Redis is full
    found = suggesting.suggest("orl", limit=3, quota=Quota("live", 1, 10**9, "client"))
    assert [each.label for each in found] == ["Orlando"]
    assert store.client().get(key) == b"no number"


def test_badges_cost_one_trip_to_redis_and_suggestions_two_mistyped_or_not(orlando: str) -> None:
    quota = Quota("live", 9, 60, "client")  # counted on the way
    asked: list[Callable[[], object]] = [
        lambda: live_reading.stock_levels([orlando, sku(9)], on=timezone.localdate(), quota=quota),
        lambda: suggesting.suggest("", limit=8, quota=quota),
        lambda: suggesting.suggest("orlando", limit=8, quota=quota),
        lambda: suggesting.suggest("orlnado", limit=8, quota=quota),
        lambda: live_reading.cards([orlando], quota=quota),
    ]
    trips = []
    for ask in asked:
        ask()  # what this process does not know yet of the build, it asks for once
        with spending() as spent:
            ask()
        trips.append(spent.commands)
    assert trips == [1, 0, 2, 2, 2]


def test_without_redis_live_answers_stay_calm(client: Client, redis_gone: None) -> None:
    assert client.get("/live/suggest", {"q": "orl"}).json()["suggestions"] == []
    (item,) = client.get("/live/stock", {"isbn13": "2900000000018"}).json()["items"]
    assert item["state"] == "unknown"
    assert client.get("/live/cards", {"isbn13": "2900000000018"}).json()["items"] == []


def test_only_reading_is_possible(client: Client) -> None:
    assert client.post("/live/suggest").status_code == 405
    assert client.post("/live/stock").status_code == 405
