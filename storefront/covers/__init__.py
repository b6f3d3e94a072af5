"""Generated book covers: a work's key and wording in, a standalone SVG out.

``cover_svg`` is pure.  The key alone decides layout, palette and every variation, so all
editions of a work look alike and a cover never changes between two runs.
"""

from storefront.covers.dice import Dice
from storefront.covers.drawing import escape
from storefront.covers.editions import add_ribbon
from storefront.covers.layouts import LAYOUTS
from storefront.covers.page import HEIGHT, WIDTH, Page
from storefront.covers.palettes import PALETTES
from storefront.covers.wording import Words, clean, split_title

__all__ = ["cover_svg"]

_UNTITLED = "Untitled"


def cover_svg(
    *,
    key: str,
    title: str,
    contributor: str,
    format: str = "",
    series: str = "",
    imprint: str = "",
) -> str:
    """Return the cover of a work as an SVG document of 400 by 600 units.

    ``key`` identifies the work, not the edition; ``format`` only adds a ribbon to it.
    """
    page = compose(
        key=key, title=title, contributor=contributor, format=format, series=series, imprint=imprint
    )
    label = ", ".join(part for part in (clean(title) or _UNTITLED, clean(contributor)) if part)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img"><title>{escape(label)}</title>'
        f"{page.svg()}{_binding(page)}</svg>"
    )


def compose(
    *, key: str, title: str, contributor: str, format: str = "", series: str = "", imprint: str = ""
) -> Page:
    """Return the finished page, from which its lines of text can still be read."""
    dice = Dice(key)
    _, draw = dice.pick(LAYOUTS)
    palette = dice.pick(PALETTES)
    main, subtitle = split_title(clean(title) or _UNTITLED)
    words = Words(main, subtitle, clean(contributor), clean(series), clean(imprint))
    page = Page(words, palette, dice)
    draw(page)
    add_ribbon(page, format)
    return page


def _binding(page: Page) -> str:
    """Return the fold along the spine and a hairline edge, which make a picture a book."""
    fold = page.name("fold")
    stops = "".join(
        f'<stop offset="{place}" stop-color="{color}" stop-opacity="{strength}"/>'
        for place, color, strength in (
            ("0", "#000", ".13"),
            (".35", "#fff", ".16"),
            (".7", "#000", ".07"),
            ("1", "#000", "0"),
        )
    )
    return (
        f'<linearGradient id="{fold}">{stops}</linearGradient>'
        f'<path fill="url(#{fold})" d="M0 0h18v{HEIGHT}H0z"/>'
        f'<path fill="none" stroke="#000" stroke-opacity=".12" d="M.5.5h399v599H.5z"/>'
    )
