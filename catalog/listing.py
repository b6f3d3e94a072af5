"""Lists of entries in an order, cut into pages by keys: a page costs the same however deep it is.

A key is what the last work of a page is sorted by. Where few match, they are all sorted; where many
do, the index that has the order is walked until a page is full (`WALKED` rows at most: where the
matches lie far from the beginning, any MOST_COUNTED of them are sorted instead).
"""

# ruff: noqa: S608 - names and numbers of our own; what visitors say are parameters

import base64
import binascii
import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.crypto import constant_time_compare, salted_hmac

from catalog import offer_codes, ways
from catalog.criteria import Criteria, Match, leading_offer
from catalog.entry_texts import title_key
from catalog.facets import MOST_COUNTED
from catalog.ways import Question

WALKED = 20_000  # entries looked at for a page
LONGEST_KEY = 400  # letters
SIGNATURE = 12  # hexadecimal digits
BEHIND = 10_000_000  # days: behind every real one

Key = tuple[int | str, ...]


class BadKey(ValueError):
    """What was given is no key of this list."""


@dataclass(frozen=True)
class Order:
    """Expressions on `entry` that works are sorted by, upward; the last is the work's id."""

    name: str
    columns: tuple[str, ...]
    can_walk: bool = True
    """Whether an index has the order."""
    walked_from: int | None = None
    """The first `newest_key` of the part that the index has in this order."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """The parameters of the expressions."""

    @property
    def walked(self) -> tuple[str, ...]:
        """The columns of the index."""
        return self.columns if self.walked_from is None else ("newest_key", "work_id")


BY_POPULARITY = Order("popularity", ("popularity_key", "title_key", "work_id"))
ORDERS = {
    "popularity": BY_POPULARITY,
    "title": Order("title", ("title_key", "work_id")),
    "newest": Order("newest", ("newest_key", "work_id")),
    "price": Order("price", ("price_key", "work_id")),
}


def by_price(criteria: Criteria) -> Order:
    """By the price of the fitting edition that stands for the work in the list."""
    offer = leading_offer(criteria)
    amount = f"({offer} >> {offer_codes.AMOUNT_AT}) & {offer_codes.NO_AMOUNT}"
    return Order("price", (amount, "work_id"), can_walk=False)


def newest_of(years: range) -> Order:
    """Newest first among works that have come out in these years, which are over.

    Those of which something newer has come out since stand behind the others: the index is walked
    from the end of the years, and not through all that is newer.
    """
    end = -datetime.date(years[-1], 12, 31).toordinal()
    key = f"(entry.newest_key + CASE WHEN entry.newest_key < {end} THEN {BEHIND} ELSE 0 END)"
    return Order("newest", (key, "work_id"), walked_from=end)


def by_relevance(wanted: Match) -> Order:
    """By where the words that are wanted stand, how close, and how well known the work is.

    The words in titles and names count most, and most of all a title that they are the whole of.
    """
    words = " ".join(wanted.words)
    told = {
        "head": replace(wanted, in_head=True, marks=()).tsquery,
        "plain": replace(wanted, in_head=False, marks=()).tsquery,
        "whole": words,
        "title": title_key(words),
    }
    in_head = "CASE WHEN entry.vector @@ %(head)s::tsquery THEN 2000 ELSE 0 END"
    score = (
        f"-(round({2000 if wanted.in_head else in_head}"
        " + CASE WHEN entry.title_key IN (%(title)s, %(whole)s) THEN 2000"
        " WHEN starts_with(entry.title_key, %(title)s) THEN 400 ELSE 0 END"
        " + 1000 * ts_rank(entry.head, %(plain)s::tsquery, 1)"
        " + 60 * ln(1 - entry.popularity_key)"
        f" + CASE WHEN entry.offers[1] < {offer_codes.IS_FORTHCOMING} THEN 40 ELSE 0 END"
        "))::int"
    )
    return Order("relevance", (score, "popularity_key", "work_id"), can_walk=False, told=told)


def read_key(text: str, *, order: str) -> Key:
    """The key that `write_key` made a text of. Raises BadKey for anything else."""
    payload, _, signature = text[:LONGEST_KEY].rpartition(".")
    if not constant_time_compare(signature, _signature(payload, order)):
        raise BadKey
    try:
        return tuple(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
    except (binascii.Error, ValueError) as error:
        raise BadKey from error


def write_key(key: Key, *, order: str) -> str:
    """A key as a part of an address; made by us, or it is refused."""
    plain = json.dumps(key, ensure_ascii=False, separators=(",", ":")).encode()
    payload = base64.urlsafe_b64encode(plain).decode().rstrip("=")
    return f"{payload}.{_signature(payload, order)}"


def _signature(payload: str, order: str) -> str:
    return salted_hmac(f"catalog.listing.{order}", payload).hexdigest()[:SIGNATURE]


@dataclass(frozen=True)
class Cut:
    """Which part of a list."""

    size: int
    skip: int = 0
    key: Key | None = None
    is_before: bool = False
    """Whether the part ends before the key, instead of beginning after it."""


def part(match: Match, order: Order, cut: Cut, *, has_more: bool) -> list[Key]:
    """The keys of a part of all that match; `has_more` says whether more than MOST_COUNTED do."""
    asked = part_of_many(match, order, cut) if has_more else [_part_of_few(match, order, cut)]
    found = ways.better(ways.answers(asked))
    return found[::-1] if cut.is_before else found


def part_of_many(match: Match, order: Order, cut: Cut) -> list[Question]:
    """What asks for the keys of a part of more than MOST_COUNTED; `ways.better` reads the answers.

    They come from the cut on, so backwards where the part ends before it.
    """
    sorting, walking = sorted_part(match, order, cut), _walked_part(match, order, cut)
    if walking is None:
        return [sorting]
    # Carried out only where few were found on the way: what the index of words is for.
    sorting = replace(sorting, plan="sorted" if match.is_told_by_entries else "")
    return ways.either(walking, sorting, enough=cut.size)


def _part_of_few(match: Match, order: Order, cut: Cut) -> Question:
    walking = None if match.tsquery else _walked_part(match, order, cut)
    return walking or sorted_part(match, order, cut)


def sorted_part(match: Match, order: Order, cut: Cut, *, places: str = "") -> Question:
    """What asks for the keys of a part of all that match, or of MOST_COUNTED of them.

    They come from the cut on, so backwards where the part ends before it. `places` asks for the
    `ctid`s of all that match, where the same statement has found them already.
    """
    matching = f"entry.ctid = ANY(ARRAY({places}))" if places else match.sql
    names = tuple(f"key_{place}" for place in range(len(order.columns)))
    columns = ", ".join(f"{_on_entry(c)} AS {n}" for c, n in zip(order.columns, names, strict=True))
    beyond, direction = _beyond(names, cut)
    sql = (
        f"SELECT {', '.join(names)} FROM (SELECT {columns} FROM catalog_searchentry AS entry"
        f" WHERE {matching} LIMIT {MOST_COUNTED}) AS found WHERE {beyond}"
        f" ORDER BY {', '.join(f'{name} {direction}' for name in names)}"
        f" LIMIT {cut.size} OFFSET %(skip)s"
    )
    told = {**match.told, **order.told, **_after(cut), "skip": cut.skip}
    return Question(sql, match.ways, told, plan="sorted" if match.leaves_one_way else "")


def _walked_part(match: Match, order: Order, cut: Cut) -> Question | None:
    """The keys of a part, found along the index; fewer than there are where they lie far off.

    None where it is not to be found there.
    """
    if not order.can_walk:
        return None
    names = tuple(f"entry.{column}" for column in order.walked)
    beyond, direction = _beyond(names, cut)
    if order.walked_from is not None:
        if cut.key and int(cut.key[0]) > 0:  # among those that stand behind
            return None
        beyond += f" AND entry.newest_key >= {order.walked_from}"
    inner = (
        f"SELECT * FROM catalog_searchentry AS entry WHERE entry.is_offered AND {beyond}"
        f" ORDER BY {', '.join(f'{name} {direction}' for name in names)} LIMIT {WALKED}"
    )
    sql = (
        f"SELECT {', '.join(names)} FROM ({inner}) AS entry WHERE {match.sql}"
        f" LIMIT {cut.size} OFFSET %(skip)s"
    )
    told = {**match.told, **_after(cut), "skip": cut.skip}
    return Question(sql, ways.IN_ORDER, told, plan="walked" if match.is_told_by_entries else "")


def _on_entry(column: str) -> str:
    return column if "(" in column else f"entry.{column}"


def _beyond(names: Sequence[str], cut: Cut) -> tuple[str, str]:
    """The condition that a row lies beyond the key, and the direction."""
    direction = "DESC" if cut.is_before else "ASC"
    if cut.key is None:
        return "TRUE", direction
    if len(cut.key) != len(names):
        raise BadKey
    places = ", ".join(f"%({name})s" for name in _after(cut))
    return f"({', '.join(names)}) {'<' if cut.is_before else '>'} ({places})", direction


def _after(cut: Cut) -> dict[str, int | str]:
    """The key as parameters."""
    return {f"after_{place}": value for place, value in enumerate(cut.key or ())}
