"""Giant: nothing but the title, as large as the page takes it, and one plain mark."""

from storefront.covers.drawing import group, path, rect, shift
from storefront.covers.lettering import BOOK_BOLD, GROTESQUE, GROTESQUE_BOLD, ITALIC
from storefront.covers.page import MARGIN, WIDTH, Box, Page

_FOOT = 540
_MARKS = (
    "M0-100h100v100z",
    "M100-50a50 50 0 0 1-100 0a50 50 0 0 1 100 0z",
    "M0 0a100 100 0 0 1 100-100v100z",
    "M0-50a50 50 0 0 1 100 0zM0 0a50 50 0 0 1 100 0z",
    "M50-100a50 50 0 0 1 0 100zM0-100a50 50 0 0 1 50 50v50a50 50 0 0 1-50-50z",
    "M0 0L50-100L100 0z",
    "M0-100h46v46h-46zM54-100h46v46h-46zM54-46h46v46h-46zM0-46h46v46h-46z",
)


def draw(page: Page) -> None:
    """Set the title flush left from the head, and a mark in the space it leaves."""
    colors, dice = page.palette, page.dice
    stock = dice.pick((colors.ground, colors.ground, colors.ground, colors.tint))
    text = colors.readable_on(stock)
    page.fill(stock)
    mark = dice.pick(_MARKS)
    serif = dice.chance(0.5)
    width = WIDTH - 2 * MARGIN
    page.set_contributor(
        Box(MARGIN, 40, width - 66, 44, centered=False, vertical="top"),
        ITALIC if serif else GROTESQUE,
        stock,
        largest=21,
        smallest=12,
    )
    page.add(rect(MARGIN, 92, width, 2, text))
    bottom = page.set_title(
        Box(MARGIN, 108, width - 16, 370, centered=False, vertical="top"),
        BOOK_BOLD if serif else GROTESQUE_BOLD,
        stock,
        largest=100,
        smallest=18,
        leading=0.98,
        subtitle=ITALIC if serif else GROTESQUE,
    )
    size = min(max(_FOOT - bottom - 28, 36), 220)
    place = shift(WIDTH - MARGIN - size, _FOOT, scale=f"{size / 100:.2f}")
    page.add(group([path(mark, colors.mark_on(stock))], transform=place))
    page.set_small_print(Box(MARGIN, 552, width, 20, centered=False), stock)
