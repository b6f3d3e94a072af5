"""Finds words near to mistyped ones by what is left of both without a letter.

Two words of which one has a letter wrong, missing, too many, or two swapped, are the same once one
letter of each is left out. So each beginning of a word (its stem) is kept under all that is left of
it, and looked up by all that is left of what was typed. Nothing here knows where that is stored.
"""

import functools
import zlib
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from catalog.suggestion_blocks import packed, unpacked

SHORTEST, LONGEST = 4, 7  # letters of a stem; anything may be meant by fewer
TYPED = LONGEST - 1  # letters of a word that are looked up: one may be missing in them
BUCKETS = 2**14
LETTERS_FOR_TWO_SLIPS = 8
REMEMBERED = 1_000  # stems that were looked up, 3 kB each


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


@functools.lru_cache(maxsize=REMEMBERED)
def buckets_of(stem: str) -> tuple[str, ...]:
    """Where the stems stand that are near to this one, for each of its traces: its own first."""
    return tuple(map(bucket_of, traces_of(stem)))


def buckets(counted: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    """All stems, as they are kept."""
    kept: defaultdict[str, bytearray] = defaultdict(bytearray)
    for stem, count in counted.items():
        for trace in traces_of(stem):
            kept[bucket_of(trace)] += f"{trace}\t{stem}\t{count}\n".encode()
    for bucket, lines in kept.items():
        yield bucket, packed(lines.decode())


@functools.lru_cache(maxsize=REMEMBERED)
def count_of(stem: str, stored: bytes | None) -> int:
    """How many phrases begin with this stem; `stored` is the bucket of it as a trace."""
    return dict(_left_as(stem, stored)).get(stem, 0)


@functools.lru_cache(maxsize=REMEMBERED)
def stems_near(typed: str, stored: tuple[bytes | None, ...], *, most: int) -> tuple[str, ...]:
    """The likeliest stems that are at most one slip from the one typed.

    `stored` are the buckets of its traces. The typed one comes first, if there is one: the slip may
    come after it. Then those that most begin with. Remembered, because with each letter that is
    typed after it the same word is looked up again.
    """
    found: dict[str, int] = {}
    for trace, bucket in zip(traces_of(typed), stored, strict=True):
        found.update(_left_as(trace, bucket))
    likeliest = sorted(found, key=lambda stem: (stem != typed, -found[stem], stem))
    near = (stem for stem in likeliest if slips(typed, stem, most=1) <= 1)
    return tuple(islice(near, most))


def _left_as(trace: str, bucket: bytes | None) -> Iterator[tuple[str, int]]:
    """The stems that leave this trace, and how many begin with each.

    Looked for in the packed text: most lines of a bucket are about other traces.
    """
    text = f"\n{unpacked(bucket)}" if bucket else ""
    wanted = f"\n{trace}\t"
    place = text.find(wanted)
    while place >= 0:
        end = text.index("\n", place + 1)
        stem, _tab, count = text[place + len(wanted) : end].partition("\t")
        yield stem, int(count)
        place = text.find(wanted, end)


def most_slips(typed: str) -> int:
    """How many slips are taken for such."""
    return 1 if len(typed) < LETTERS_FOR_TWO_SLIPS else 2


def slips(one: str, other: str, *, most: int) -> int:
    """How many letters are wrong, missing, too many or swapped; more than `most` is `most` + 1.

    The optimal string alignment distance.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    return _slips(one, other, most=most, is_all=True)


def slips_at_beginning(typed: str, phrase: str, *, most: int) -> int:
    """How many slips what was typed is from whatever beginning of the phrase is nearest to it.

    More than `most` is `most` + 1.
    """
    return _slips(typed, phrase, most=most, is_all=False)


def _slips(one: str, other: str, *, most: int, is_all: bool) -> int:
    """Slips until all letters of `one` are gone through, and where `is_all` those of `other`.

    Few are looked for, so no table is filled in. All that is kept is how far one may have come in
    both with each slip; in between, the letters are the same.
    """
    end, other_end = len(one), len(other)
    places = {(0, 0)}
    for count in range(most):
        after = set()
        for place, other_place in places:
            i, j = place, other_place
            while i < end and j < other_end and one[i] == other[j]:
                i, j = i + 1, j + 1
            if i >= end and (j >= other_end or not is_all):
                return count
            after |= {(i + 1, j + 1), (i + 1, j), (i, j + 1)}
            if one[i : i + 2] == other[j : j + 2][::-1]:
                after.add((i + 2, j + 2))
        places = after
    if is_all:
        is_enough = any(one[i:] == other[j:] for i, j in places)
    else:
        is_enough = any(other.startswith(one[i:], j) for i, j in places)
    return most if is_enough else most + 1
