"""Suggests what visitors may mean by what they have typed so far."""

from collections.abc import Iterable, Sequence
from typing import Any

from caching import store
from catalog import live_build, live_reading, misspelling, suggestion_blocks
from catalog.folding import fold
from catalog.live_build import View
from catalog.live_records import KINDS, Suggestion
from catalog.misspelling import traces_of, typed_stem
from catalog.suggestion_blocks import BEST, LONGEST_READY, MOST_BLOCKS, token_of, unpacked

SHORT = 2  # letters, which say so little that more is looked at
MOST_CHANGED = 200  # phrases of what has changed since the build, the first by the alphabet
MOST_CHANGED_OF_SHORT = 1_000
MORE_BLOCKS = 8  # are looked through where something of the best is there no more

FEW = 3  # suggestions; where there are fewer, something may be mistyped
MOST_WORDS = 6  # of what was typed are looked at for that
TRIED = 4  # words that may be meant instead of each

Found = dict[str, Suggestion | None]
"""Ranks, each with what is shown where that is known already."""


@store.needs_redis
def suggest(prefix: str, *, limit: int) -> list[Suggestion]:
    """At most `limit` suggestions for what was typed: beginnings of titles first, then the popular.

    Where very many begin alike, BEST of them at most. Where hardly anything begins so, what begins
    nearly so comes after it. An empty or unfoldable prefix suggests nothing.
    """
    folded = fold(prefix)
    if not folded:
        return []
    (found,) = _beginning_with([folded])
    shown = list(_shown(found, limit).values())
    if len(shown) < min(FEW, limit):
        shown += [each for each in _nearly(folded) if each not in shown]
    return shown[:limit]


def _shown(found: Found, limit: int) -> dict[str, Suggestion]:
    """The best of what was found, by their ranks."""
    ranks = suggestion_blocks.best(found, most=limit)
    known = live_reading.records([token_of(rank) for rank in ranks if found[rank] is None])
    shown = {}
    for rank in ranks:
        suggestion = found[rank]
        if suggestion is None and (record := known.get(token_of(rank))):
            suggestion = record.suggestion
        if suggestion is not None:
            shown[rank] = suggestion
    return shown


# --- What begins nearly so ----------------------------------------------------------------------


def _nearly(typed: str) -> list[Suggestion]:
    """What was mistyped, perhaps: the nearest first, then as ever.

    Each word may be the mistyped one, so those before it are taken as they are.
    """
    most = misspelling.most_slips(typed)
    near = []
    prefixes = _prefixes_near(typed)
    for found in _beginning_with(prefixes) if prefixes else ():
        for rank, suggestion in _shown(found, BEST).items():
            phrase = suggestion_blocks.phrase_of(suggestion.label, rank)
            distance = misspelling.slips_at_beginning(typed, phrase, most=most)
            if distance <= most:
                near.append((distance, rank, suggestion))
    near.sort(key=lambda each: each[:2])
    return list(dict.fromkeys(suggestion for _distance, _rank, suggestion in near))


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


def _beginning_with(prefixes: Sequence[str], *, most_blocks: int = MOST_BLOCKS) -> list[Found]:
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

    answer = live_build.read(ask)
    if answer is None:
        return [{} for _prefix in prefixes]
    view, replies = answer
    found = []
    for place, prefix in enumerate(prefixes):
        stored, changed = replies[2 * place : 2 * place + 2]
        if _blocks(view, prefix, most_blocks) is None:
            base = _ready(stored)
        else:
            base = dict.fromkeys(suggestion_blocks.beginning_with(prefix, stored))
        true = {rank: each for rank, each in base.items() if token_of(rank) not in view.changed}
        if len(true) < len(base) and _blocks(view, prefix, most_blocks) is None:
            # What would stand in the place of those that are gone is not among the best.
            (others,) = _beginning_with([prefix], most_blocks=MORE_BLOCKS)
            true = others | true
        true.update(dict.fromkeys(suggestion_blocks.rank_of(line.decode()) for line in changed))
        found.append(true)
    return found


def _blocks(view: View, prefix: str, most: int) -> list[int] | None:
    """The blocks to look through; None where the best are ready, because there are more."""
    blocks = suggestion_blocks.span(view.firsts, prefix)
    is_ready = most == MOST_BLOCKS and len(blocks) > most and len(prefix) <= LONGEST_READY
    return None if is_ready else list(blocks[:most])


def _ready(stored: bytes | None) -> Found:
    """What was kept ready, with all that is shown of it."""
    found: Found = {}
    for line in unpacked(stored).split("\n") if stored else ():
        rank, label, detail, url = line.split("\t")
        found[rank] = Suggestion(KINDS[token_of(rank)[0]], label, detail, url)
    return found


def as_json(suggestions: Iterable[Suggestion]) -> list[dict[str, str]]:
    """For a JSON answer."""
    names = Suggestion.__slots__
    return [{name: getattr(each, name) for name in names} for each in suggestions]
