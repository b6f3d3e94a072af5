"""What is answered without Django's middleware: the same answers, and only while they hold."""

import datetime
import gzip
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import REGISTRY
from pytest_django import Settings

from bookstore.serving import repeating, shortcut
from bookstore.serving.shortcut import ShortWay
from caching import store
from caching.away import LeftAlone, Pool
from caching.kept import Kept
from caching.measuring import spending
from catalog import live as catalog_live
from catalog import memory, suggesting
from catalog.models import Edition, Stock, Work
from catalog.tests.factories import sku
from storefront.tests.shop import open_shop
from tests.races import at_once

pytestmark = pytest.mark.django_db
GZIP = {"HTTP_ACCEPT_ENCODING": "gzip"}
OF_THE_MOMENT = {"X-Request-ID", "X-Accel-Expires"}
ADDRESSES = (
    "/", "/new/", "/new/feed.xml", "/subjects/", "/subjects/classics/", "/series/highbury/",
    "/imprints/harbour/", "/lists/favorites/", "/sitemap.xml", "/search/?q=emma",
)  # fmt: skip
"""One of each kind; a book's page is added, whose address has its title."""


class Answered:
    """What a WSGI application said."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = "", dict[str, str](), b""

    def start(self, status: str, headers: list[tuple[str, str]], *rest: Any) -> None:
        """What the application calls."""
        self.status, self.headers = status, dict(headers)
        self.order = [name for name, _value in headers]

    @property
    def lasting(self) -> tuple[str, dict[str, str], bytes]:
        """All but what is another each time."""
        headers = {n: value for n, value in self.headers.items() if n not in OF_THE_MOMENT}
        return self.status, headers, self.body


class Shop:
    """The application in front of Django, which notes what Django was asked."""

    def __init__(self) -> None:
        self.django: Callable[..., Iterable[bytes]] = get_wsgi_application()
        self.asked_of_django: list[str] = []
        self.application = ShortWay(self._noted)

    def _noted(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.asked_of_django.append(environ["PATH_INFO"])
        return self.django(environ, start_response)

    def ask(self, address: str, *, of: Any = None, **headers: str) -> Answered:
        """GET the address, of the application or of another one."""
        path, _, query = address.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "",
            "SERVER_NAME": "testserver", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "testserver", "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(), "wsgi.errors": sys.stderr, **headers,
        }  # fmt: skip
        answered = Answered()
        response = (of or self.application)(environ, answered.start)
        answered.body = b"".join(response)
        if hasattr(response, "close"):
            response.close()
        return answered

    def known(self, address: str, **headers: str) -> Answered:
        """What the application says to an address once it has learnt it."""
        for _time in range(3):  # computed; filed, if typed by a visitor; read
            self.ask(address, **headers)
        self.asked_of_django.clear()
        answered = self.ask(address, **headers)
        assert self.asked_of_django == []
        return answered


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop, which leaves the connection of the test open, as Django's test client does."""
    monkeypatch.setattr(BaseDatabaseWrapper, "close_if_unusable_or_obsolete", lambda self: None)
    return Shop()


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


def test_it_costs_one_command_and_no_statement_and_is_counted(shop: Shop) -> None:
    address = of_emma()
    shop.known(address)
    before = {name: counted(name) for name in COUNTED}
    with CaptureQueriesContext(connection) as statements:
        shop.ask(address)
    assert (shop.asked_of_django, len(statements)) == ([], 0)
    assert {name: counted(name) - before[name] for name in COUNTED} == dict.fromkeys(COUNTED, 1)


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

FRAGMENT = {"HTTP_HX_REQUEST": "true"}
LIVE = (
    "/live/suggest?q=em", "/live/stock?isbn13=9780306406157", "/live/cards?isbn13=9780306406157",
    "/live/trending", "/live/visitor",
)  # fmt: skip


MANY = ",".join(map(sku, range(60)))


@pytest.fixture
def live(shop: Shop) -> Shop:
    """A shop with live answers, of whose addresses each was asked for once."""
    open_shop()
    memory.rebuild()
    for address in LIVE:
        shop.ask(address)
    shop.asked_of_django.clear()
    return shop


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
    short = live.ask(address, **number)
    assert short.status == status
    assert short.lasting == live.ask(address, of=live.django, **number).lasting


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
    said = [live.ask("/live/suggest?q=em", REMOTE_ADDR="192.0.2.1").status for _time in range(3)]
    assert said == ["200 OK", "200 OK", "429 Too Many Requests"]


def test_a_new_stock_is_shown_at_once(live: Shop) -> None:
    assert b"In stock" not in live.ask(LIVE[1], **FRAGMENT).body
    Stock.objects.filter(edition__isbn13="9780306406157").update(on_hand=900)
    memory.publish_stock(["9780306406157"])
    assert b"In stock" in live.ask(LIVE[1], **FRAGMENT).body
    assert live.asked_of_django == []


# --- Answers that are given again while Redis says the same ------------------------------------

