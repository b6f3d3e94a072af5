"""Bands: Swiss type over stripes that swell toward the foot of the page."""

from storefront.covers.drawing import rect
from storefront.covers.lettering import GROTESQUE, GROTESQUE_BOLD
from storefront.covers.page import HEIGHT, MARGIN, WIDTH, Box, Page

_TOP = 300
_FOOT = 540


def draw(page: Page) -> None:
    """Draw the stripes, one of them in the accent color, and set the title above them."""
    colors, dice = page.palette, page.dice
    stock = dice.pick((colors.paper, colors.tint, colors.ground))
    page.fill(stock)
    count = dice.whole(8, 12)
    bright = dice.whole(count // 3, count - 2)
    main = colors.on_ground if stock == colors.ground else dice.pick((colors.field, colors.ink))
    pitch = (_FOOT - _TOP) / count
    for row in range(count):
        swell = 1.5 + (pitch - 3) * (row / (count - 1)) ** 1.1
        color = colors.mark_on(stock) if row == bright else main
        page.add(rect(0, _TOP + (row + 1) * pitch - swell, WIDTH, swell, color))
    page.add(rect(0, _FOOT, WIDTH, HEIGHT - _FOOT, main))
    width = WIDTH - 2 * MARGIN
    page.add(rect(MARGIN, 48, 44, 6, colors.mark_on(stock)))
    page.set_contributor(
        Box(MARGIN, 66, width - 24, 40, centered=False, vertical="top"), GROTESQUE, stock
    )
    page.set_title(
        Box(MARGIN, 114, width - 10, 168, centered=False, vertical="top"),
        GROTESQUE_BOLD,
        stock,
        largest=54,
        leading=1.04,
        subtitle=GROTESQUE,
    )
    page.set_small_print(Box(MARGIN, _FOOT, width, HEIGHT - _FOOT, centered=False), main)
