"""How suggestions are laid out: blocks and lists that say what a plain list would."""

import random
from collections.abc import Sequence

import pytest

from catalog import suggestion_blocks
from catalog.suggestion_blocks import BEST, BLOCK, MANY, MOST_BLOCKS, best, rank_of

WORDS = ["a", "an", "and", "anna", "annals", "anne", "box", "émile", "emma", "the", "theo", "Ωmega"]


def lines_of_many(number: int, chance: random.Random) -> list[str]:
    lines: list[str] = []
    for place in range(number):
        label = " ".join(chance.choices(WORDS, weights=range(12, 0, -1), k=chance.randint(1, 4)))
        token = f"w{place}"
        popularity = chance.randint(0, 50)
        lines += suggestion_blocks.lines_of(label, token, popularity=popularity)
    return sorted(lines)


class Kept:
    """Lines, as Redis keeps them."""

    def __init__(self, lines: Sequence[str]) -> None:
        cut = list(suggestion_blocks.cut(lines))
        self.firsts = [first.encode() for first, _block in cut]
        self.blocks = [block for _first, block in cut]
        self.ready: dict[str, list[str]] = {}
        suggestion_blocks.ready(lines, self.ready.__setitem__)

    def read(self, prefix: str) -> list[str]:
        """The best ranks."""
        places = suggestion_blocks.span(self.firsts, prefix)
        if len(places) > MOST_BLOCKS:
            return self.ready[prefix]
        blocks = [self.blocks[place] for place in places]
        return best(map(rank_of, suggestion_blocks.beginning_with(prefix, blocks)))


def plainly(lines: Sequence[str], prefix: str) -> list[str]:
    return best(rank_of(line) for line in lines if line.startswith(prefix))


@pytest.mark.parametrize("number", [0, 1, 40, BLOCK, 300])
def test_blocks_say_what_a_plain_list_says(number: int) -> None:
    lines = lines_of_many(number, random.Random(number))
    kept = Kept(lines)
    phrases = {line.partition("\t")[0] for line in lines}
    prefixes = {phrase[:end].strip() for phrase in phrases for end in range(1, len(phrase) + 1)}
    for prefix in sorted(prefixes | {"zz", "anz", "0", "the the the the the"}):
        assert kept.read(prefix) == plainly(lines, prefix), prefix


def test_ready_lists_are_kept_for_those_prefixes_alone_that_many_begin_with() -> None:
    lines = lines_of_many(300, random.Random(5))
    kept = Kept(lines).ready
    assert all(sum(line.startswith(prefix) for line in lines) > MANY for prefix in kept)
    assert max(map(len, kept.values())) == BEST
    assert "a" in kept
    assert "zz" not in kept


def test_one_title_that_very_many_share_takes_no_deep_search() -> None:
    label = "x" * 3_000
    lines = sorted(
        line
        for place in range(MANY + 1)
        for line in suggestion_blocks.lines_of(label, f"w{place}", popularity=place)
    )
    kept = Kept(lines).ready
    assert len(kept) == suggestion_blocks.LONGEST_READY
    assert suggestion_blocks.token_of(kept["x"][0]) == f"w{MANY}"


def test_a_label_is_found_by_each_of_its_words() -> None:
    assert suggestion_blocks.lines_of("Émile’s Box!", "w7", popularity=9) == [
        "emiles box\t00999999990w7",
        "box\t01999999990w7",
    ]
    assert suggestion_blocks.lines_of("!!!", "w7", popularity=9) == []


def test_ranks_sort_beginnings_then_popularity_then_contributors() -> None:
    ranks = [
        rank_of(line)
        for label, token, popularity in (
            ("Of Austen", "w1", 99), ("Austen", "w2", 1), ("Austen", "c3", 1), ("Austen", "w4", 5),
        )
        for line in suggestion_blocks.lines_of(label, token, popularity=popularity)
        if line.startswith("austen")
    ]  # fmt: skip
    assert [suggestion_blocks.token_of(rank) for rank in best(ranks)] == ["w4", "c3", "w2", "w1"]


def test_each_is_among_the_best_once() -> None:
    lines = suggestion_blocks.lines_of("New York, New York", "w1", popularity=0)
    assert best(rank_of(line) for line in lines if line.startswith("new")) == ["00999999999w1"]
