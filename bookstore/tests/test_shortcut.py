"""What is answered without Django's middleware: the same answers, and only while they hold."""

import gzip
import time
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import REGISTRY
from pytest_django import Settings

from bookstore.serving import shortcut
from bookstore.tests.front import FRAGMENT, LIVE, Answered, Shop
from caching import store, wire
from caching.kept import Kept
from catalog import live as catalog_live
from catalog import memory, suggesting
from catalog.models import Edition, Stock
from catalog.tests.factories import sku
from storefront.tests.shop import open_shop
from tests.races import at_once

pytestmark = pytest.mark.django_db
GZIP = {"HTTP_ACCEPT_ENCODING": "gzip"}
ADDRESSES = (
    "/", "/new/", "/new/feed.xml", "/subjects/", "/subjects/classics/", "/series/highbury/",
    "/imprints/harbour/", "/lists/favorites/", "/sitemap.xml", "/search/?q=emma",
)  # fmt: skip
"""One of each kind; a book's page is added, whose address has its title."""


def of_emma() -> str:
    return open_shop().get_absolute_url()


@pytest.mark.parametrize("headers", [{}, GZIP], ids=["plain", "gzip"])
def test_a_known_page_is_answered_as_django_answers(shop: Shop, headers: Mapping[str, str]) -> None:
    for address in (of_emma(), *ADDRESSES):
        short = shop.known(address, **headers)
        assert short.status == "200 OK"
        assert short.lasting == shop.ask(address, of=shop.django, **headers).lasting
        assert short.order.index("X-Accel-Expires") < short.order.index("Cache-Control")


@pytest.mark.parametrize("form", ['"%s"', 'W/"%s"', '"other", W/"%s"', "*", '"other"', "nonsense"])
@pytest.mark.parametrize("headers", [{}, GZIP], ids=["plain", "gzip"])
def test_a_browser_that_has_the_page_is_told_as_django_tells_it(
    shop: Shop, form: str, headers: Mapping[str, str]
) -> None:
    address = of_emma()
    tag = shop.known(address, **headers).headers["ETag"].strip('W/"')
    asking = {**headers, "HTTP_IF_NONE_MATCH": form.replace("%s", tag)}
    short = shop.ask(address, **asking)
    assert short.lasting == shop.ask(address, of=shop.django, **asking).lasting
    assert short.status == ("200 OK" if form in ('"other"', "nonsense") else "304 Not Modified")
    assert shop.asked_of_django == []


def test_it_costs_one_command_at_most_and_no_statement_and_is_counted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    monkeypatch.setattr(wire, "monotonic", lambda: now)  # no time passes, however slow this is
    address = of_emma()
    shop.known(address)
    commands = []
    for _turn in range(3):
        before = {name: counted(name) for name in COUNTED}
        with CaptureQueriesContext(connection) as statements:
            shop.ask(address)
        assert (shop.asked_of_django, len(statements)) == ([], 0)
        more = {name: counted(name) - before[name] for name in COUNTED}
        commands.append(more.pop("bookstore_request_redis_commands_total"))
        assert more == dict.fromkeys(more, 1)
    assert max(commands) <= 1
    assert commands[-1] == 0  # Redis would have said that something changed


def test_what_was_tried_in_vain_is_counted_with_the_request(shop: Shop) -> None:
    address = of_emma()
    spent = []
    for application in (shop.django, shop.application):
        shop.known(address)
        store.bump(["edition:9780306406157"])
        before = counted("bookstore_request_redis_commands_total")
        shop.ask(address, of=application)
        spent.append(counted("bookstore_request_redis_commands_total") - before)
    assert spent[1] == spent[0] + 1


COUNTED = (
    "bookstore_requests_total", "bookstore_request_seconds_count",
    "bookstore_request_redis_commands_total", "bookstore_cached_answers_total",
)  # fmt: skip


