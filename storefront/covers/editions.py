"""The bookmark that tells an audiobook, e-book or large-print edition from the printed work."""

from storefront.covers.drawing import path, rect
from storefront.covers.page import Page

_LEFT, _WIDTH, _LENGTH, _NOTCH = 342, 28, 50, 9

_NAMES = {
    "audio": "audiobook",
    "audiobook": "audiobook",
    "ebook": "ebook",
    "epub": "ebook",
    "large_print": "large_print",
    "largeprint": "large_print",
}


def add_ribbon(page: Page, edition: str) -> None:
    """Hang a ribbon with a small sign over the top edge, for the formats that have one."""
    name = _NAMES.get(edition.strip().casefold().replace("-", "_").replace(" ", "_"))
    if name is None:
        return
    color = page.palette.mark_on(page.corner)
    right, middle = _LEFT + _WIDTH, _LEFT + _WIDTH / 2
    page.add(
        path(f"M{_LEFT} 0v{_LENGTH}l{_WIDTH / 2} {-_NOTCH}l{_WIDTH / 2} {_NOTCH}V0z", color),
        path(f"M{_LEFT} 0H{right}v3H{_LEFT}z", "#000", opacity="0.18"),
        _SIGNS[name](middle, page.palette.readable_on(color)),
    )


def _sound_wave(middle: float, color: str) -> str:
    bars = ((-8, 3), (-4, 7), (0, 10), (4, 6), (8, 3))
    data = "".join(f"M{middle + x:g} {22 - half}v{2 * half}" for x, half in bars)
    return path(data, stroke=color, stroke_width=2, stroke_linecap="round")


def _screen(middle: float, color: str) -> str:
    outline = rect(middle - 7.5, 11, 15, 21, "none", rx=2.5, stroke=color, stroke_width=1.8)
    return outline + path(f"M{middle - 4:g} 17h8m-8 4h8m-8 4h5", stroke=color, stroke_width=1.5)


def _large_letter(middle: float, color: str) -> str:
    # A drawn A beside a smaller one: it needs no font.
    data = f"M{middle - 9.5:g} 31l6.5-19l6.5 19m-11-6.5h9M{middle + 4:g} 31l3-9l3 9m-5-3h4"
    return path(data, stroke=color, stroke_width=1.9, stroke_linejoin="round")


_SIGNS = {"audiobook": _sound_wave, "ebook": _screen, "large_print": _large_letter}
