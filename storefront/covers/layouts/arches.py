"""Arches: a portal of nested arches, the title in its doorway."""

from storefront.covers.drawing import circle, path, rect
from storefront.covers.lettering import BOOK_BOLD, DECO, ITALIC, ROMAN
from storefront.covers.page import WIDTH, Box, Page


def draw(page: Page) -> None:
    """Draw the arches from the outermost in, and set everything in the innermost."""
    colors, dice = page.palette, page.dice
    door = colors.paper
    outer = dice.pick((colors.deep, colors.deep, colors.tint, colors.bloom))
    tones = [color for color in (colors.accent, colors.deep, colors.bloom) if color != outer]
    if outer == colors.deep:
        tones = [*tones, outer]
    page.fill(outer)
    count = dice.whole(3, 4)
    pointed = dice.chance(0.35)
    inset, last = 20.0, dice.real(62, 72)
    for place in range(count):
        step = inset + (last - inset) * place / count
        page.add(_arch(step, 40 + (step - inset) * 1.25, pointed, tones[place % len(tones)]))
    page.add(_arch(last, 40 + (last - inset) * 1.25, pointed, door))
    page.add(rect(0, 572, WIDTH, 28, colors.deep), rect(14, 564, WIDTH - 28, 8, colors.accent))
    x, width = last + 16, WIDTH - 2 * last - 32
    _draw_lamp(page, 164 if pointed else 142)
    page.set_title(
        Box(x, 206, width, 210),
        dice.pick((ROMAN, BOOK_BOLD, DECO)),
        door,
        largest=44,
        smallest=14,
    )
    page.add(rect(182, 432, 36, 1.5, colors.accent))
    page.set_contributor(Box(x, 442, width, 44), ITALIC, door, largest=19)
    page.set_small_print(Box(x, 520, width, 28), door)


def _arch(inset: float, top: float, pointed: bool, fill: str) -> str:
    left, right = inset, WIDTH - inset
    radius = (right - left) / 2
    if pointed:
        # Two arcs struck from beyond the middle, so they meet in a point.
        sweep = radius * 1.35
        spring = top + (sweep**2 - (sweep - radius) ** 2) ** 0.5
        head = f"A{sweep:.1f} {sweep:.1f} 0 0 1 200 {top:.1f}"
        head += f"A{sweep:.1f} {sweep:.1f} 0 0 1 {right:.1f} {spring:.1f}"
    else:
        spring = top + radius
        head = f"A{radius:.1f} {radius:.1f} 0 0 1 {right:.1f} {spring:.1f}"
    return path(f"M{left:.1f} 572V{spring:.1f}{head}V572z", fill)


def _draw_lamp(page: Page, y: float) -> None:
    accent = page.palette.accent
    kind = page.dice.whole(0, 2)
    if kind == 0:
        page.add(circle(200, y, 17, accent))
    elif kind == 1:
        page.add(path(f"M200 {y - 22}q4 18 22 22q-18 4-22 22q-4-18-22-22q18-4 22-22z", accent))
    else:
        page.add(path(f"M208 {y - 19}a20 20 0 1 0 0 38a15.5 19 0 0 1 0-38z", accent))
