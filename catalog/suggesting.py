"""Suggests what visitors may mean by what they have typed so far."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from caching import store
from caching.quotas import Quota
from catalog import live_build, live_reading, misspelling, suggestion_blocks
from catalog.folding import fold
from catalog.live_build import View
from catalog.live_records import KINDS, Suggestion
from catalog.misspelling import traces_of, typed_stem
from catalog.suggestion_blocks import (
    LONGEST_READY,
    MOST_BLOCKS,
    beginning_with,
    token_of,
    unpacked,
)

SHORT = 2  # letters, which say so little that more is looked at
MOST_CHANGED = 200  # phrases of what has changed since the build, the first by the alphabet
MOST_CHANGED_OF_SHORT = 1_000
MORE_BLOCKS = 8  # are looked through where something of the best is there no more
FEW = 3  # suggestions; where there are fewer, something may be mistyped
MOST_WORDS = 4  # of what was typed are looked at for that
TRIED = 3  # words that may be meant instead of each
COMPARED = 16  # of what begins with such a word


class Hit(NamedTuple):
    """What leads to a suggestion: its phrase, or what is shown of it, where that was kept ready."""

    phrase: str
    shown: str


Found = dict[str, Hit]
"""Hits by their ranks."""


@store.needs_redis
def suggest(prefix: str, *, limit: int, quota: Quota | None = None) -> list[Suggestion]:
    """At most `limit` suggestions for what was typed: beginnings of titles first, then the popular.

    Where very many begin alike, BEST of them at most. Where hardly anything begins so, what begins
    nearly so comes after it. An empty or unfoldable prefix suggests nothing.
    """
    folded = fold(prefix)
    if not folded:
        return []
    (found,) = _beginning_with([folded], quota=quota)
    ranks = suggestion_blocks.best(found, most=limit)
    if len(ranks) < min(FEW, limit):
        near = _nearly(folded)
        return _shown(suggestion_blocks.first([*ranks, *near], most=limit), near | found)
    return _shown(ranks, found)


def _shown(ranks: Sequence[str], found: Found) -> list[Suggestion]:
    """What these ranks lead to, in their order."""
    known = live_reading.records([token_of(rank) for rank in ranks if not found[rank].shown])
    shown = []
    for rank in ranks:
        token, hit = token_of(rank), found[rank]
        if hit.shown:
            label, detail, url = hit.shown.split("\t")
            shown.append(Suggestion(KINDS[token[0]], label, detail, url))
        elif record := known.get(token):
            shown.append(record.suggestion)
    return shown


# --- What begins nearly so ----------------------------------------------------------------------


def _nearly(typed: str) -> Found:
    """What was mistyped, perhaps: the nearest first, then as ever.

    Each word may be the mistyped one, so those before it are taken as they are.
    """
    prefixes = _prefixes_near(typed)
    if not prefixes:
        return {}
    most = misspelling.most_slips(typed)
    near: list[tuple[int, str, Hit]] = []
    for found in _beginning_with(prefixes):
        for rank in suggestion_blocks.best(found, most=COMPARED):
            hit = found[rank]
            phrase = hit.phrase or suggestion_blocks.phrase_of(hit.shown.partition("\t")[0], rank)
            distance = misspelling.slips_at_beginning(typed, phrase, most=most)
            if distance <= most:
                near.append((distance, rank, hit))
    return {rank: hit for _distance, rank, hit in sorted(near)}


def _prefixes_near(typed: str) -> list[str]:
    """What may have been meant up to the beginning of the mistyped word."""
    words = typed.split()[:MOST_WORDS]
    stems = {n: stem for n, word in enumerate(words) if (stem := typed_stem(word))}
    if not stems:
        return []
    buckets = {n: list(map(misspelling.bucket_of, traces_of(stem))) for n, stem in stems.items()}
    wanted = [bucket for of_stem in buckets.values() for bucket in of_stem]
    answer = live_build.read(lambda view, asking: asking.hmget(view.key("slips"), wanted))
    if answer is None:
        return []
    _view, (stored,) = answer
    kept = dict(zip(wanted, stored, strict=True))
    prefixes = []
    for n, stem in stems.items():
        of_stem = [kept[bucket] for bucket in buckets[n]]
        for near in misspelling.stems_near(stem, of_stem, most=TRIED):
            prefixes.append(" ".join([*words[:n], near]))
    return prefixes


# --- What begins so -----------------------------------------------------------------------------


def _beginning_with(
    prefixes: Sequence[str], *, most_blocks: int = MOST_BLOCKS, quota: Quota | None = None
) -> list[Found]:
    """What begins with each of these, the best of it where there is much."""

    def ask(view: View, asking: Any) -> None:
        for prefix in prefixes:
            blocks = _blocks(view, prefix, most_blocks)
            if blocks is None:
                asking.hget(view.key("best"), prefix)
            else:
                asking.hmget(view.key("blocks"), blocks or [-1])
            low, high = f"[{prefix}".encode(), f"[{prefix}".encode() + b"\xff"
            most = MOST_CHANGED_OF_SHORT if len(prefix) <= SHORT else MOST_CHANGED
            asking.zrangebylex(view.key("more"), low, high, start=0, num=most)

    answer = live_build.read(ask, quota=quota)
    if answer is None:
        return [{} for _prefix in prefixes]
    view, replies = answer
    found = []
    for place, prefix in enumerate(prefixes):
        stored, changed = replies[2 * place : 2 * place + 2]
        is_ready = _blocks(view, prefix, most_blocks) is None
        base = _ready(stored) if is_ready else _hits(beginning_with(prefix, stored))
        if view.changed:
            true = {rank: hit for rank, hit in base.items() if token_of(rank) not in view.changed}
            if is_ready and len(true) < len(base):
                # What would stand in the place of those that are gone is not among the best.
                (others,) = _beginning_with([prefix], most_blocks=MORE_BLOCKS)
                true = others | true
            base = true | _hits(line.decode() for line in changed)
        found.append(base)
    return found


def _blocks(view: View, prefix: str, most: int) -> list[int] | None:
    """The blocks to look through; None where the best are ready, because there are more."""
    blocks = suggestion_blocks.span(view.firsts, prefix)
    is_ready = most == MOST_BLOCKS and len(blocks) > most and len(prefix) <= LONGEST_READY
    return None if is_ready else list(blocks[:most])


def _ready(stored: bytes | None) -> Found:
    """What was kept ready."""
    lines = unpacked(stored).split("\n") if stored else []
    return {rank: Hit("", shown) for rank, _tab, shown in (line.partition("\t") for line in lines)}


def _hits(lines: Iterable[str]) -> Found:
    return {
        rank: Hit(phrase, "") for phrase, _tab, rank in (line.partition("\t") for line in lines)
    }
