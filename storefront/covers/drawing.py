"""SVG shapes as strings: the few kinds of element a cover is drawn with."""

import math
from collections.abc import Sequence
from html import escape as _escape

Point = tuple[float, float]


def num(value: float) -> str:
    """Return the number as briefly as SVG allows, to a tenth of a unit."""
    text = f"{value:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def escape(text: str) -> str:
    """Return the text for use in an element or a quoted attribute."""
    return _escape(text, quote=True)


def attributes(given: dict[str, str | float]) -> str:
    """Return XML attributes, leading space included; underscores become hyphens."""
    parts = []
    for name, value in given.items():
        shown = value if isinstance(value, str) else num(value)
        parts.append(f' {name.rstrip("_").replace("_", "-")}="{shown}"')
    return "".join(parts)


def rect(x: float, y: float, width: float, height: float, fill: str, **more: str | float) -> str:
    """Return a rectangle."""
    given: dict[str, str | float] = {"x": x, "y": y, "width": width, "height": height}
    return f"<rect{attributes(given | {'fill': fill} | more)}/>"


def circle(x: float, y: float, radius: float, fill: str, **more: str | float) -> str:
    """Return a circle."""
    given: dict[str, str | float] = {"cx": x, "cy": y, "r": radius, "fill": fill}
    return f"<circle{attributes(given | more)}/>"


def ring(x: float, y: float, radius: float, stroke: str, width: float) -> str:
    """Return the outline of a circle."""
    return circle(x, y, radius, "none", stroke=stroke, stroke_width=width)


def path(data: str, fill: str = "none", **more: str | float) -> str:
    """Return a path."""
    given: dict[str, str | float] = {"d": data, "fill": fill}
    return f"<path{attributes(given | more)}/>"


def frame(x: float, y: float, width: float, height: float, stroke: str, line: float) -> str:
    """Return the outline of a rectangle."""
    return rect(x, y, width, height, "none", stroke=stroke, stroke_width=line)


def group(shapes: Sequence[str], **more: str | float) -> str:
    """Return a group of shapes sharing attributes."""
    return f"<g{attributes(dict(more))}>{''.join(shapes)}</g>"


def define(name: str, shapes: Sequence[str]) -> str:
    """Return a definition that ``use`` can place any number of times."""
    return f'<defs><g id="{name}">{"".join(shapes)}</g></defs>'


def use(name: str, transform: str, **more: str | float) -> str:
    """Return a copy of a defined group."""
    return f'<use href="#{name}" transform="{transform}"{attributes(dict(more))}/>'


def shift(x: float, y: float, *, turn: float = 0, scale: str = "") -> str:
    """Return a transform: move, then turn by degrees, then scale."""
    parts = [f"translate({num(x)} {num(y)})"]
    if turn:
        parts.append(f"rotate({num(turn)})")
    if scale:
        parts.append(f"scale({scale})")
    return "".join(parts)


def polar(x: float, y: float, radius: float, degrees: float) -> Point:
    """Return the point at a distance and a compass bearing (0 is up, clockwise)."""
    angle = math.radians(degrees - 90)
    return x + radius * math.cos(angle), y + radius * math.sin(angle)


def points(corners: Sequence[Point], *, closed: bool = True) -> str:
    """Return path data joining the corners with straight lines."""
    return "M" + "L".join(f"{num(x)} {num(y)}" for x, y in corners) + ("Z" if closed else "")


def leaf_shape(x: float, y: float, across: float, up: float, plump: float) -> str:
    """Return a pointed leaf from a point along a vector, as wide as ``plump`` of its length."""
    side_x, side_y = -up * plump, across * plump
    near, far = 0.35, 0.75
    return (
        f"M{num(x)} {num(y)}c{num(across * near + side_x)} {num(up * near + side_y)} "
        f"{num(across * far + side_x)} {num(up * far + side_y)} {num(across)} {num(up)}"
        f"c{num(-across * (1 - far) - side_x)} {num(-up * (1 - far) - side_y)} "
        f"{num(-across * (1 - near) - side_x)} {num(-up * (1 - near) - side_y)} "
        f"{num(-across)} {num(-up)}"
    )
