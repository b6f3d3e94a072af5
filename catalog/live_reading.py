"""What the live answers say of editions, works and contributors, out of the build that holds."""

import datetime
import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from caching import store
from caching.quotas import Quota
from catalog import live_build, live_records
from catalog.live_build import View
from catalog.live_records import WORK, EditionRecord, Record, WorkRecord
from catalog.models import Edition
from catalog.models.availability import StockLevel

MOST_BADGES = 100  # editions whose badges are asked for at once


@dataclass(frozen=True, slots=True)
class Card:
    """What a list shows of an edition."""

    isbn13: str
    work: int
    label: str
    detail: str

    @property
    def url(self) -> str:
        """Of the edition's page."""
        return Edition.address(self.isbn13, self.label, "")

    def as_json(self) -> dict[str, str]:
        """For a JSON answer."""
        return {
            "isbn13": self.isbn13, "label": self.label, "detail": self.detail, "url": self.url,
        }  # fmt: skip


@store.needs_redis
def stock_levels(
    numbers: Sequence[str], *, on: datetime.date, quota: Quota | None = None
) -> list[StockLevel]:
    """The levels of these editions on that day, in their order.

    Facts are kept, not levels: a badge turns on the day of publication without anybody writing.
    """
    found = _editions(numbers, quota)
    return [
        record.availability.level(number, on=on) if record else StockLevel(number, "unknown")
        for number, record in zip(numbers, found, strict=True)
    ]


@store.needs_redis
def cards(numbers: Sequence[str], *, quota: Quota | None = None) -> list[Card]:
    """Of those of these editions that are offered, what a list shows, in their order."""
    found = {
        number: record
        for number, record in zip(numbers, _editions(numbers, quota), strict=True)
        if record is not None
    }
    works = records({f"{WORK}{record.work}" for record in found.values()})
    shown = []
    for number, record in found.items():
        work = works.get(f"{WORK}{record.work}")
        if isinstance(work, WorkRecord):
            label = record.own_title or work.title
            shown.append(Card(number, record.work, label, work.byline))
    return shown


def records(tokens: Collection[str]) -> Mapping[str, Record]:
    """What is kept of works and contributors, as far as they are there, by token."""
    if not tokens:
        return {}
    changed: list[str] = []
    others: list[str] = []

    def ask(view: View, asking: Any) -> None:
        changed[:] = [token for token in tokens if token in view.changed]
        others[:] = [token for token in tokens if token not in view.changed]
        if changed:
            asking.hmget(view.key("works"), changed)
        if others:
            asking.hmget(view.key("targets"), map(live_records.field_of, others))

    answer = live_build.read(ask)
    if answer is None:
        return {}
    _view, replies = answer
    lines: dict[str, str | None] = {}
    if changed:
        new = zip(changed, replies.pop(0), strict=True)
        lines.update((token, line.decode() if line else None) for token, line in new)
    if others:
        old = zip(others, replies.pop(0), strict=True)
        lines.update((token, live_records.in_field(token, stored)) for token, stored in old)
    return {token: live_records.record_of(token, line) for token, line in lines.items() if line}


def _editions(numbers: Sequence[str], quota: Quota | None) -> list[EditionRecord | None]:
    def ask(view: View, asking: Any) -> None:
        buckets = [live_records.bucket_of(number, view.build.buckets) for number in numbers]
        asking.hmget(view.key("stock"), buckets)

    answer = live_build.read(ask, quota=quota) if numbers else None
    if answer is None:
        return [None] * len(numbers)
    _view, (buckets,) = answer
    lines = map(live_records.in_bucket, numbers, buckets)
    return [_read(line) if line else None for line in lines]


# The same few editions stand in every list, and a line says all that its record is made of.
_read = functools.lru_cache(maxsize=2_000)(EditionRecord.read)
