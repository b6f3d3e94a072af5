"""Leaves: rows of sprigs, as on a printed cotton, behind a title panel."""

from storefront.covers.drawing import circle, define, leaf_shape, num, path, rect, shift, use
from storefront.covers.lettering import BOOK_BOLD, ITALIC, ROMAN, SMALL_CAPITALS
from storefront.covers.page import WIDTH, Box, Page

_SPRIG = 132


def draw(page: Page) -> None:
    """Draw the rows of sprigs and set the panel."""
    colors, dice = page.palette, page.dice
    stock = dice.pick((colors.deep, colors.paper, colors.ground))
    if stock == colors.paper:
        leaf, berry = colors.deep, colors.accent
    elif stock == colors.deep:
        leaf, berry = colors.bloom, colors.accent
    else:
        leaf, berry = colors.readable_on(stock), colors.accent
    page.fill(stock)
    _draw_rows(page, leaf, berry)
    panel = colors.paper if stock != colors.paper else colors.deep
    top = dice.pick((96, 190, 330))
    page.add(rect(0, top, WIDTH, 196, panel))
    page.add(
        rect(0, top + 7, WIDTH, 1.5, colors.accent), rect(0, top + 187, WIDTH, 1.5, colors.accent)
    )
    page.set_title(
        Box(38, top + 20, WIDTH - 76, 112),
        dice.pick((ROMAN, BOOK_BOLD, ITALIC)),
        panel,
        largest=44,
    )
    page.set_contributor(Box(38, top + 136, WIDTH - 76, 26), SMALL_CAPITALS, panel, largest=15)
    page.set_small_print(Box(38, top + 164, WIDTH - 76, 16), panel)


def _draw_rows(page: Page, leaf: str, berry: str) -> None:
    dice = page.dice
    across = dice.pick((4, 5))
    pitch = WIDTH / across
    scale = pitch / 84
    name = page.name("sprig")
    page.add(define(name, _sprig(page, leaf, berry)))
    tall = _SPRIG * scale
    rows = int(600 / tall) + 2
    alternate = dice.chance(0.5)
    for column in range(-1, across + 1):
        for row in range(rows):
            x = (column + 0.5) * pitch
            drop = tall / 2 if column % 2 else 0
            y = (row + 1) * tall - drop
            flip = -1 if alternate and (column + row) % 2 else 1
            place = shift(x, y, scale=f"{num(flip * scale * 10)}e-1 {num(scale * 10)}e-1")
            page.add(use(name, place))


def _sprig(page: Page, leaf: str, berry: str) -> list[str]:
    """Return a stem with pairs of leaves, its foot at the origin, and a flower or berries."""
    dice = page.dice
    pairs = dice.pick((3, 4, 5))
    length = dice.whole(30, 38)
    rise = dice.whole(12, 24)
    plump = dice.real(0.28, 0.5)
    leaves = []
    for place in range(pairs):
        y = -14 - place * 84 / pairs
        reach = length * (1 - 0.11 * place)
        for side in (-1, 1):
            leaves.append(leaf_shape(0, y, side * reach, -rise, plump))
    leaves.append(leaf_shape(0, -96, 0.01, -28, plump))
    shapes = [
        path("M0 0C4-30-3-60 0-100", stroke=leaf, stroke_width=2.2),
        path("".join(leaves), leaf),
    ]
    for side in (-1, 1):
        x = side * dice.pick((20, 24))
        shapes.append(path(f"M0-84Q{num(x / 2)}-92 {x}-110", stroke=leaf, stroke_width=1.6))
        shapes.append(circle(x, -112, 5.5, berry))
    return shapes
