"""The color schemes covers are printed in, and the arithmetic of contrast.

A palette is five inks that belong together.  Lettering is only ever set on ``paper``,
``ground``, ``deep`` or ``tint``, in whichever of ink and paper is legible there; ``accent`` and
``second`` are for drawing.  So every piece of text is legible by construction.
"""

from dataclasses import dataclass

_VISIBLE = 1.4
_APART = 1.75
READABLE = 4.5
"""The WCAG AA contrast ratio for body text."""


def mix(start: str, end: str, share: float) -> str:
    """Return the color that lies ``share`` (0 to 1) of the way from start to end."""
    pairs = zip(_channels(start), _channels(end), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def contrast(one: str, other: str) -> float:
    """Return the WCAG contrast ratio of two ``#rrggbb`` colors, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in _channels(color))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@dataclass(frozen=True)
class Palette:
    """Five inks that belong together."""

    name: str
    ground: str
    paper: str
    ink: str
    accent: str
    second: str

    @property
    def on_ground(self) -> str:
        """The lettering color for the ground: light on a dark one, dark on a light one."""
        return self.readable_on(self.ground)

    @property
    def deep(self) -> str:
        """The darkest full color, for night skies; the ink where the ground is a light one."""
        return self.ground if self.on_ground == self.paper else self.ink

    @property
    def bloom(self) -> str:
        """The color that stands in for the ground in a drawing made on ``deep``."""
        return self.second if self.deep == self.ground else self.ground

    @property
    def tint(self) -> str:
        """A pale stock with more color in it than the paper."""
        tones = (self.ground, self.accent, self.second)
        return mix(self.paper, max(tones, key=_luminance), 0.42)

    @property
    def field(self) -> str:
        """The main color of a drawing on paper: the ground, unless that is nearly paper itself."""
        return self.ground if contrast(self.ground, self.paper) > _VISIBLE else self.second

    def mark_on(self, color: str) -> str:
        """Return the brightest drawing color that can be told apart from the color."""
        for tone in (self.accent, self.second, self.ground):
            if contrast(tone, color) >= _APART:
                return tone
        return self.readable_on(color)

    def sun_on(self, sky: str) -> str:
        """Return the color of a sun or moon, which may stand out less than a mark."""
        if contrast(self.accent, sky) > _VISIBLE:
            return self.accent
        return self.second if sky == self.paper else self.paper

    def readable_on(self, color: str) -> str:
        """Return paper or ink, whichever stands out better from the color."""
        return max((self.paper, self.ink), key=lambda tone: contrast(tone, color))


PALETTES: tuple[Palette, ...] = (
    Palette("tyrian", "#5b2240", "#f6ead7", "#2a1220", "#d9803a", "#e3aa9a"),
    Palette("delft", "#21447c", "#f4efe2", "#14223f", "#dba63f", "#94b8d6"),
    Palette("vermilion", "#b3361f", "#f8eedb", "#261815", "#f0b750", "#5a1d17"),
    Palette("moss", "#3d5131", "#f3eed9", "#1f2a1b", "#dba63f", "#a3b57f"),
    Palette("ochre", "#dba540", "#fbf3df", "#2b2014", "#a63f22", "#2f5a5a"),
    Palette("coral", "#17293d", "#f7ece0", "#101c2b", "#ea6d54", "#739eac"),
    Palette("celadon", "#a9c6b1", "#f7f4e6", "#1b3430", "#d2603a", "#3f7467"),
    Palette("madder", "#e5ad9e", "#fbf1e7", "#42141f", "#a82a3d", "#64765a"),
    Palette("petrol", "#0f4c54", "#f3ecd8", "#0b2a2f", "#e58b3a", "#7cb5a8"),
    Palette("slate", "#3c4551", "#f1ede4", "#1e2329", "#e2b441", "#a9b6bf"),
    Palette("walnut", "#4d2f20", "#f5e8d0", "#2b180f", "#d17a35", "#86a595"),
    Palette("linen", "#e9dcc2", "#fbf7ec", "#22262e", "#b8372c", "#2f5d7c"),
    Palette("aubergine", "#33284f", "#f5ecdf", "#1c1530", "#e6a0a5", "#8b7fb8"),
    Palette("bottle", "#13422f", "#f4edd6", "#0b261c", "#d3ab4c", "#72a582"),
    Palette("sky", "#a0c6d7", "#faf5e8", "#17303f", "#de6440", "#2f6a8a"),
    Palette("brick", "#8a3324", "#f8ead6", "#2c120c", "#e9ad60", "#d9c3a5"),
    Palette("midnight", "#161f3c", "#f3e9cf", "#0d1326", "#d8b25a", "#5f76aa"),
    Palette("noir", "#1f1e1b", "#f4ecd8", "#161511", "#e2b333", "#c2482f"),
)
