"""Border: a printer's frame of repeated ornaments around classical type."""

from storefront.covers.drawing import circle, define, frame, path, rect, shift, use
from storefront.covers.lettering import ITALIC, ROMAN, ROMAN_CAPITALS, SMALL_CAPITALS
from storefront.covers.page import HEIGHT, WIDTH, Box, Page

_UNIT = 40

_ORNAMENTS = {
    "tulip": "M0 17V2M0 2c-9 0-13-8-11-19c4 2 7 5 8 9c0-5 1-8 3-11c2 3 3 6 3 11c1-4 4-7 8-9"
    "c2 11-2 19-11 19zM0 15c-3-7-8-9-14-8c1 6 6 9 14 8c8 1 13-2 14-8c-6-1-11 1-14 8z",
    "star": "M0-17L4-4L17 0L4 4L0 17L-4 4L-17 0L-4-4z",
    "clover": "M0 0c-16-4-12-18 0-10c12-8 16 6 0 10c4-16 18-12 10 0c8 12-6 16-10 0"
    "c16 4 12 18 0 10c-12 8-16-6 0-10c-4 16-18 12-10 0c-8-12 6-16 10 0z",
    "lozenge": "M0-18L13 0L0 18L-13 0zM0-9L-6.5 0L0 9L6.5 0z",
    "heart": "M0 17C-20 4-17-15-7-15Q-1-15 0-8Q1-15 7-15C17-15 20 4 0 17z",
}


def draw(page: Page) -> None:
    """Draw the ornaments all around, and set the page as a title page."""
    colors, dice = page.palette, page.dice
    stock = colors.ground if dice.chance(0.75) else colors.tint
    text = colors.readable_on(stock)
    page.fill(stock)
    mark = colors.mark_on(stock)
    _draw_ornaments(page, mark, text)
    page.add(rect(_UNIT, _UNIT, WIDTH - 2 * _UNIT, HEIGHT - 2 * _UNIT, stock))
    page.add(frame(46, 46, WIDTH - 92, HEIGHT - 92, text, 2.2))
    page.add(frame(51, 51, WIDTH - 102, HEIGHT - 102, text, 0.8))
    page.set_title(
        Box(74, 92, WIDTH - 148, 226),
        dice.pick((ROMAN, ROMAN_CAPITALS, ITALIC)),
        stock,
        largest=58,
        smallest=15,
        leading=1.12,
    )
    name = page.name("ornament")
    page.add(use(name, shift(200, 362, scale="1.6"), fill=mark))
    page.set_contributor(Box(68, 408, WIDTH - 136, 56), SMALL_CAPITALS, stock, largest=15)
    page.set_small_print(Box(68, 506, WIDTH - 136, 24), stock)


def _draw_ornaments(page: Page, color: str, text: str) -> None:
    name = page.name("ornament")
    kind = page.dice.pick(tuple(_ORNAMENTS))
    page.add(
        define(name, [path(_ORNAMENTS[kind], fill_rule="evenodd")]).replace(' fill="none"', "")
    )
    scale = page.dice.pick(("0.72", "0.82"))
    turning = page.dice.chance(0.6)
    places = [(x, y) for x in range(10) for y in range(15) if x in (0, 9) or y in (0, 14)]
    for x, y in places:
        turn = 0
        if turning:
            turn = 90 if x == 9 and 0 < y < 14 else 270 if x == 0 and 0 < y < 14 else 0
            turn = 180 if y == 14 else turn
        place = shift(x * _UNIT + 20, y * _UNIT + 20, turn=turn, scale=scale)
        if (x + y) % 2 == 0:
            page.add(use(name, place, fill=color))
        else:
            page.add(circle(x * _UNIT + 20, y * _UNIT + 20, 4, text))
