"""Composition: a few large Bauhaus shapes, overprinted where they meet."""

from storefront.covers.drawing import circle, group, path, points, polar, rect, ring
from storefront.covers.lettering import GROTESQUE, GROTESQUE_BOLD
from storefront.covers.page import HEIGHT, MARGIN, WIDTH, Box, Page

_BLEND = "mix-blend-mode:multiply"


def draw(page: Page) -> None:
    """Draw one of the arrangements, perhaps mirrored, and set the title below."""
    colors, dice = page.palette, page.dice
    stock = colors.tint if dice.chance(0.4) else colors.paper
    page.fill(stock)
    main = colors.field
    tones = dice.shuffled((main, colors.accent, colors.second))
    if main == colors.second:
        tones = dice.shuffled((main, colors.accent, colors.ink))
    shapes = dice.pick((_orbits, _steps, _sail, _bridge, _quarters))(page, tones)
    flip = {"transform": f"translate({WIDTH} 0)scale(-1 1)"} if dice.chance(0.5) else {}
    page.add(group(shapes, **flip))
    page.add(rect(0, 388, WIDTH, HEIGHT - 388, stock))
    page.add(rect(MARGIN, 400, WIDTH - 2 * MARGIN, 3, colors.ink))
    width = WIDTH - 2 * MARGIN
    page.set_title(
        Box(MARGIN, 412, width - 10, 110, centered=False, vertical="top"),
        GROTESQUE_BOLD,
        stock,
        largest=42,
        leading=1.04,
        subtitle=GROTESQUE,
    )
    page.set_contributor(Box(MARGIN, 530, width, 24, centered=False), GROTESQUE, stock, largest=16)
    page.set_small_print(Box(MARGIN, 560, width, 16, centered=False), stock)


def _orbits(page: Page, tones: list[str]) -> list[str]:
    dice = page.dice
    radius = dice.whole(112, 132)
    bearing = dice.whole(20, 70)
    x, y = polar(170, 210, radius, bearing)
    return [
        circle(170, 210, radius, tones[0]),
        circle(x, y, radius * 0.55, tones[1], style=_BLEND),
        ring(170, 210, radius * 0.45, page.palette.paper, 10),
        rect(0, 300, 270, 26, tones[2], style=_BLEND),
        circle(328, 313, 13, page.palette.ink),
    ]


def _steps(page: Page, tones: list[str]) -> list[str]:
    tall = page.dice.whole(250, 310)
    bars = [
        rect(60 + 70 * place, 388 - tall + 62 * place, 70, tall, tones[place % 3])
        for place in range(4)
    ]
    x = page.dice.whole(244, 280)
    moon = circle(x, 128, 74, tones[(page.dice.whole(0, 1)) + 1], style=_BLEND)
    return [*bars, moon, circle(96, 60, 14, page.palette.ink)]


def _sail(page: Page, tones: list[str]) -> list[str]:
    lean = page.dice.whole(-24, 24)
    return [
        path("M0 388a200 200 0 0 1 400 0z", tones[0]),
        path(points(((206 + lean, 50), (206, 330), (60, 330))), tones[1], style=_BLEND),
        path(points(((218 + lean, 90), (218, 330), (330, 330))), tones[2], style=_BLEND),
        path(f"M{212 + lean} 40L212 388", stroke=page.palette.ink, stroke_width=4),
        circle(88, 110, 34, tones[2]),
    ]


def _bridge(page: Page, tones: list[str]) -> list[str]:
    count = page.dice.pick((2, 3, 4))
    span = 400 / count
    arcs = [
        path(
            f"M{place * span:.1f} 290a{span / 2:.1f} {span / 2:.1f} 0 0 1 {span:.1f} 0z",
            tones[place % 2],
        )
        for place in range(count)
    ]
    mirrored = [
        path(
            f"M{(place - 0.5) * span:.1f} 290a{span / 2:.1f} {span / 2:.1f} 0 0 0 {span:.1f} 0z",
            tones[2],
            style=_BLEND,
        )
        for place in range(count + 1)
    ]
    sun = circle(page.dice.whole(120, 280), 104, 56, tones[1])
    return [*arcs, *mirrored, sun, rect(0, 286, 400, 8, page.palette.ink)]


def _quarters(page: Page, tones: list[str]) -> list[str]:
    """Return four large quarter disks turned this way and that around a square."""
    corners = (
        "M52 36h150v150a150 150 0 0 1-150-150z",
        "M210 186v-150a150 150 0 0 1 150 150z",
        "M202 194v150h-150a150 150 0 0 1 150-150z",
        "M210 194h150a150 150 0 0 1-150 150z",
    )
    order = page.dice.shuffled((*tones, page.palette.ink))
    quarters = [path(corner, tone) for corner, tone in zip(corners, order, strict=True)]
    return [*quarters, circle(206, 190, page.dice.whole(30, 52), tones[1], style=_BLEND)]
