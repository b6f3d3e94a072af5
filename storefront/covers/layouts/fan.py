"""Fan: an Art Deco sunburst, one grand fan or rows of small ones."""

from storefront.covers.drawing import circle, define, num, path, points, polar, rect, ring, use
from storefront.covers.lettering import DECO, DECO_BOLD, ITALIC, SMALL_CAPITALS
from storefront.covers.page import MARGIN, WIDTH, Box, Page


def draw(page: Page) -> None:
    """Draw the fan at the foot, and set the title over it."""
    colors, dice = page.palette, page.dice
    page.fill(colors.deep)
    if dice.chance(0.6):
        _draw_grand_fan(page)
    else:
        _draw_small_fans(page)
    width = WIDTH - 2 * MARGIN
    page.add(rect(MARGIN, 62, width, 1.2, colors.accent), rect(MARGIN, 66, width, 3, colors.accent))
    page.set_title(
        Box(MARGIN, 80, width, 150),
        dice.pick((DECO, DECO_BOLD)),
        colors.deep,
        largest=42,
        subtitle=ITALIC,
    )
    page.add(rect(MARGIN, 240, width, 1.2, colors.accent))
    page.set_contributor(Box(MARGIN, 246, width, 32), SMALL_CAPITALS, colors.deep, largest=15)
    page.add(rect(0, 562, WIDTH, 38, colors.deep))
    page.add(rect(0, 562, WIDTH, 2.5, colors.accent))
    page.set_small_print(Box(MARGIN, 566, width, 32), colors.deep)


def _draw_grand_fan(page: Page) -> None:
    colors, dice = page.palette, page.dice
    blades = dice.pick((9, 11, 13, 15))
    x, y, reach = 200.0, 562.0, 256.0
    angle = 180 / blades
    for place in range(blades):
        start = -90 + place * angle
        tip = polar(x, y, reach + 14, start + angle / 2)
        ends = (polar(x, y, reach, start + 1), tip, polar(x, y, reach, start + angle - 1))
        tone = (colors.accent, colors.bloom)[place % 2]
        page.add(path(points(((x, y), *ends)), tone))
    for radius in (206.0, 150.0):
        page.add(ring(x, y, radius, colors.deep, 5))
    page.add(circle(x, y, 96, colors.deep), circle(x, y, 86, colors.paper))
    page.add(circle(x, y, 74, colors.deep), circle(x, y, 62, colors.accent))


def _draw_small_fans(page: Page) -> None:
    colors, dice = page.palette, page.dice
    across = dice.pick((3, 4, 5))
    radius = WIDTH / across / 2
    name = page.name("fan")
    blades = 7
    parts = [circle(0, 0, radius, colors.deep), circle(0, 0, radius - 2.5, colors.accent)]
    parts.append(circle(0, 0, radius - 5, colors.deep))
    rays = "".join(
        points(
            (
                (0, 0),
                *(
                    polar(0, 0, radius - 8, -90 + 180 * (place + edge) / blades)
                    for edge in (0.12, 0.88)
                ),
            )
        )
        for place in range(blades)
    )
    parts.append(path(rays, colors.bloom))
    parts.append(circle(0, 0, radius * 0.36, colors.deep))
    parts.append(circle(0, 0, radius * 0.3, colors.accent))
    page.add(define(name, parts))
    row, y = 0, 300 + radius
    while y < 575 + radius:
        offset = radius if row % 2 else 0.0
        for place in range(across + 1 - row % 2):
            page.add(use(name, f"translate({num(offset + 2 * radius * place)} {num(y)})"))
        y += radius
        row += 1
