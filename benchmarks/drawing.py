"""Draws the rows as an SVG for the docs: bars on a logarithmic scale, light and dark."""

import math
from collections.abc import Iterator, Sequence
from html import escape

from benchmarks import table
from benchmarks.table import Row

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 980, 190, 80, 78, 34
BAR, GAP, BETWEEN = 13, 2, 12
DECADE = 10.0
SMALLEST = 0.1
STYLE = """
  .page { fill: #ffffff; } text { font-family: system-ui, sans-serif; font-size: 13px; fill: #1f2933; }
  .head { font-size: 18px; font-weight: 600; } .small { font-size: 11px; fill: #52606d; }
  .grid { stroke: #cbd2d9; stroke-width: 1; } .yardstick { fill: #b8c2cc; } .cached { fill: #2f855a; }
  .uncached { fill: #2b6cb0; } .peer { fill: #c05621; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #14181d; } text { fill: #e4e7eb; } .small { fill: #a9b4c0; } .grid { stroke: #3e4c59; }
    .yardstick { fill: #616e7c; } .cached { fill: #5cc28b; } .uncached { fill: #63a4e0; } .peer { fill: #ed8936; }
  }
"""  # noqa: E501 - as the docs' other drawings have it
COLOURS = {
    table.BARE: "yardstick", table.FILE: "yardstick", table.CACHED: "cached",
    table.LIVE: "cached", table.DOOR: "cached", table.UNCACHED: "uncached",
    table.CHANGED: "uncached",
}  # fmt: skip
LEGEND = (
    (f"{table.BARE}, {table.FILE}", "yardstick"),
    (f"{table.CACHED}, {table.LIVE}, {table.DOOR}", "cached"),
    (f"{table.UNCACHED}, {table.CHANGED}", "uncached"),
)  # fmt: skip


def draw(rows: Sequence[Row], *, clients: int) -> str:
    """The measurements of so many clients, a group of bars for each scenario."""
    groups = _groups([row for row in rows if row.clients == clients])
    rates = [row.outcome.rate for group in groups for row in group if row.outcome.rate > 0]
    first, last = _decades(rates)
    height = TOP + BOTTOM + sum(len(group) * (BAR + GAP) + BETWEEN for group in groups)
    title = f"Requests a second, {clients} clients"
    text = "; ".join(
        f"{row.scenario}, {row.subject}: {table.number(row.outcome.rate)}"
        for group in groups
        for row in group
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        ' aria-labelledby="title text">',
        f'<title id="title">{title}</title>',
        f'<desc id="text">{escape(text)}.</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{height}"/>',
        f'<text class="head" x="20" y="30">{title} (each line is ten times the one before)</text>',
        *_legend(groups),
        *_grid(first, last, height),
        *_bars(groups, first, last),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _groups(rows: Sequence[Row]) -> list[list[Row]]:
    """By scenario, in the order of the run; nginx's two rows stand apart.

    What asked at half the rate is left out: its rate says nothing.
    """
    groups: dict[tuple[str, bool], list[Row]] = {}
    for row in rows:
        if row.subject == table.HALF:
            continue
        is_door = row.subject in (table.DOOR, table.FILE)
        groups.setdefault((row.scenario, is_door), []).append(row)
    return list(groups.values())


def _decades(rates: Sequence[float]) -> tuple[int, int]:
    """The powers of ten that all rates stand between."""
    lowest, highest = min(rates, default=1.0), max(rates, default=DECADE)
    first = math.floor(math.log10(max(lowest, SMALLEST)))
    return first, max(math.ceil(math.log10(highest)), first + 1)


def place(rate: float, first: int, last: int) -> float:
    """How far to the right a rate stands, in the drawing's units."""
    share = (math.log10(max(rate, DECADE**first)) - first) / (last - first)
    return LEFT + min(share, 1.0) * (WIDTH - LEFT - RIGHT)


def _legend(groups: Sequence[Sequence[Row]]) -> Iterator[str]:
    named = list(LEGEND)
    subjects = dict.fromkeys(row.subject for group in groups for row in group)
    named += [(subject, "peer") for subject in subjects if subject not in COLOURS]
    x = 20
    for words, colour in named:
        yield f'<rect class="{colour}" x="{x}" y="44" width="12" height="12"/>'
        yield f'<text x="{x + 18}" y="55">{escape(words)}</text>'
        x += 44 + 7 * len(words)


def _grid(first: int, last: int, height: int) -> Iterator[str]:
    for decade in range(first, last + 1):
        x = place(DECADE**decade, first, last)
        ends = f'y1="{TOP - 8}" y2="{height - BOTTOM}"'
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" {ends}/>'
        label = f"{10**decade:,}" if decade >= 0 else f"{DECADE**decade:g}"
        yield (
            f'<text class="small" x="{x:.1f}" y="{height - BOTTOM + 16}"'
            f' text-anchor="middle">{label}</text>'
        )


def _bars(groups: Sequence[Sequence[Row]], first: int, last: int) -> Iterator[str]:
    y = TOP
    for group in groups:
        middle = y + len(group) * (BAR + GAP) / 2 + 4
        is_door = group[0].subject in (table.DOOR, table.FILE)
        name = f"{group[0].scenario}, nginx" if is_door else group[0].scenario
        yield f'<text x="{LEFT - 10}" y="{middle:.0f}" text-anchor="end">{escape(name)}</text>'
        for row in group:
            colour = COLOURS.get(row.subject, "peer")
            end = place(row.outcome.rate, first, last)
            yield (
                f'<rect class="{colour}" x="{LEFT}" y="{y}" width="{max(end - LEFT, 1):.1f}"'
                f' height="{BAR}"/>'
            )
            words = f"{table.number(row.outcome.rate)}{_share(row)}"
            yield f'<text class="small" x="{end + 5:.1f}" y="{y + BAR - 3}">{words}</text>'
            y += BAR + GAP
        y += BETWEEN


def _share(row: Row) -> str:
    return "" if row.ratio is None else f" · {row.ratio:.2g}"