REPEATED = ("/live/suggest?q=em", "/live/suggest?q=emam", LIVE[1], f"{LIVE[1]}&seen=x", LIVE[2])
KINDS = [(address, headers) for address in REPEATED for headers in ({}, FRAGMENT)]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which views were asked, after what they need of the build that holds is known."""
    asked: list[str] = []
    own = shortcut._view_alone

    def note(view: Any, environ: dict[str, Any]) -> Any:
        asked.append(environ["PATH_INFO"])
        return own(view, environ)

    monkeypatch.setattr(shortcut, "_view_alone", note)
    return asked


def said(live: Shop, **headers: str) -> list[Any]:
    """What is answered to all of them."""
    return [live.ask(address, **own, **headers).lasting for address, own in KINDS]


def test_the_same_again_is_not_made_anew_and_costs_one_command(live: Shop, made: list[str]) -> None:
    said(live)  # the first time some of it has to be asked for that is remembered of a build
    before = said(live)
    made.clear()
    for (address, headers), expected in zip(KINDS, before, strict=True):
        with spending() as spent:
            assert live.ask(address, **headers).lasting == expected
        assert spent.commands == 1
    assert made == []
    assert live.ask("/live/trending").status == "200 OK"
    assert live.ask("/live/visitor").status == "200 OK"
    assert made == ["/live/trending", "/live/visitor"]  # where other words count, too


def test_each_is_given_with_a_number_and_an_end_of_its_own(live: Shop) -> None:
    first, second = (live.ask(REPEATED[0], HTTP_X_REQUEST_ID=f"number-{n}-") for n in (1, 2))
    assert (first.headers["X-Request-ID"], second.headers["X-Request-ID"]) == (
        "number-1-", "number-2-"
    )  # fmt: skip
    assert second.order.count("X-Request-ID") == second.order.count("X-Accel-Expires") == 1
    time.sleep(1)
    third = live.ask(REPEATED[0])
    assert int(third.headers["X-Accel-Expires"][1:]) > int(first.headers["X-Accel-Expires"][1:])


def sell() -> None:
    Stock.objects.filter(edition__isbn13="9780306406157").update(on_hand=900)
    memory.publish_stock(["9780306406157"])


def retitle() -> None:
    edition = Edition.objects.get(isbn13="9780306406157")
    Edition.objects.update(title="")
    Work.objects.filter(pk=edition.work_id).update(title="Emma, a novel")
    memory.publish_works([edition.work_id])


def retitle_and_rebuild() -> None:
    Work.objects.update(title="Emma, again")
    memory.rebuild()


def withdraw() -> None:
    Edition.objects.update(is_offered=False)
    memory.publish_works(list(Work.objects.values_list("pk", flat=True)))
    memory.publish_stock(["9780306406157"])


def empty_redis() -> None:
    store.client().flushdb()


@pytest.mark.parametrize("change", [sell, retitle, retitle_and_rebuild, withdraw, empty_redis])
def test_nothing_is_given_again_that_a_change_has_made_old(
    live: Shop, change: Callable[[], None]
) -> None:
    said(live)
    before = said(live)
    change()
    after = said(live)
    live.application = ShortWay(live._noted)  # which has made nothing yet
    said(live)
    assert after == said(live)
    assert after != before


def test_a_badge_turns_on_the_day_of_publication(
    live: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = timezone.localdate()
    tomorrow = today + datetime.timedelta(days=1)
    Edition.objects.filter(isbn13="9780306406157").update(publication_date=tomorrow)
    sell()
    said_then = []
    for day in (today, today, tomorrow, tomorrow):
        monkeypatch.setattr(timezone, "localdate", lambda day=day: day)
        said_then.append(json.loads(live.ask(LIVE[1]).body)["items"][0]["state"])
    assert said_then[0] == said_then[1] != said_then[2] == said_then[3] == "in_stock"


def test_what_is_repeated_counts_against_the_clients_quota(
    live: Shop, made: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.ask(REPEATED[0])
    live.ask(REPEATED[0])
    made.clear()
    settings.RATE_LIMITS = True
    monkeypatch.setattr(catalog_live, "TIMES", 2)
    said = [live.ask(REPEATED[0], REMOTE_ADDR="192.0.2.1").status for _time in range(3)]
    assert said == ["200 OK", "200 OK", "429 Too Many Requests"]
    assert made == ["/live/suggest"]  # who refused, and is not kept
    assert live.ask(REPEATED[0], REMOTE_ADDR="192.0.2.2").status == "200 OK"


def test_an_answer_to_half_of_what_was_asked_is_not_kept(
    live: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is shown of the suggestions is asked for in a second trip; a moment later it comes."""
    live.ask(REPEATED[0])
    live.application = ShortWay(live._noted)
    live.ask("/live/suggest?q=")
    exchange, trips = Pool.exchange, 0

    def break_the_second(pool: Pool, question: bytes, replies: int) -> list[Any]:
        nonlocal trips
        trips += 1
        if trips == 2:
            raise LeftAlone("It did not answer a moment ago.")
        return exchange(pool, question, replies)

    with monkeypatch.context() as patched:
        patched.setattr(Pool, "exchange", break_the_second)
        assert json.loads(live.ask(REPEATED[0]).body)["suggestions"] == []
    assert trips == 2
    assert json.loads(live.ask(REPEATED[0]).body)["suggestions"] != []


def test_what_is_kept_is_bounded(live: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeating, "MOST_KEPT", 3)
    for number in range(5):
        for _time in range(2):
            live.ask(f"/live/suggest?q=em&visitor={number}")
    kept = live.application._repeats._made
    assert len(kept) == 3
    kept.clear()
    live.ask(f"/live/suggest?q=em&visitor={'x' * repeating.LARGEST_KEPT}")
    assert not kept


def test_many_threads_ask_and_change_at_once(transactional_db: None, shop: Shop) -> None:
    addresses = (of_emma(), *ADDRESSES)

    def ask() -> None:
        for turn in range(40):
            address = addresses[turn % len(addresses)]
            assert shop.ask(address).status == "200 OK"
            if turn % 7 == 0:
                store.bump(["catalog", "edition:9780306406157"])

    assert at_once([ask] * 6) == [None] * 6
