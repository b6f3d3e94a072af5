"""What the live answers are read from: stock levels and suggestions, kept in Redis.

The worker writes them from PostgreSQL whenever a transaction has changed them; the live role only
reads. All of it can be rebuilt at any time (`rebuild_live`), and is, when Redis comes back empty.

Keys: `live:stock:2` (hash: isbn13 → facts), `live:suggest` (sorted set of entries, read by prefix),
`live:works` (hash: work id → its entries and numbers, to take them back), `live:built:3` (a mark).
"""

import datetime
import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass

from caching import store
from catalog import trending
from catalog.folding import fold
from catalog.models import Edition, Work
from catalog.models.availability import Availability, StockLevel

STOCK = "live:stock:2"
SUGGEST = "live:suggest"
WORKS = "live:works"
BUILDING = "live:building"
BUILT = "live:built:3"  # another number with another layout: then all is written anew

MOST_CANDIDATES = 200  # entries looked at for one prefix before the best are taken
MOST_CANDIDATES_OF_SHORT = 2000  # where the prefix is so short that it says little
SHORT = 2  # letters
BATCH = 1000
STOCK_BEFORE = "live:stock"  # what processes of the release before still read
A_DAY = 24 * 3600  # seconds; no two releases run beside each other for longer


@dataclass(frozen=True)
class Suggestion:
    """Something that a visitor may mean by what they have typed."""

    kind: str
    """work or contributor."""
    label: str
    detail: str
    url: str


# --- Writing ------------------------------------------------------------------------------------


@store.needs_redis
def publish_stock(numbers: Collection[str]) -> None:
    """Write the stock levels of these editions; forget those of editions that are not offered."""
    editions = Edition.objects.offered().filter(isbn13__in=numbers).with_availability()
    levels = {edition.isbn13: _encode(edition.availability) for edition in editions}
    gone = [number for number in numbers if number not in levels]
    pipeline = store.client().pipeline()
    if levels:
        pipeline.hset(STOCK, mapping=levels)
    if gone:
        pipeline.hdel(STOCK, *gone)
        pipeline.hdel(trending.CARDS, *gone)
    pipeline.execute()


@store.needs_redis
def publish_works(work_ids: Collection[int]) -> None:
    """Write the suggestions and stock levels of these works; forget works that are gone.

    What a work had is kept beside it, because an edition that was deleted since cannot tell.
    """
    works = Work.objects.offered().filter(pk__in=work_ids).for_cards()
    client = store.client()
    ids = list(work_ids)
    stored = client.hmget(WORKS, ids) if ids else []
    olds = [json.loads(old) for old in stored if old]
    pipeline = client.pipeline()
    for old in olds:
        pipeline.zrem(SUGGEST, *old["entries"])
    if ids:
        pipeline.hdel(WORKS, *ids)
    trending.write_cards(pipeline, works)
    for work in works:
        entries = sorted(_entries(work))
        numbers = [edition.isbn13 for edition in work.editions.all()]
        pipeline.zadd(SUGGEST, dict.fromkeys(entries, 0))
        pipeline.hset(WORKS, str(work.pk), json.dumps({"entries": entries, "numbers": numbers}))
    pipeline.execute()
    had = {number for old in olds for number in old["numbers"]}
    has = Edition.objects.filter(work__in=ids).values_list("isbn13", flat=True)
    publish_stock(sorted(had | set(has)))


@store.needs_redis
def rebuild() -> int:
    """Write everything anew, and return how many works that were.

    Raises store.Unavailable, too, when Redis was emptied meanwhile: the mark that says "built" is
    there from the beginning under another name, so it is lost with what was written before.
    """
    client = store.client()
    client.delete(BUILT, STOCK, SUGGEST, WORKS, trending.CARDS)
    client.expire(STOCK_BEFORE, A_DAY)
    client.set(BUILDING, "1")
    ids = list(Work.objects.offered().order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        publish_works(ids[start : start + BATCH])
    client.rename(BUILDING, BUILT)
    return len(ids)


@store.needs_redis
def is_built() -> bool:
    """Whether the memory was filled since Redis started empty."""
    return bool(store.client().exists(BUILT))


def _encode(facts: Availability) -> str:
    """Only what is said, because there is one for every edition."""
    said = {
        name: value
        for name, value in asdict(facts).items()
        if value is not None and value is not False
    }
    return json.dumps(said, default=str)


def _decode(value: bytes) -> Availability:
    said = json.loads(value)
    dates = {
        name: datetime.date.fromisoformat(said[name])
        for name in ("publication_date", "preorder_date")
        if name in said
    }
    return Availability(**{"free": None, **said, **dates})


def _entries(work: Work) -> Iterable[str]:
    """One entry for every word of the title and names that typing may begin with.

    The work's id ends each: an author's entry stays when another work of theirs goes.
    """
    edition = work.lead_edition
    if edition is None:
        return
    rank = f"{999_999_999 - min(work.popularity, 999_999_999):09}"
    about_work = {
        "kind": "work",
        "label": work.title,
        "detail": work.byline,
        "url": edition.get_absolute_url(),
    }
    yield from _from_every_word(work.title, rank, about_work, work.pk)
    for contribution in work.authors:
        contributor = contribution.contributor
        about = {
            "kind": "contributor",
            "label": contributor.name,
            "detail": "",
            "url": contributor.get_absolute_url(),
        }
        yield from _from_every_word(contributor.name, rank, about, work.pk)


def _from_every_word(text: str, rank: str, about: dict[str, str], work_id: int) -> Iterable[str]:
    words = fold(text).split()
    payload = json.dumps(about, ensure_ascii=False, sort_keys=True)
    for place in range(len(words)):
        yield f"{' '.join(words[place:])}\x00{place:02}{rank}\x00{payload}\x00{work_id}"


# --- Reading ------------------------------------------------------------------------------------


@store.needs_redis
def stock_levels(numbers: Collection[str], *, on: datetime.date) -> list[StockLevel]:
    """The levels of these editions on that day, in their order.

    Facts are kept, not levels: a badge turns on the day of publication without anybody writing.
    """
    stored = store.client().hmget(STOCK, list(numbers)) if numbers else []
    return [
        _decode(value).level(number, on=on) if value else StockLevel(number, "unknown")
        for number, value in zip(numbers, stored, strict=True)
    ]


@store.needs_redis
def suggest(prefix: str, *, limit: int) -> list[Suggestion]:
    """At most `limit` suggestions for what was typed: beginnings of titles first, then the popular.

    They are chosen among the first MOST_CANDIDATES entries by the alphabet, which is all of them
    but for the shortest prefixes. An empty or unfoldable prefix suggests nothing.
    """
    folded = fold(prefix)
    if not folded:
        return []
    low, high = f"[{folded}".encode(), f"[{folded}".encode() + b"\xff"
    most = MOST_CANDIDATES_OF_SHORT if len(folded) <= SHORT else MOST_CANDIDATES
    entries = store.client().zrangebylex(SUGGEST, low, high, start=0, num=most)
    ranked = sorted(entry.decode().split("\x00")[1:3] for entry in entries)
    payloads = list(dict.fromkeys(payload for _rank, payload in ranked))  # many works, one author
    return [Suggestion(**json.loads(payload)) for payload in payloads[:limit]]


def as_json(suggestions: Iterable[Suggestion]) -> list[dict[str, str]]:
    """For a JSON answer."""
    return [asdict(suggestion) for suggestion in suggestions]