def counted(name: str) -> float:
    """How many are counted for books' pages."""
    metrics = {metric.name: metric for metric in REGISTRY.collect()}
    family = metrics[name.removesuffix("_total").removesuffix("_count")]
    of_books = ("/books/<str:number>/<slug:slug>/", "edition_page")
    return sum(
        sample.value
        for sample in family.samples
        if sample.name == name and not set(of_books).isdisjoint(sample.labels.values())
        and sample.labels.get("outcome") in (None, "hit")
    )  # fmt: skip


def test_what_was_changed_is_shown_at_once(shop: Shop) -> None:
    address = of_emma()
    shop.known(address)
    Edition.objects.filter(isbn13="9780306406157").update(pages=475)
    store.bump(["edition:9780306406157"])
    assert b"475" in shop.ask(address).body
    assert shop.asked_of_django == [address]
    assert b"475" in shop.known(address).body


def test_what_has_ended_or_is_of_yesterday_takes_the_long_way(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = of_emma()
    shop.known(address)
    tomorrow = time.time() + 24 * 3600
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    shop.ask(address)
    assert shop.asked_of_django == [address]


def test_what_is_soon_due_takes_the_long_way(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    address = of_emma()
    shop.known(address)
    monkeypatch.setattr(Kept, "is_due", lambda self, at, chance: chance > 0.999)
    shop.ask(address)
    assert shop.asked_of_django == [address]


@pytest.mark.parametrize(
    "unusual",
    [
        {"REQUEST_METHOD": "HEAD"}, {"HTTP_IF_MATCH": '"1"'}, {"HTTP_HOST": "localhost"},
        {"QUERY_STRING": "page=2"}, {"wsgi.url_scheme": "https"}, GZIP,
    ],
    ids=str,
)  # fmt: skip
def test_another_question_is_no_known_one(shop: Shop, unusual: dict[str, str]) -> None:
    address = of_emma()
    shop.known(address)
    short = shop.ask(address, **unusual)
    assert shop.asked_of_django == [address]
    assert short.lasting == shop.ask(address, of=shop.django, **unusual).lasting


def test_a_host_that_is_not_ours_is_refused(shop: Shop) -> None:
    address = of_emma()
    shop.known(address)
    assert shop.ask(address, HTTP_HOST="another.example").status == "400 Bad Request"


def test_without_redis_it_takes_the_long_way(shop: Shop, settings: Settings) -> None:
    address = of_emma()
    shop.known(address)
    nowhere = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": nowhere}
    assert shop.ask(address).status == "200 OK"
    assert shop.asked_of_django == [address]


def test_around_the_cache_it_takes_the_long_way(shop: Shop) -> None:
    address = of_emma()
    shop.known(address)
    with store.bypassed():
        shop.ask(address)
    assert shop.asked_of_django == [address]


def test_a_request_keeps_its_number_and_gets_one(shop: Shop) -> None:
    address = of_emma()
    shop.known(address)
    assert shop.ask(address, HTTP_X_REQUEST_ID="12345678").headers["X-Request-ID"] == "12345678"
    assert len(shop.ask(address, HTTP_X_REQUEST_ID="no <b>").headers["X-Request-ID"]) == 32
    assert shop.asked_of_django == []


def test_what_is_not_the_same_for_everyone_is_not_learnt(shop: Shop) -> None:
    address = of_emma()
    django = shop.django

    def with_a_cookie(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return django(environ, lambda status, headers, *rest: start_response(
            status, [*headers, ("Set-Cookie", "visitor=1")], *rest
        ))  # fmt: skip

    shop.django = with_a_cookie
    for _time in range(3):
        assert shop.ask(address).headers["Set-Cookie"] == "visitor=1"
    assert shop.asked_of_django == [address] * 3


def test_it_knows_only_so_many(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    address = of_emma()
    monkeypatch.setattr(shortcut, "MOST_KNOWN", 3)
    for page in (address, *ADDRESSES[:3]):
        shop.known(page)
    shop.ask(ADDRESSES[2])
    assert shop.asked_of_django == []
    shop.ask(address)
    assert shop.asked_of_django == [address]


@pytest.mark.parametrize("address", ["/", "/live/trending"])
@pytest.mark.parametrize("long", ["QUERY_STRING", "HTTP_X_FORWARDED_PROTO"])
def test_long_questions_are_not_remembered(shop: Shop, address: str, long: str) -> None:
    open_shop()
    for letters, times_asked in ((100, 1), (shortcut.LONGEST_KNOWN, 4)):
        shop.known(address)
        for _time in range(4):
            asked = shop.ask(address, **{long: "x" * letters})
            assert asked.status == "200 OK"
        expected = 0 if (address, long) == ("/live/trending", "QUERY_STRING") else times_asked
        assert len(shop.asked_of_django) == expected


# --- Views that answer alone --------------------------------------------------------------------

MANY = ",".join(map(sku, range(60)))


@pytest.mark.parametrize("headers", [{}, FRAGMENT, FRAGMENT | GZIP], ids=["json", "html", "gzip"])
@pytest.mark.parametrize("address", [*LIVE, "/live/suggest?q=austen", f"/live/stock?isbn13={MANY}"])
def test_a_live_answer_is_what_django_answers(
    live: Shop, address: str, headers: Mapping[str, str]
) -> None:
    made, again = (live.ask(address, **headers) for _time in range(2))
    assert live.asked_of_django == []
    long = live.ask(address, of=live.django, **headers)
    for short in (made, again):
        assert (short.status, sorted(short.headers)) == (long.status, sorted(long.headers))
        assert unpacked(short) == unpacked(long)
        assert short.headers["Cache-Control"] == "private, no-store"


def unpacked(answered: Answered) -> bytes:
    """The body; packed ones are padded at random."""
    is_packed = answered.headers.get("Content-Encoding") == "gzip"
    return gzip.decompress(answered.body) if is_packed else answered.body


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/live/stock?isbn13=1", "400 Bad Request"), ("/live/stock", "400 Bad Request"),
        ("/live/nothing", "404 Not Found"),
    ],
)  # fmt: skip
def test_a_live_refusal_is_what_django_answers(live: Shop, address: str, status: str) -> None:
    number = {"HTTP_X_REQUEST_ID": "12345678"}
    with time_machine.travel(timezone.now(), tick=False):  # one of them says when it ends
        short, long = live.ask(address, **number), live.ask(address, of=live.django, **number)
    assert short.status == status
    assert short.lasting == long.lasting


def test_what_fails_is_asked_of_django(live: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(prefix: str, **how: object) -> list[object]:
        raise ValueError(prefix)

    monkeypatch.setattr(suggesting, "suggest", fail)
    assert live.ask("/live/suggest?q=em").status == "500 Internal Server Error"
    assert live.asked_of_django == ["/live/suggest"]


def test_a_live_answer_is_counted_against_the_clients_quota(
    live: Shop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATE_LIMITS = True
    monkeypatch.setattr(catalog_live, "TIMES", 2)
    with time_machine.travel(timezone.now(), tick=False):  # all within one minute
        said = [live.ask(LIVE[0], REMOTE_ADDR="192.0.2.1").status for _time in range(3)]
    assert said == ["200 OK", "200 OK", "429 Too Many Requests"]


def test_a_new_stock_is_shown_at_once(live: Shop) -> None:
    assert b"In stock" not in live.ask(LIVE[1], **FRAGMENT).body
    Stock.objects.filter(edition__isbn13="9780306406157").update(on_hand=900)
    memory.publish_stock(["9780306406157"])
    assert b"In stock" in live.ask(LIVE[1], **FRAGMENT).body
    assert live.asked_of_django == []


def test_many_threads_ask_and_change_at_once(transactional_db: None, shop: Shop) -> None:
    addresses = (of_emma(), *ADDRESSES)

    def ask() -> None:
        for turn in range(40):
            address = addresses[turn % len(addresses)]
            assert shop.ask(address).status == "200 OK"
            if turn % 7 == 0:
                store.bump(["catalog", "edition:9780306406157"])

    assert at_once([ask] * 6) == [None] * 6
