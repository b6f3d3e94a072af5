"""Initial: a large initial letter among scrolling vines, as in an Arts and Crafts book."""

from storefront.covers.drawing import circle, define, frame, leaf_shape, num, path, rect, shift, use
from storefront.covers.lettering import ITALIC, ROMAN, ROMAN_CAPITALS, SMALL_CAPITALS, Line
from storefront.covers.page import MARGIN, WIDTH, Box, Page
from storefront.covers.palettes import contrast
from storefront.covers.wording import initial_of, is_joined_script

_X, _Y, _SIDE = 70, 58, 260


def draw(page: Page) -> None:
    """Draw the square with its vines and letter; set the title below."""
    colors, dice = page.palette, page.dice
    light = dice.chance(0.5)
    stock = colors.paper if light else colors.deep
    panel = colors.deep if light else colors.paper
    text = colors.readable_on(stock)
    page.fill(stock)
    page.add(frame(18, 18, WIDTH - 36, 564, text, 1))
    page.add(rect(_X, _Y, _SIDE, _SIDE, panel))
    page.add(frame(_X - 6, _Y - 6, _SIDE + 12, _SIDE + 12, text, 1.5))
    vine = colors.bloom if light else colors.second
    if contrast(vine, panel) < 1.5:
        vine = colors.ground
    _draw_vines(page, vine, colors.accent, panel)
    _set_initial(page, panel)
    width = WIDTH - 2 * MARGIN - 8
    page.set_title(
        Box(MARGIN + 4, 340, width, 136),
        dice.pick((ROMAN, ROMAN_CAPITALS, ITALIC)),
        stock,
        largest=40,
    )
    page.add(path("M200 489l5 6l-5 6l-5-6z", colors.accent))
    page.set_contributor(Box(MARGIN + 4, 508, width, 30), SMALL_CAPITALS, stock, largest=15)
    page.set_small_print(Box(MARGIN + 4, 548, width, 18), stock)


def _draw_vines(page: Page, vine: str, berry: str, panel: str) -> None:
    """Draw one corner of scrolls and place it four times, turned or mirrored."""
    dice = page.dice
    name = page.name("vine")
    start = dice.real(34, 46)
    scrolls = [_scroll(-start, -86, 30), _scroll(-88, -36, 28), _scroll(-98, -98, 22)]
    tie = f"M0-118C-30-128-60-120{num(-start + 30)}-86M-118 0C-124-20-122-30-116-36"
    leaves = "".join(
        leaf_shape(x, y, across, up, 0.36)
        for x, y, across, up in (
            (-64, -58, 22, 16),
            (-122, -66, 2, -24),
            (-72, -121, 26, -3),
            (-14, -62, 12, -22),
            (-62, -12, -22, 9),
            (-8, -122, -22, 4),
        )
    )
    corner = [
        path("".join(scrolls) + tie, stroke=vine, stroke_width=4.5, stroke_linecap="round"),
        path(leaves, vine),
        circle(-start, -86, 6, berry),
        circle(-88, -36, 6, berry),
        circle(-98, -98, 5, berry),
        circle(-122, -122, 3, berry),
        circle(-4, -100, 4, berry),
    ]
    page.add(define(name, corner))
    middle_x, middle_y = _X + _SIDE / 2, _Y + _SIDE / 2
    for scale in ("1 1", "-1 1", "1 -1", "-1 -1"):
        page.add(use(name, shift(middle_x, middle_y, scale=scale)))
    page.add(circle(middle_x, middle_y, 66, panel))


def _scroll(x: float, y: float, radius: float) -> str:
    """Return a spiral of half circles that winds in toward a point."""
    data = [f"M{num(x + radius)} {num(y)}"]
    side, reach = -1, radius
    while reach > 8:
        smaller = reach * 0.8
        radius_now = (reach + smaller) / 2
        data.append(
            f"A{num(radius_now)} {num(radius_now)} 0 0 0 {num(x + side * smaller)} {num(y)}"
        )
        side, reach = -side, smaller
    return "".join(data)


def _set_initial(page: Page, panel: str) -> None:
    letter = initial_of(page.words.title)
    largest = 110.0 if is_joined_script(letter) else 150.0
    size = min(largest, 128 / max(ROMAN.width(letter), 0.1))
    baseline = _Y + _SIDE / 2 + size * 0.34
    fill = page.palette.readable_on(panel)
    line = Line(letter, ROMAN, size, panel, fill, _X + 50, _SIDE - 100, baseline, True)
    page.blocks.append((line,))
