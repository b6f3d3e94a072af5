"""Hills: ridges fading into the distance under a sun, as on a travel poster."""

from collections.abc import Callable
from itertools import pairwise

from storefront.covers.drawing import circle, num, path
from storefront.covers.lettering import BOOK_BOLD, DECO_BOLD, ITALIC, ROMAN, SMALL_CAPITALS
from storefront.covers.page import MARGIN, WIDTH, Box, Page
from storefront.covers.palettes import mix

RidgeLine = Callable[[Page, list[float]], str]


def draw(page: Page) -> None:
    """Draw sky, sun and ridges; set the title in the sky and the small print in the valley."""
    colors, dice = page.palette, page.dice
    sky = dice.pick((colors.paper, colors.tint, colors.deep))
    page.fill(sky)
    dark = sky == colors.deep
    near = colors.ink if dark else colors.deep
    far = mix(colors.bloom, sky, 0.35) if dark else mix(near, sky, 0.78)
    sun_x = dice.whole(90, 310)
    page.add(circle(sun_x, dice.whole(322, 350), dice.whole(40, 56), colors.sun_on(sky)))
    count = dice.whole(4, 6)
    line = dice.pick((_rolling, _rolling, _rugged))
    for place in range(count):
        share = place / (count - 1)
        page.add(_ridge(page, 352 + 170 * share, 46 - 24 * share, line, mix(far, near, share)))
    width = WIDTH - 2 * MARGIN
    face = dice.pick((BOOK_BOLD, DECO_BOLD, ROMAN))
    page.set_title(
        Box(MARGIN, 64, width, 156, vertical="top"), face, sky, largest=54, subtitle=ITALIC
    )
    page.set_contributor(Box(MARGIN, 230, width, 30), SMALL_CAPITALS, sky, largest=15)
    page.set_small_print(Box(MARGIN, 562, width, 24), near)


def _ridge(page: Page, level: float, swing: float, line: RidgeLine, fill: str) -> str:
    """Return a ridge across the page, filled down to its foot."""
    dice = page.dice
    count = dice.whole(3, 5)
    up = dice.pick((-1, 1))
    heights = []
    for _ in range(count + 1):
        heights.append(level + up * swing * dice.real(0.25, 1))
        up = -up
    return path(f"M0 {num(heights[0])}{line(page, heights)}V600H0z", fill)


def _rolling(page: Page, heights: list[float]) -> str:
    step = WIDTH / (len(heights) - 1)
    return "".join(
        f"C{num(x + step * 0.45)} {num(start)} {num(x + step * 0.55)} {num(end)} "
        f"{num(x + step)} {num(end)}"
        for x, start, end in _slopes(heights, step)
    )


def _rugged(page: Page, heights: list[float]) -> str:
    """Return straight slopes with a shoulder part of the way along each."""
    step = WIDTH / (len(heights) - 1)
    data = []
    for x, start, end in _slopes(heights, step):
        share = page.dice.real(0.4, 0.6)
        shoulder = start + (end - start) * (share + page.dice.pick((-0.18, 0.18)))
        data.append(f"L{num(x + step * share)} {num(shoulder)}L{num(x + step)} {num(end)}")
    return "".join(data)


def _slopes(heights: list[float], step: float) -> list[tuple[float, float, float]]:
    """Return where each slope begins, and its height there and at its end."""
    pairs = pairwise(heights)
    return [(place * step, start, end) for place, (start, end) in enumerate(pairs)]
