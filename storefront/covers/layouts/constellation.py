"""Constellation: a circular star chart on a night sky."""

import math

from storefront.covers.drawing import Point, circle, num, path, points, polar, ring
from storefront.covers.lettering import ITALIC, ROMAN, ROMAN_CAPITALS, SMALL_CAPITALS
from storefront.covers.page import MARGIN, WIDTH, Box, Page

_X, _Y, _RADIUS = 200.0, 222.0, 150.0


def draw(page: Page) -> None:
    """Draw the chart with its constellation; set the title under it."""
    colors, dice = page.palette, page.dice
    page.fill(colors.deep)
    _draw_chart(page)
    _draw_sky(page)
    _draw_figure(page)
    width = WIDTH - 2 * MARGIN
    face = dice.pick((ROMAN, ROMAN_CAPITALS, ITALIC))
    page.set_title(Box(MARGIN, 400, width, 112), face, colors.deep, largest=46)
    page.set_contributor(Box(MARGIN, 520, width, 28), SMALL_CAPITALS, colors.deep, largest=15)
    page.set_small_print(Box(MARGIN, 556, width, 20), colors.deep)


def _draw_chart(page: Page) -> None:
    """Draw the rim with its degrees, the circles of latitude and the meridians."""
    line = page.palette.bloom
    turn = page.dice.whole(0, 29)
    page.add(ring(_X, _Y, _RADIUS, line, 1.6), ring(_X, _Y, _RADIUS + 12, line, 0.8))
    length = math.tau * (_RADIUS + 6)
    for radius, count, mark, width in ((156.0, 72, 1.0, 6.0), (156.0, 12, 2.4, 12.0)):
        gap = length / count - mark
        page.add(
            circle(
                _X,
                _Y,
                radius,
                "none",
                stroke=line,
                stroke_width=width,
                stroke_dasharray=f"{mark} {gap:.3f}",
                transform=f"rotate({turn} {num(_X)} {num(_Y)})",
            )
        )
    faint = [ring(_X, _Y, radius, line, 0.8) for radius in (50, 100)]
    spokes = "".join(
        points(
            (polar(_X, _Y, 50, turn + 30 * n), polar(_X, _Y, _RADIUS, turn + 30 * n)), closed=False
        )
        for n in range(12)
    )
    page.add('<g opacity=".55">', *faint, path(spokes, stroke=line, stroke_width=0.7), "</g>")


def _draw_sky(page: Page) -> None:
    dice, color = page.dice, page.palette.paper
    dots = []
    for _ in range(46):
        x, y = polar(_X, _Y, _RADIUS * dice.real(0.05, 0.98) ** 0.6, dice.real(0, 360))
        size = dice.pick((1.6, 1.6, 2.2, 3))
        dots.append(f'<path d="M{num(x)} {num(y)}h0" stroke-width="{size}"/>')
    page.add(f'<g stroke="{color}" stroke-linecap="round">{"".join(dots)}</g>')


def _draw_figure(page: Page) -> None:
    """Draw bright stars joined by lines, wandering across the chart from rim to rim."""
    colors, dice = page.palette, page.dice
    count = dice.whole(6, 8)
    turn = dice.real(0, 360)
    stars: list[Point] = []
    for place in range(count):
        along = -112 + 224 * place / (count - 1)
        aside = dice.real(14, 66) * (1 if place % 2 else -1) * (1 - abs(along) / 190)
        bearing = turn + math.degrees(math.atan2(aside, along))
        stars.append(polar(_X, _Y, math.hypot(along, aside), bearing))
    at = dice.whole(1, count - 2)
    branch = stars[at]
    away = turn + (90 if at % 2 else -90)
    page.add(path(points(stars, closed=False), stroke=colors.accent, stroke_width=1.8))
    spur = polar(*branch, dice.real(34, 52), away + dice.real(-25, 25))
    page.add(path(points((branch, spur), closed=False), stroke=colors.accent, stroke_width=1.8))
    shapes = "".join(_star(point, dice.pick((9, 11, 15))) for point in [*stars, spur])
    page.add(path(shapes, colors.accent, stroke=colors.deep, stroke_width=1.5))


def _star(point: Point, size: float) -> str:
    corners = [
        polar(*point, size if place % 2 == 0 else size * 0.36, 45 * place) for place in range(8)
    ]
    return points(corners)
