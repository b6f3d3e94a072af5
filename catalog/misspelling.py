"""Finds words near to mistyped ones by what is left of both without a letter.

Two words of which one has a letter wrong, missing, too many, or two swapped, are the same once one
letter of each is left out. So each beginning of a word (its stem) is kept under all that is left of
it, and looked up by all that is left of what was typed. Nothing here knows where that is stored.
"""

import zlib
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from catalog.suggestion_blocks import packed, unpacked

SHORTEST, LONGEST = 4, 7  # letters of a stem; anything may be meant by fewer
TYPED = LONGEST - 1  # letters of a word that are looked up: one may be missing in them
BUCKETS = 2**14
LETTERS_FOR_TWO_SLIPS = 8


def count_stems(lines: Sequence[str], counted: Counter[str]) -> None:
    """Count how many of these sorted phrases have each stem for the beginning of their first word.

    All phrases that begin with one word must be among them.
    """
    place = 0
    while place < len(lines):
        word = lines[place].partition("\t")[0].partition(" ")[0]
        end = bisect_left(lines, f"{word}!", place)  # a space and a tab sort before that
        for stem in stems_of(word):
            counted[stem] += end - place
        place = end


def stems_of(word: str) -> list[str]:
    """What typing the word may have come to; nothing of short words, and of numbers."""
    if word.isdigit():
        return []
    return [word[:length] for length in range(SHORTEST, min(len(word), LONGEST) + 1)]


def typed_stem(word: str) -> str:
    """What is looked up of a typed word; nothing where anything may be meant."""
    return "" if len(word) < SHORTEST or word.isdigit() else word[:TYPED]


def traces_of(stem: str) -> list[str]:
    """All that a stem is kept under and looked up by: itself, and itself without any one letter."""
    shorter = [stem[:place] + stem[place + 1 :] for place in range(len(stem))]
    return list(dict.fromkeys([stem, *shorter]))


def bucket_of(trace: str) -> str:
    """Where the stems stand that leave this trace."""
    return str(zlib.crc32(trace.encode()) % BUCKETS)


def buckets(counted: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    """All stems, as they are kept."""
    kept: defaultdict[str, bytearray] = defaultdict(bytearray)
    for stem, count in counted.items():
        for trace in traces_of(stem):
            kept[bucket_of(trace)] += f"{trace}\t{stem}\t{count}\n".encode()
    for bucket, lines in kept.items():
        yield bucket, packed(lines.decode())


def stems_near(typed: str, stored: Iterable[bytes | None], *, most: int) -> list[str]:
    """The likeliest stems that are at most one slip from the one typed.

    `stored` are the buckets of its traces. The typed one comes first, if there is one: the slip may
    come after it. Then those that most begin with.
    """
    traces = frozenset(traces_of(typed))
    found: dict[str, int] = {}
    for bucket in filter(None, stored):
        for line in unpacked(bucket).splitlines():
            trace, stem, count = line.split("\t")
            if trace in traces:
                found[stem] = int(count)
    near = [stem for stem in found if slips(typed, stem, most=1) <= 1]
    return sorted(near, key=lambda stem: (stem != typed, -found[stem], stem))[:most]


def most_slips(typed: str) -> int:
    """How many slips are taken for such."""
    return 1 if len(typed) < LETTERS_FOR_TWO_SLIPS else 2


def slips(one: str, other: str, *, most: int) -> int:
    """How many letters are wrong, missing, too many or swapped; more than `most` is `most` + 1.

    The optimal string alignment distance.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    return min(_last_row(one, other, most=most)[-1], most + 1)


def slips_at_beginning(typed: str, phrase: str, *, most: int) -> int:
    """The same for whatever beginning of the phrase is nearest to what was typed."""
    return min(*_last_row(typed, phrase[: len(typed) + most], most=most), most + 1)


def _last_row(one: str, other: str, *, most: int) -> list[int]:
    """How far `one` is from each beginning of `other`; just too much where it is more than `most`.

    Beginnings that differ from it by more letters than that are not looked at.
    """
    much, length = most + 1, len(other)
    before: list[int] = []
    row = [min(j, much) for j in range(length + 1)]
    least, least_before = 0, 0
    for i, letter in enumerate(one, start=1):
        last, before, row = before, row, [min(i, much)] + [much] * length
        least_before, least = least, row[0]
        for j in range(max(1, i - most), min(length, i + most) + 1):
            if letter == other[j - 1]:
                cost = before[j - 1]
            else:
                cost = 1 + min(before[j - 1], before[j], row[j - 1])
                if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == other[j - 1]:
                    cost = min(cost, last[j - 2] + 1)
            if cost < much:
                row[j] = cost
                least = min(least, cost)
        if least > most and least_before > most:
            break
    return row
