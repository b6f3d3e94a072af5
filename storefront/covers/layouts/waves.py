"""Waves: a sea of overlapping scales under a low moon, cut as if in wood."""

from storefront.covers.drawing import circle, define, rect, use
from storefront.covers.lettering import BOOK_BOLD, ITALIC, ROMAN, SMALL_CAPITALS
from storefront.covers.page import MARGIN, WIDTH, Box, Page


def draw(page: Page) -> None:
    """Draw moon and sea; set the title in the sky."""
    colors, dice = page.palette, page.dice
    dark = dice.chance(0.45)
    sky = colors.deep if dark else dice.pick((colors.paper, colors.tint))
    page.fill(sky)
    moon = dice.pick((110, 200, 290))
    page.add(circle(moon, 372, dice.whole(62, 80), colors.sun_on(sky)))
    sea = colors.bloom if dark else colors.deep
    _draw_sea(page, sea, sky)
    width = WIDTH - 2 * MARGIN
    page.set_contributor(Box(MARGIN, 56, width, 26), SMALL_CAPITALS, sky, largest=15)
    face = dice.pick((ROMAN, BOOK_BOLD, ITALIC))
    page.set_title(
        Box(MARGIN, 92, width, 178, vertical="top"), face, sky, largest=56, subtitle=ITALIC
    )
    page.add(rect(0, 562, WIDTH, 38, colors.deep))
    page.set_small_print(Box(MARGIN, 562, width, 38), colors.deep)


def _draw_sea(page: Page, sea: str, line: str) -> None:
    """Draw rows of ringed disks, each row covering the lower half of the one behind it."""
    across = page.dice.pick((3, 4, 5))
    radius = WIDTH / across / 2
    rings = page.dice.whole(2, 3)
    weight = radius / 15
    name = page.name("scale")
    disks = [circle(0, 0, radius, sea, stroke=line, stroke_width=weight)]
    for place in range(1, rings + 1):
        inner = radius * (1 - place / (rings + 0.9))
        disks.append(circle(0, 0, inner, "none", stroke=line, stroke_width=weight))
    page.add(define(name, disks))
    row, y = 0, 372 + radius
    while y < 568 + radius:
        offset = radius if row % 2 else 0.0
        places = [offset + 2 * radius * place for place in range(across + 1 - row % 2)]
        page.add(*(use(name, f"translate({x:.1f} {y:.1f})") for x in places))
        y += radius / 2
        row += 1
