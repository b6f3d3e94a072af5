"""What the live answers are read from: stock levels and suggestions, kept in Redis.

The worker writes them from PostgreSQL whenever a transaction has changed them; the live role only
reads. All of it can be rebuilt at any time (`rebuild_live`), and is, when Redis comes back empty.

Keys: `live:stock` (hash: isbn13 → level), `live:suggest` (sorted set of entries, read by prefix),
`live:works` (hash: work id → its entries and numbers, to take them back), `live:built:2` (a mark).
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from caching import store
from catalog import trending
from catalog.folding import fold
from catalog.models import Edition, Work

STOCK = "live:stock"
SUGGEST = "live:suggest"
WORKS = "live:works"
BUILDING = "live:building"
BUILT = "live:built:2"  # another number with another layout: then all is written anew

FEW = 3  # copies; from here down the badge names the number
MOST_CANDIDATES = 200  # entries looked at for one prefix before the best are taken
MOST_CANDIDATES_OF_SHORT = 2000  # where the prefix is so short that it says little
SHORT = 2  # letters
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


def _encode_level(edition: Edition) -> str:
    # The publication date goes along: the badge turns on that day without anybody writing.
    date = edition.publication_date.isoformat() if edition.publication_date else ""
    quantity = "" if edition.is_digital else str(edition.available_quantity)
    return f"{quantity};{date}"


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
