"""The page a layout works on: its size, its wording, and boxes to set that wording in."""

from dataclasses import dataclass, field
from typing import Literal

from storefront.covers.dice import Dice
from storefront.covers.lettering import ITALIC, SMALL_CAPITALS, Face, Line, lines_svg
from storefront.covers.palettes import Palette
from storefront.covers.typesetting import Setting, fit, set_at, sizes
from storefront.covers.wording import Words

WIDTH = 400
HEIGHT = 600
MARGIN = 36

_SUBTITLE_SHARE = 0.46
_SUBTITLE_SIZES = (13.0, 24.0)
_SUBTITLE_GAP = 0.75
_SUBTITLE_LEADING = 1.22
_SMALL_PRINT_SIZES = (9.5, 7.5)


@dataclass(frozen=True)
class Box:
    """A part of the page for text, and how the text sits in it."""

    x: float
    y: float
    width: float
    height: float
    centered: bool = True
    vertical: Literal["top", "middle", "bottom"] = "middle"

    def top_of(self, content: float) -> float:
        """Return where content of that height starts."""
        spare = {"top": 0.0, "middle": 0.5, "bottom": 1.0}[self.vertical]
        return self.y + (self.height - content) * spare


@dataclass
class Page:
    """A cover in the making."""

    words: Words
    palette: Palette
    dice: Dice
    shapes: list[str] = field(default_factory=list)
    blocks: list[tuple[Line, ...]] = field(default_factory=list)
    corner: str = ""
    """The color at the top right, which an edition's ribbon has to stand out from."""

    def add(self, *shapes: str) -> None:
        """Draw shapes on top of what is there; text always stays above all of them."""
        self.shapes.extend(shapes)

    def fill(self, color: str) -> None:
        """Cover the whole page in a color."""
        self.corner = color
        self.add(f'<path fill="{color}" d="M0 0h{WIDTH}v{HEIGHT}H0z"/>')

    def name(self, what: str) -> str:
        """Return an element id that no other cover uses."""
        return f"{what}-{self.dice.mark}"

    def set_title(
        self,
        box: Box,
        face: Face,
        on: str,
        *,
        largest: float = 50,
        smallest: float = 16,
        leading: float = 1.08,
        subtitle: Face = ITALIC,
    ) -> float:
        """Set title and subtitle on a color as large as the box allows; return where they end."""
        main, rest = self._fit_title(box, face, subtitle, largest, smallest, leading)
        gap = main.size * _SUBTITLE_GAP * 0.5 + 4 if rest else 0.0
        top = box.top_of(main.height + gap + (rest.height if rest else 0))
        self._place(main, box, face, on, top)
        bottom = top + main.height
        if rest:
            self._place(rest, box, subtitle, on, bottom + gap)
            bottom += gap + rest.height
        return bottom

    def set_contributor(
        self, box: Box, face: Face, on: str, *, largest: float = 19, smallest: float = 11
    ) -> None:
        """Set the contributor, shrunk to the box if need be."""
        if self.words.contributor:
            self._set(self.words.contributor, box, face, on, (largest, smallest))

    def set_small_print(self, box: Box, on: str) -> None:
        """Set series and imprint on one line; where both are too long the imprint goes."""
        parts = [part for part in (self.words.series, self.words.imprint) if part]
        both = " · ".join(parts)
        largest, smallest = _SMALL_PRINT_SIZES
        if both:
            fits = SMALL_CAPITALS.width(both.upper()) * smallest <= box.width
            top = box.top_of(largest)
            line = Box(box.x, top, box.width, largest, box.centered)
            self._set(both if fits else parts[0], line, SMALL_CAPITALS, on, _SMALL_PRINT_SIZES)

    def _set(self, text: str, box: Box, face: Face, on: str, span: tuple[float, float]) -> None:
        largest, smallest = span
        setting = fit(
            text, face, box.width, box.height, largest=largest, smallest=smallest, leading=1.25
        )
        self._place(setting, box, face, on, box.top_of(setting.height))

    def _fit_title(
        self,
        box: Box,
        face: Face,
        subtitle: Face,
        largest: float,
        smallest: float,
        leading: float,
    ) -> tuple[Setting, Setting | None]:
        words = self.words
        if words.subtitle:
            for size in sizes(largest, smallest):
                main = set_at(words.title, face, size, box.width, leading)
                rest = _subtitle_under(words.subtitle, subtitle, size, box.width)
                gap = size * _SUBTITLE_GAP * 0.5 + 4
                if main and rest and main.height + gap + rest.height <= box.height:
                    return main, rest
        whole = f"{words.title}: {words.subtitle}" if words.subtitle else words.title
        span = {"largest": largest, "smallest": smallest, "leading": leading}
        return fit(whole, face, box.width, box.height, **span), None

    def _place(self, setting: Setting, box: Box, face: Face, on: str, top: float) -> None:
        size = setting.size
        self.blocks.append(
            tuple(
                Line(
                    text,
                    face,
                    size,
                    on,
                    self.palette.readable_on(on),
                    box.x,
                    box.width,
                    top + size * (0.78 + row * setting.leading),
                    box.centered,
                )
                for row, text in enumerate(setting.lines)
            )
        )

    def svg(self) -> str:
        """Return everything drawn and set so far."""
        return "".join(self.shapes) + "".join(lines_svg(block) for block in self.blocks)


def _subtitle_under(text: str, face: Face, title_size: float, width: float) -> Setting | None:
    low, high = _SUBTITLE_SIZES
    size = min(max(title_size * _SUBTITLE_SHARE, low), high)
    return set_at(text, face, size, width, _SUBTITLE_LEADING)
