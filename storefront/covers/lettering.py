"""The typefaces of the covers, and a line of text as it is placed on one."""

from dataclasses import dataclass

from storefront.covers.drawing import attributes, escape
from storefront.covers.metrics import Kind, text_width
from storefront.covers.wording import is_joined_script, is_right_to_left

_SERIF = (
    "'Iowan Old Style',Palatino,'Palatino Linotype',Georgia,'Liberation Serif','Noto Serif',"
    "'DejaVu Serif Condensed',serif"
)
_SANS = (
    "Avenir,'Avenir Next','Helvetica Neue','Segoe UI','Liberation Sans',Arial,'Noto Sans',"
    "'DejaVu Sans Condensed',sans-serif"
)
_DECO = (
    "Futura,'Century Gothic','Avenir Next','Liberation Sans',Arial,'Noto Sans',"
    "'DejaVu Sans Condensed',sans-serif"
)

_LONGEST_WORD = 20


@dataclass(frozen=True)
class Face:
    """A way of setting type: family, weight, slope, case and tracking (in ems)."""

    family: str
    kind: Kind
    bold: bool = False
    italic: bool = False
    capitals: bool = False
    tracking: float = 0.0

    def cased(self, text: str) -> str:
        """Return the text in the letters this face shows."""
        return text.upper() if self.capitals else text

    def spacing(self, text: str) -> float:
        """Return the tracking, which scripts with joined letters do without."""
        return 0.0 if is_joined_script(text) else self.tracking

    def width(self, text: str) -> float:
        """Return the estimated width of the (already cased) text in ems."""
        tracked = self.spacing(text) * len(text)
        return text_width(text, self.kind, bold=self.bold) + tracked


ROMAN = Face(_SERIF, "serif")
ITALIC = Face(_SERIF, "serif", italic=True)
BOOK_BOLD = Face(_SERIF, "serif", bold=True)
BOLD_ITALIC = Face(_SERIF, "serif", bold=True, italic=True)
ROMAN_CAPITALS = Face(_SERIF, "serif", capitals=True, tracking=0.08)
GROTESQUE = Face(_SANS, "sans")
GROTESQUE_BOLD = Face(_SANS, "sans", bold=True, tracking=-0.02)
SMALL_CAPITALS = Face(_SANS, "sans", capitals=True, tracking=0.14)
DECO = Face(_DECO, "sans", capitals=True, tracking=0.1)
DECO_BOLD = Face(_DECO, "sans", bold=True, capitals=True, tracking=0.05)


@dataclass(frozen=True)
class Line:
    """One line of text in its place; ``left`` to ``left + room`` is the space it may fill.

    ``on`` is the color behind the line, kept so that its contrast can be checked.
    """

    text: str
    face: Face
    size: float
    on: str
    fill: str
    left: float
    room: float
    baseline: float
    centered: bool

    @property
    def width(self) -> float:
        """The estimated width, or the space there is if the text has to be squeezed into it."""
        return min(self.face.width(self.text) * self.size, self.room)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """The left, top, right and bottom edges by the estimated metrics."""
        spare = self.room - self.width
        left = self.left
        if self.centered:
            left += spare / 2
        elif is_right_to_left(self.text):
            left += spare
        top, bottom = self.baseline - 0.8 * self.size, self.baseline + 0.25 * self.size
        return left, top, left + self.width, bottom

    def svg(self) -> str:
        """Return the text element; family and fill are left to the group around it."""
        given: dict[str, str | float] = {"x": self._start, "y": self.baseline}
        if is_right_to_left(self.text):
            given["direction"] = "rtl"
        if self._needs_squeezing:
            given |= {"textLength": self.width, "lengthAdjust": "spacingAndGlyphs"}
        return f"<text{attributes(given)}>{escape(self.text)}</text>"

    @property
    def _start(self) -> float:
        if self.centered:
            # Renderers put the tracking after the last letter too; half of it is taken back.
            return self.left + self.room / 2 + self.face.spacing(self.text) * self.size / 2
        return self.left + (self.room if is_right_to_left(self.text) else 0)

    @property
    def _needs_squeezing(self) -> bool:
        # Words in Latin letters are measured well enough to be left alone.  In scripts whose
        # widths are a guess, and in endless strings of one letter, a nearly full line might run
        # off the cover in another font, so its length is pinned.
        if self.face.width(self.text) * self.size > self.room * 1.01:
            return True
        guessed = any(char > "\u024f" and not "\u2010" <= char <= "\u2026" for char in self.text)
        endless = len(self.text) > _LONGEST_WORD and " " not in self.text
        return (guessed or endless) and self.width > 0.92 * self.room


def lines_svg(lines: tuple[Line, ...]) -> str:
    """Return lines that share face, size and color as one group."""
    if not lines:
        return ""
    line, face = lines[0], lines[0].face
    given: dict[str, str | float] = {"font-family": face.family, "font-size": line.size}
    if face.bold:
        given["font-weight"] = "700"
    if face.italic:
        given["font-style"] = "italic"
    if spacing := face.spacing("".join(each.text for each in lines)):
        given["letter-spacing"] = f"{spacing:.2f}em"
    if line.centered:
        given["text-anchor"] = "middle"
    given["fill"] = line.fill
    return f"<g{attributes(given)}>{''.join(each.svg() for each in lines)}</g>"
