"""Pipes: a rank of round-headed bars, rising and falling like an organ front."""

import math

from storefront.covers.drawing import path
from storefront.covers.lettering import DECO_BOLD, GROTESQUE, GROTESQUE_BOLD
from storefront.covers.page import HEIGHT, MARGIN, WIDTH, Box, Page


def draw(page: Page) -> None:
    """Draw the bars from the foot up and set the title over them."""
    colors, dice = page.palette, page.dice
    dark = dice.chance(0.5)
    stock = colors.deep if dark else dice.pick((colors.paper, colors.tint))
    page.fill(stock)
    tones = [colors.bloom if dark else colors.deep, colors.accent, colors.second]
    if dark:
        tones[2] = colors.paper
    _draw_bars(page, tones)
    width = WIDTH - 2 * MARGIN
    page.set_contributor(
        Box(MARGIN, 50, width - 60, 26, centered=False, vertical="top"), GROTESQUE, stock
    )
    page.set_title(
        Box(MARGIN, 86, width - 10, 168, centered=False, vertical="top"),
        dice.pick((GROTESQUE_BOLD, DECO_BOLD)),
        stock,
        largest=52,
        leading=1.04,
        subtitle=GROTESQUE,
    )
    page.add(path("M0 564h400v36H0z", stock))
    page.set_small_print(Box(MARGIN, 566, width, 30, centered=False), stock)


def _draw_bars(page: Page, tones: list[str]) -> None:
    dice = page.dice
    count = dice.pick((7, 9, 11))
    pitch = (WIDTH - 2 * MARGIN) / count
    wide = pitch * dice.pick((0.62, 0.8, 1.0))
    periods = dice.pick((0.5, 1.0, 1.5))
    phase = dice.pick((0.0, math.pi / 2, math.pi))
    every = dice.pick((2, 3, 4))
    for place in range(count):
        wave = math.sin(phase + 2 * math.pi * periods * place / (count - 1))
        top = 384 + 84 * wave
        left = MARGIN + place * pitch + (pitch - wide) / 2
        tone = tones[1] if place % every == 1 else tones[0 if place % 2 == 0 else 2]
        page.add(
            path(
                f"M{left:.1f} {HEIGHT}V{top:.1f}"
                f"a{wide / 2:.1f} {wide / 2:.1f} 0 0 1 {wide:.1f} 0V{HEIGHT}z",
                tone,
            )
        )
