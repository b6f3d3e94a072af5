"""Marbled: combed marble paper with a pasted-on label, like a binding of 1830."""

from storefront.covers.drawing import define, frame, num, path, rect, use
from storefront.covers.lettering import BOOK_BOLD, ITALIC, ROMAN, ROMAN_CAPITALS
from storefront.covers.page import HEIGHT, WIDTH, Box, Page
from storefront.covers.palettes import mix


def draw(page: Page) -> None:
    """Draw the paper and the label, and set the label."""
    colors, dice = page.palette, page.dice
    page.fill(colors.deep)
    _draw_comb(page)
    width = dice.whole(256, 286)
    height = dice.whole(204, 236)
    x, y = (WIDTH - width) / 2, dice.pick((96, 120, 180))
    page.add(rect(x + 2, y + 3, width, height, "#000", opacity=".28"))
    page.add(rect(x, y, width, height, colors.paper))
    page.add(frame(x + 8, y + 8, width - 16, height - 16, colors.ink, 2))
    page.add(frame(x + 12, y + 12, width - 24, height - 24, colors.ink, 0.8))
    inner = width - 52
    page.set_title(
        Box(x + 26, y + 24, inner, height - 86),
        dice.pick((ROMAN, BOOK_BOLD, ROMAN_CAPITALS)),
        colors.paper,
        largest=42,
        smallest=13,
        subtitle=ITALIC,
    )
    page.add(rect(x + width / 2 - 18, y + height - 56, 36, 1.5, colors.accent))
    page.set_contributor(
        Box(x + 22, y + height - 50, width - 44, 30), ITALIC, colors.paper, largest=18
    )
    _set_footer(page)


def _set_footer(page: Page) -> None:
    words, colors = page.words, page.palette
    if words.series or words.imprint:
        page.add(rect(0, 566, WIDTH, 34, colors.deep))
        page.set_small_print(Box(30, 566, WIDTH - 60, 34), colors.deep)


def _draw_comb(page: Page) -> None:
    """Draw columns of drawn-out scallops, row upon row in changing inks."""
    colors, dice = page.palette, page.dice
    tooth = dice.pick((20.0, 25.0, 33.3))
    depth = tooth * dice.real(1.5, 2.4)
    name = page.name("comb")
    half = num(tooth / 2)
    tip = f"q{num(tooth * 0.08)} {num(depth)} {half} {num(depth)}"
    tip += f"q{num(tooth * 0.42)} 0 {half} {num(-depth)}"
    count = int(WIDTH / tooth) + 2
    data = f"M{num(-tooth / 2)} 0{tip * count}V-70H{num(-tooth / 2)}z"
    page.add(define(name, [path(data, "inherit")]))
    inks = [
        colors.deep,
        colors.bloom,
        colors.accent,
        mix(colors.deep, colors.bloom, 0.45),
        colors.paper,
    ]
    tones = dice.shuffled(inks)
    step = dice.whole(15, 19)
    rows = int((HEIGHT + 2 * depth) / step) + 1
    for row in range(rows, -1, -1):
        y = row * step - depth
        page.add(use(name, f"translate(0 {num(y)})", fill=tones[row % len(tones)]))
