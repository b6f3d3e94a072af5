"""Suns: one great disk of rings, nested, or sliced and set askew."""

from storefront.covers.drawing import circle, path, ring
from storefront.covers.lettering import BOLD_ITALIC, BOOK_BOLD, DECO, ITALIC, SMALL_CAPITALS
from storefront.covers.page import MARGIN, WIDTH, Box, Page

_X, _Y, _RADIUS = 200, 226, 148
_GAP = 1.5


def draw(page: Page) -> None:
    """Draw the disk and set the title under it."""
    colors, dice = page.palette, page.dice
    dark = dice.chance(0.6)
    stock = colors.deep if dark else dice.pick((colors.paper, colors.tint))
    text = colors.readable_on(stock)
    page.fill(stock)
    tones = [colors.accent, colors.bloom if dark else colors.deep, text]
    if dice.chance(0.5):
        tones = [tones[1], tones[0], tones[2]]
    dice.pick((_concentric, _nested, _sliced))(page, tones, stock)
    width = WIDTH - 2 * MARGIN
    face = dice.pick((BOOK_BOLD, BOLD_ITALIC, DECO))
    page.set_title(Box(MARGIN, 396, width, 112), face, stock, largest=48, subtitle=ITALIC)
    page.set_contributor(Box(MARGIN, 520, width, 28), SMALL_CAPITALS, stock, largest=15)
    page.set_small_print(Box(MARGIN, 556, width, 20), stock)


def _concentric(page: Page, tones: list[str], stock: str) -> None:
    count = page.dice.whole(4, 6)
    heart = 44
    step = (_RADIUS - heart) / count
    for place in range(count):
        width = step * (0.18 + 0.6 * place / count)
        page.add(ring(_X, _Y, _RADIUS - place * step, tones[place % 2], width))
    page.add(circle(_X, _Y, heart - 6, tones[0]))


def _nested(page: Page, tones: list[str], stock: str) -> None:
    """Draw circles inside one another that all touch at one point."""
    count = page.dice.whole(4, 6)
    down = page.dice.pick((-1, 1))
    order = [tones[0], tones[1], stock]
    for place in range(count):
        radius = _RADIUS * (1 - place / (count + 0.6))
        page.add(circle(_X, _Y + down * (_RADIUS - radius), radius, order[place % 3]))


def _sliced(page: Page, tones: list[str], stock: str) -> None:
    """Draw a disk cut into strips, every other one pushed to the side."""
    count = page.dice.whole(5, 7)
    push = page.dice.pick((-1, 1)) * page.dice.real(14, 26)
    strip = 2 * _RADIUS / count
    for place in range(count):
        top = -_RADIUS + place * strip
        high = top + (_GAP if place else 0)
        low = top + strip - (_GAP if place < count - 1 else 0)
        x = _X + (push if place % 2 else -push)
        page.add(path(_strip(x, high, low), tones[place % 2]))


def _strip(x: float, high: float, low: float) -> str:
    """Return the part of the disk between two heights, which are relative to its middle."""
    near, far = _half_chord(high), _half_chord(low)
    arc = f"A{_RADIUS} {_RADIUS} 0 0 1"
    return (
        f"M{x - near:.1f} {_Y + high:.1f}H{x + near:.1f}{arc} {x + far:.1f} {_Y + low:.1f}"
        f"H{x - far:.1f}{arc} {x - near:.1f} {_Y + high:.1f}z"
    )


def _half_chord(height: float) -> float:
    return float(max(_RADIUS**2 - height**2, 0) ** 0.5)
