"""What the live answers are read from: stock levels and suggestions, kept in Redis.

The worker writes them from PostgreSQL whenever a transaction has changed them; the live role only
reads. All of it can be rebuilt at any time (`rebuild_live`), and is, when Redis comes back empty.

Keys: `live:stock` (hash: isbn13 → level), `live:suggest` (sorted set of entries, read by prefix),
`live:suggest:of` (hash: work id → its entries, to take them back), `live:built` (a mark).
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from caching import store
from catalog import trending
from catalog.folding import fold
from catalog.models import Edition, Work

STOCK = "live:stock"
SUGGEST = "live:suggest"
SUGGEST_OF = "live:suggest:of"
BUILT = "live:built"

FEW = 3  # copies; from here down the badge names the number
MOST_CANDIDATES = 200  # entries looked at for one prefix before the best are taken
BATCH = 1000


@dataclass(frozen=True)
class StockLevel:
    """What a badge says of an edition."""

    isbn13: str
    state: str
    """in_stock, few, out, digital, forthcoming, or unknown (nothing in memory yet)."""
    quantity: int | None = None
    """Copies that could still be promised; None where it does not matter."""

    @property
    def label(self) -> str:
        """The badge's words."""
        match self.state:
            case "in_stock":
                return _("In stock")
            case "few":
                return ngettext(
                    "Only %(count)d left", "Only %(count)d left", self.quantity or 0
                ) % {"count": self.quantity or 0}
            case "out":
                return _("Out of stock")
            case "digital":
                return _("Sent by e-mail")
            case "forthcoming":
                return _("Not yet published")
            case _:
                return _("Checking stock …")


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
    editions = Edition.objects.offered().filter(isbn13__in=numbers).with_available()
    levels = {edition.isbn13: _encode_level(edition) for edition in editions}
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
    """Write the suggestions and stock levels of these works; forget works that are gone."""
    works = Work.objects.offered().filter(pk__in=work_ids).for_cards()
    entries = {work.pk: sorted(_entries(work)) for work in works}
    client = store.client()
    ids = list(work_ids)
    old_entries = client.hmget(SUGGEST_OF, [str(pk) for pk in ids]) if ids else []
    pipeline = client.pipeline()
    for pk, old in zip(ids, old_entries, strict=True):
        if old:
            pipeline.zrem(SUGGEST, *json.loads(old))
        pipeline.hdel(SUGGEST_OF, str(pk))
    trending.write_cards(pipeline, works)
    for pk, members in entries.items():
        pipeline.zadd(SUGGEST, dict.fromkeys(members, 0))
        pipeline.hset(SUGGEST_OF, str(pk), json.dumps(members))
    pipeline.execute()
    numbers = Edition.objects.filter(work__in=ids).values_list("isbn13", flat=True)
    publish_stock(list(numbers))


@store.needs_redis
def rebuild() -> int:
    """Write everything anew, and return how many works that were."""
    store.client().delete(STOCK, SUGGEST, SUGGEST_OF, trending.CARDS)
    ids = list(Work.objects.offered().order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        publish_works(ids[start : start + BATCH])
    store.client().set(BUILT, "1")
    return len(ids)


@store.needs_redis
def is_built() -> bool:
    """Whether the memory was filled since Redis started empty."""
    return bool(store.client().exists(BUILT))


def _encode_level(edition: Edition) -> str:
    # The publication date goes along: the badge turns on that day without anybody writing.
    date = edition.publication_date.isoformat() if edition.publication_date else ""
    quantity = "" if edition.is_digital else str(edition.available_quantity)
    return f"{quantity};{date}"


def _entries(work: Work) -> Iterable[str]:
    """One entry for every word of the title and names that typing may begin with."""
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
    yield from _from_every_word(work.title, rank, about_work)
    for contribution in work.authors:
        contributor = contribution.contributor
        about = {
            "kind": "contributor",
            "label": contributor.name,
            "detail": "",
            "url": contributor.get_absolute_url(),
        }
        yield from _from_every_word(contributor.name, rank, about)


def _from_every_word(text: str, rank: str, about: dict[str, str]) -> Iterable[str]:
    words = fold(text).split()
    payload = json.dumps(about, ensure_ascii=False, sort_keys=True)
    for place in range(len(words)):
        yield f"{' '.join(words[place:])}\x00{place:02}{rank}\x00{payload}"


# --- Reading ------------------------------------------------------------------------------------


@store.needs_redis
def stock_levels(numbers: Collection[str], *, today: str) -> list[StockLevel]:
    """The levels of these editions, in their order; `today` as an ISO date."""
    stored = store.client().hmget(STOCK, list(numbers)) if numbers else []
    return [
        _decode_level(number, value, today) for number, value in zip(numbers, stored, strict=True)
    ]


def _decode_level(number: str, value: bytes | None, today: str) -> StockLevel:
    if value is None:
        return StockLevel(number, "unknown")
    quantity_text, date = value.decode().split(";")
    if date > today:
        return StockLevel(number, "forthcoming")
    if not quantity_text:
        return StockLevel(number, "digital")
    quantity = int(quantity_text)
    if quantity <= 0:
        return StockLevel(number, "out", 0)
    return StockLevel(number, "few" if quantity <= FEW else "in_stock", quantity)


@store.needs_redis
def suggest(prefix: str, *, limit: int) -> list[Suggestion]:
    """At most `limit` suggestions for what was typed: beginnings of titles first, then the popular.

    An empty or unfoldable prefix suggests nothing.
    """
    folded = fold(prefix)
    if not folded:
        return []
    low, high = f"[{folded}".encode(), f"[{folded}".encode() + b"\xff"
    entries = store.client().zrangebylex(SUGGEST, low, high, start=0, num=MOST_CANDIDATES)
    ranked = sorted(tuple(entry.decode().split("\x00")[1:]) for entry in entries)
    payloads = dict.fromkeys(payload for _rank, payload in ranked)  # a title may begin twice
    found: list[dict[str, Any]] = [json.loads(payload) for payload in payloads]
    return [Suggestion(**about) for about in found[:limit]]


def as_json(suggestions: Iterable[Suggestion]) -> list[dict[str, str]]:
    """For a JSON answer."""
    return [asdict(suggestion) for suggestion in suggestions]
