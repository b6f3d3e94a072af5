"""The layouts, each a function that draws and sets one page."""

from collections.abc import Callable

from storefront.covers.layouts import (
    arches,
    bands,
    border,
    composition,
    constellation,
    fan,
    giant,
    hills,
    initial,
    leaves,
    marbled,
    pipes,
    suns,
    tiles,
    waves,
)
from storefront.covers.page import Page

LAYOUTS: tuple[tuple[str, Callable[[Page], None]], ...] = (
    ("arches", arches.draw),
    ("bands", bands.draw),
    ("border", border.draw),
    ("composition", composition.draw),
    ("constellation", constellation.draw),
    ("fan", fan.draw),
    ("giant", giant.draw),
    ("hills", hills.draw),
    ("initial", initial.draw),
    ("leaves", leaves.draw),
    ("marbled", marbled.draw),
    ("pipes", pipes.draw),
    ("suns", suns.draw),
    ("tiles", tiles.draw),
    ("waves", waves.draw),
)
