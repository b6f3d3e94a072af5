"""The table: a row for each measurement, in text for the terminal and in Markdown for the docs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.load import Outcome

BARE, FILE = "bare view", "file of nginx"
CACHED, UNCACHED, LIVE, DOOR = "cached", "uncached", "live", "through nginx"
CHANGED = "all changed"  # uncached, and every work has changed since the last time
HALF = "at half rate"
YARDSTICKS = (BARE, FILE)
OURS = (CACHED, UNCACHED, CHANGED, LIVE, HALF, DOOR)
SHOPS = (CACHED, UNCACHED, CHANGED, DOOR)  # beside which a peer stands


@dataclass(frozen=True)
class Row:
    """What was measured, and what came of it."""

    scenario: str
    subject: str
    """One of the words above, or the name of a peer."""
    clients: int
    outcome: Outcome
    ratio: float | None = None
    """To the throughput of the yardstick of the same size that was measured in turns with it."""
    statements: float | None = None


HEADS = ("", "", "req/s", "ratio", "× peer", "p50", "p95", "p99", "statements")
WIDTHS = (24, 14, 9, 7, 9, 9, 9, 9, 11)


def peer_of(row: Row, rows: Iterable[Row]) -> Row | None:
    """The peer's row for the same scenario and as many clients; the fastest of several."""
    beside = [
        each
        for each in rows
        if (each.scenario, each.clients) == (row.scenario, row.clients)
        and each.subject not in (*OURS, *YARDSTICKS)
    ]
    return max(beside, key=lambda each: each.outcome.rate, default=None)


def times_peer(row: Row, rows: Iterable[Row]) -> float | None:
    """How many times as fast as the peer; None where there is none, or it is the peer itself."""
    peer = peer_of(row, rows)
    if peer is None or row.subject not in SHOPS or not peer.outcome.rate:
        return None
    return row.outcome.rate / peer.outcome.rate


def cells(row: Row, rows: Sequence[Row]) -> tuple[str, ...]:
    """The row in words, as HEADS names them."""
    outcome, times = row.outcome, times_peer(row, rows)
    return (
        row.scenario,
        row.subject,
        number(outcome.rate),
        "" if row.ratio is None else f"{row.ratio:.3f}" if row.ratio < 0.1 else f"{row.ratio:.2f}",
        "" if times is None else number(times),
        *(number(each) for each in (outcome.p50, outcome.p95, outcome.p99)),
        "" if row.statements is None else f"{row.statements:.3g}",
    )


def number(value: float) -> str:
    """Three digits that matter, and never an exponent."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def line(words: Sequence[str]) -> str:
    """Under each other, for the terminal."""
    name, subject, *figures = words
    width, other, *rest = WIDTHS
    aligned = "".join(f"{word:>{each}}" for word, each in zip(figures, rest, strict=True))
    return f"{name:{width}}{subject:{other}}{aligned}".rstrip()


def markdown(rows: Sequence[Row], *, clients: int) -> str:
    """The rows of so many clients, without the yardsticks: the ratios tell of them."""
    shown = [row for row in rows if row.clients == clients and row.subject not in YARDSTICKS]
    lines = [("scenario", "what", *HEADS[2:]), ("---",) * len(HEADS)]
    lines += [cells(row, rows) for row in shown]
    return "".join(f"| {' | '.join(words)} |\n" for words in lines)
