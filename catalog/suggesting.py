"""Suggests what visitors may mean by what they have typed so far."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from caching import store
from caching.quotas import Quota
from catalog import live_build, live_reading, misspelling, suggestion_blocks
from catalog.folding import fold
from catalog.live_build import View
from catalog.live_records import KINDS, Suggestion
from catalog.misspelling import typed_stem
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

    @property
    def label(self) -> str:
        """What is shown first."""
        return self.shown.partition("\t")[0]


Found = dict[str, Hit]
"""Hits by their ranks."""


class Near(NamedTuple):
    """What may have been meant, up to the beginning of the mistyped word."""

    prefix: str
    is_all: bool
    """Whether it stands for all that was typed, and so is one slip from that."""


@store.needs_redis
def suggest(prefix: str, *, limit: int, quota: Quota | None = None) -> list[Suggestion]:
    """At most `limit` suggestions for what was typed: beginnings of titles first, then the popular.

    Where very many begin alike, BEST of them at most. Where hardly anything begins so, what begins
    nearly so comes after it. An empty or unfoldable prefix suggests nothing.
    """
    folded = fold(prefix)
    if not folded:
        return []
    meant = _meant_for_certain(folded)
    found, *begun = _beginning_with([folded, *_prefixes(meant or [])], quota=quota)
    ranks = suggestion_blocks.best(found, most=limit)
    if len(ranks) >= min(FEW, limit):
        return _shown(ranks, found)
    if meant is None:
        meant = _meant(folded)
        begun = _beginning_with(_prefixes(meant)) if meant else []
    near = _nearest(folded, zip(meant, begun, strict=True))
    return _shown(suggestion_blocks.first([*ranks, *near], most=limit), near | found)


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


def _meant_for_certain(typed: str) -> list[Near] | None:
    """What was mistyped, where this process knows that fewer than FEW begin so; else None.

    That may be asked for together with what was typed. Should another build hold by now, that is
    asked for in vain at worst.
    """
    view = live_build.remembered()
    if view is None or _blocks(view, typed, MOST_BLOCKS) is None:
        return None
    stems = _stems(typed).values()
    is_certain = any(_count(stem, view.slips) < FEW for stem in stems)
    return _near(typed, view) if is_certain and view.slips.keys() >= _buckets(stems) else None


def _count(stem: str, slips: Mapping[str, bytes | None]) -> int:
    """How many begin so; FEW at least where that is not known."""
    bucket = misspelling.buckets_of(stem)[0]
    return misspelling.count_of(stem, slips[bucket]) if bucket in slips else FEW


def _meant(typed: str) -> list[Near]:
    """What was mistyped, perhaps. Each word may be that, so those before it are taken as they are.

    What this process has not looked up yet is asked for.
    """
    buckets = _buckets(_stems(typed).values())
    view = live_build.remembered()
    if view is None or not view.slips.keys() >= buckets:
        missing: list[str] = []

        def ask(view: View, asking: Any) -> None:
            missing[:] = buckets - view.slips.keys()
            asking.hmget(view.key("slips"), missing or [""])

        answer = live_build.read(ask)
        if answer is None:
            return []
        view, (stored,) = answer
        view.slips.update(zip(missing, stored, strict=bool(missing)))
    return _near(typed, view)


def _near(typed: str, view: View) -> list[Near]:
    words, near = typed.split(), []
    for place, stem in _stems(typed).items():
        before = "".join(f"{word} " for word in words[:place])
        stored = tuple(map(view.slips.__getitem__, misspelling.buckets_of(stem)))
        for each in misspelling.stems_near(stem, stored, most=TRIED):
            near.append(Near(before + each, is_all=before + stem == typed))
    return near


def _stems(typed: str) -> dict[int, str]:
    """What is looked up of which words."""
    words = typed.split()[:MOST_WORDS]
    return {place: stem for place, word in enumerate(words) if (stem := typed_stem(word))}


def _buckets(stems: Iterable[str]) -> set[str]:
    """Where what is near to these stems stands."""
    return {bucket for stem in stems for bucket in misspelling.buckets_of(stem)}


def _prefixes(meant: Iterable[Near]) -> list[str]:
    return [each.prefix for each in meant]


def _nearest(typed: str, begun: Iterable[tuple[Near, Found]]) -> Found:
    """Of what begins with what was meant, the nearest first, then as ever.

    What begins with just what was typed was found before, so its place does not matter.
    """
    most = misspelling.most_slips(typed)
    near: list[tuple[int, str, Hit]] = []
    for meant, found in begun:
        for rank in suggestion_blocks.best(found, most=COMPARED):
            hit, distance = found[rank], 1
            if not meant.is_all:
                phrase = hit.phrase or suggestion_blocks.phrase_of(hit.label, rank)
                distance = misspelling.slips_at_beginning(typed, phrase, most=most)
            if distance <= most:
                near.append((distance, rank, hit))
    return {rank: hit for _distance, rank, hit in sorted(near)}


# --- What begins so -----------------------------------------------------------------------------


class _Look:
    """One look into a build, for what begins with some prefixes."""

    def __init__(self, prefixes: Sequence[str], most_blocks: int) -> None:
        self.prefixes = prefixes
        self.most_blocks = most_blocks
        self.spans: dict[str, list[int] | None] = {}
        """By prefix the blocks to look through; None where its best are ready."""
        self.ready: list[str] = []
        self.numbers: list[int] = []

    def ask(self, view: View, asking: Any) -> None:
        """Ask for what is ready, for blocks, and for what has changed: as far as there is any."""
        self.spans = {p: _blocks(view, p, self.most_blocks) for p in self.prefixes}
        self.ready = [prefix for prefix, span in self.spans.items() if span is None]
        self.numbers = [number for span in self.spans.values() for number in span or []]
        if self.ready:
            asking.hmget(view.key("best"), self.ready)
        if self.numbers:
            asking.hmget(view.key("blocks"), self.numbers)
        if view.changed:
            for prefix in self.spans:
                low, high = f"[{prefix}".encode(), f"[{prefix}".encode() + b"\xff"
                most = MOST_CHANGED_OF_SHORT if len(prefix) <= SHORT else MOST_CHANGED
                asking.zrangebylex(view.key("more"), low, high, start=0, num=most)

    def read(self, view: View, replies: Iterable[Any]) -> dict[str, Found]:
        """What the replies say, by prefix. `view` may have heard of more, but not of the first."""
        told = iter(replies)
        best = dict(zip(self.ready, next(told), strict=True)) if self.ready else {}
        blocks = dict(zip(self.numbers, next(told), strict=True)) if self.numbers else {}
        found = {
            prefix: _ready(best[prefix])
            if span is None
            else _hits(beginning_with(prefix, map(blocks.get, span)))
            for prefix, span in self.spans.items()
        }
        if view.changed:
            for prefix, changed in zip(self.spans, told, strict=True):
                is_ready = self.spans[prefix] is None
                found[prefix] = _true(view, prefix, found[prefix], changed, is_ready=is_ready)
        return found


def _beginning_with(
    prefixes: Sequence[str], *, most_blocks: int = MOST_BLOCKS, quota: Quota | None = None
) -> list[Found]:
    """What begins with each of these, the best of it where there is much."""
    look = _Look(prefixes, most_blocks)
    answer = live_build.read(look.ask, quota=quota)
    found = look.read(*answer) if answer else {}
    return [found.get(prefix, {}) for prefix in prefixes]


def _true(
    view: View, prefix: str, base: Found, changed: Iterable[bytes], *, is_ready: bool
) -> Found:
    """What the base says, without what has changed since, and with what that says now."""
    true = {rank: hit for rank, hit in base.items() if token_of(rank) not in view.changed}
    if is_ready and len(true) < len(base):
        # What would stand in the place of those that are gone is not among the best.
        (others,) = _beginning_with([prefix], most_blocks=MORE_BLOCKS)
        true = others | true
    return true | _hits(line.decode() for line in changed)


def _blocks(view: View, prefix: str, most: int) -> list[int] | None:
    """The blocks to look through; None where the best are ready, because there are more."""
    blocks = suggestion_blocks.span(view.firsts, prefix)
    is_ready = most == MOST_BLOCKS and len(blocks) > most and len(prefix) <= LONGEST_READY
    return None if is_ready else list(blocks[:most])


@functools.lru_cache(maxsize=500)
def _ready(stored: bytes | None) -> Found:
    """What was kept ready; many type the same first letters."""
    lines = unpacked(stored).split("\n") if stored else []
    return {rank: Hit("", shown) for rank, _tab, shown in (line.partition("\t") for line in lines)}


def _hits(lines: Iterable[str]) -> Found:
    return {
        rank: Hit(phrase, "") for phrase, _tab, rank in (line.partition("\t") for line in lines)
    }
