"""Tiles: a mirrored pattern of quarter circles, petals and triangles above a title panel."""

from storefront.covers.drawing import define, path, rect, shift, use
from storefront.covers.lettering import DECO_BOLD, GROTESQUE, GROTESQUE_BOLD
from storefront.covers.page import MARGIN, WIDTH, Box, Page

_SIDE = 80
_CELLS = WIDTH // _SIDE

_MOTIFS = {
    "quarter": "M-40-40h80a80 80 0 0 1-80 80z",
    "petal": "M-40-40a80 80 0 0 1 80 80a80 80 0 0 1-80-80z",
    "half": "M-40 0a40 40 0 0 1 80 0zM-40 40a40 40 0 0 1 80 0z",
    "corner": "M-40-40h80l-80 80z",
    "arc": "M-40-40h80a80 80 0 0 1-80 80v-27a53 53 0 0 0 53-53h-27a26 26 0 0 1-26 26z",
    "dot": "M-26 0a26 26 0 0 1 52 0a26 26 0 0 1-52 0z",
}


def draw(page: Page) -> None:
    """Draw five rows of tiles at the head or the foot, and the panel in the space left."""
    colors, dice = page.palette, page.dice
    tiles_top = 0 if dice.chance(0.65) else 200
    panel = colors.paper if dice.chance(0.6) else colors.ground
    page.fill(panel)
    if tiles_top == 0:
        page.corner = colors.second
    _draw_tiles(page, tiles_top, panel)
    panel_top = 400 if tiles_top == 0 else 0
    # A panel at the head keeps clear of the ribbon.
    shelf = panel_top + (16 if panel_top else 44)
    width = WIDTH - 2 * MARGIN
    face = dice.pick((GROTESQUE_BOLD, DECO_BOLD))
    box = Box(MARGIN, shelf, width - 10, 112 if panel_top else 98, centered=False)
    page.set_title(box, face, panel, largest=42, smallest=14, subtitle=GROTESQUE)
    page.set_contributor(
        Box(MARGIN, panel_top + 134 + (0 if panel_top else 8), width, 24, centered=False),
        GROTESQUE,
        panel,
        largest=16,
    )
    page.set_small_print(
        Box(MARGIN, panel_top + 164 + (0 if panel_top else 6), width, 16, centered=False), panel
    )


def _draw_tiles(page: Page, top: float, panel: str) -> None:
    colors, dice = page.palette, page.dice
    names = dice.shuffled(tuple(_MOTIFS))[:2]
    for name in names:
        page.add(define(page.name(name), [path(_MOTIFS[name], "inherit")]))
    other = colors.ground if panel == colors.paper else colors.paper
    grounds = (colors.second, other, colors.accent, panel)
    fronts = (other, colors.accent, panel, colors.ink if panel != colors.ink else colors.second)
    shift_by = dice.whole(0, 3)
    turn_by = dice.whole(0, 3)
    half = (_CELLS + 1) // 2
    plan = [[dice.whole(0, 3) for _ in range(half)] for _ in range(_CELLS)]
    for row in range(_CELLS):
        for column in range(_CELLS):
            mirrored = column >= half
            source = _CELLS - 1 - column if mirrored else column
            tone = (row + source + shift_by) % 4
            x, y = column * _SIDE, top + row * _SIDE
            page.add(rect(x, y, _SIDE, _SIDE, grounds[tone]))
            turn = 90 * ((plan[row][source] + turn_by) % 4)
            place = shift(x + 40, y + 40, scale="-1 1" if mirrored else "") + (
                f"rotate({turn})" if turn else ""
            )
            motif = names[(row + source) % 2]
            page.add(use(page.name(motif), place, fill=fronts[tone]))
