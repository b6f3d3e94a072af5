"""How suggestions are laid out so that typing a few letters reads next to nothing.

A line is a phrase and its rank. A label gives one line for each of its words, because typing may
begin with any. Sorted lines are cut into blocks; what begins with a prefix lies in blocks that
stand together, found by their first phrases. Where that would be more than MOST_BLOCKS, the best of
them are kept ready. Nothing here knows where any of it is stored.
"""

import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence

from catalog.folding import fold

BLOCK = 128  # lines
MOST_BLOCKS = 2  # are read for one prefix
MANY = BLOCK  # lines that begin alike; of more, the best are kept ready
BEST = 16  # of them
LONGEST_READY = 100  # letters
LEAST_POPULAR = 999_999_999
_RANK = len("00999999999")  # what stands before the token


def lines_of(label: str, token: str, *, popularity: int) -> list[str]:
    """One line for each word that typing the label may begin with.

    The rank sorts: the beginning of the label before its middle, then the popular, then the token,
    whose first letter says what it is.
    """
    phrase = fold(label)
    if not phrase:
        return []
    end = f"{LEAST_POPULAR - min(popularity, LEAST_POPULAR):09}{token}"
    lines = [f"{phrase}\t00{end}"]
    start = phrase.find(" ") + 1
    while start:
        lines.append(f"{phrase[start:]}\t{min(len(lines), 99):02}{end}")
        start = phrase.find(" ", start) + 1
    return lines


def rank_of(line: str) -> str:
    """The part of a line that ranks compare by."""
    return line[line.index("\t") + 1 :]


def token_of(rank: str) -> str:
    """What a rank leads to."""
    return rank[_RANK:]


def phrase_of(label: str, rank: str) -> str:
    """The phrase of the line of that rank."""
    return " ".join(fold(label).split(" ")[int(rank[:2]) :])


def best(ranks: Iterable[str], *, most: int = BEST) -> list[str]:
    """The best ranks, each token once."""
    return first(sorted(ranks), most=most)


def first(ranks: Iterable[str], *, most: int) -> list[str]:
    """The first of these ranks, each token once."""
    found: dict[str, str] = {}
    for rank in ranks:
        found.setdefault(rank[_RANK:], rank)
        if len(found) == most:
            break
    return list(found.values())


def cut(lines: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Sorted lines as blocks: the phrase that each begins with, and the block itself."""
    for start in range(0, len(lines), BLOCK):
        block = lines[start : start + BLOCK]
        yield block[0].partition("\t")[0], packed("\n".join(block))


def beginning_with(prefix: str, blocks: Iterable[bytes | None]) -> list[str]:
    """The lines that begin with `prefix` in these blocks, which follow each other."""
    lines = b"\n".join([b"", *(zlib.decompress(block) for block in blocks if block), b""])
    wanted = b"\n" + prefix.encode()
    first, last = lines.find(wanted), lines.rfind(wanted)  # they stand together
    return [] if first < 0 else lines[first + 1 : lines.index(b"\n", last + 1)].decode().split("\n")


def span(firsts: Sequence[bytes], prefix: str) -> range:
    """The blocks in which lines may begin with `prefix`, by the phrases that blocks begin with."""
    low = prefix.encode()
    return range(max(0, bisect_left(firsts, low) - 1), bisect_left(firsts, low + b"\xff"))


def packed(text: str) -> bytes:
    """Compressed: quickly, because there are many, and most of it repeats what is beside it."""
    return zlib.compress(text.encode(), 1)


def unpacked(stored: bytes) -> str:
    """What was packed."""
    return zlib.decompress(stored).decode()


def ready(lines: Sequence[str], keep: Callable[[str, list[str]], object]) -> None:
    """Find the best for each prefix of more than MANY of these sorted lines, and `keep` them.

    All lines with one of these prefixes must be among them.
    """
    _best_below(lines, 0, len(lines), "", keep)


def _best_below(
    lines: Sequence[str], low: int, high: int, prefix: str, keep: Callable[[str, list[str]], object]
) -> list[str]:
    pool: list[str] = []
    depth = len(prefix)
    while low < high:
        letter = lines[low][depth]
        longer = prefix + letter
        end = bisect_left(lines, prefix + chr(ord(letter) + 1), low, high)
        if end - low <= MANY or letter == "\t" or depth == LONGEST_READY:
            pool.extend(map(rank_of, lines[low:end]))
        else:
            pool.extend(_best_below(lines, low, end, longer, keep))
        low = end
    found = best(pool)
    if prefix and prefix[-1] != " ":
        keep(prefix, found)
    return found
