"""What is done inside the process that opens other people's pictures: one file in, sizes out.

`python rendering.py SOURCE FOLDER` writes `<width>.<kind>` into FOLDER for every width and kind,
and says on standard output what it found, or the code of why not (`making.REASONS`). It knows
nothing of Django, the database or the network, and limits itself before it looks at the file: a
picture that was made to harm finds little here to harm.
"""

import contextlib
import io
import json
import os
import resource
import struct
import sys
import warnings
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageFile import ImageFile

WIDTHS = (160, 320, 640)
"""In pixels, as far as the original is that wide: a narrower one is never enlarged."""
KINDS: dict[str, dict[str, Any]] = {
    "avif": {"format": "AVIF", "quality": 62, "speed": 7, "max_threads": 1},
    "webp": {"format": "WEBP", "quality": 80, "method": 4},
    "jpg": {"format": "JPEG", "quality": 82, "optimize": True, "progressive": True},
}
READ = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF")
"""What publishers send. The content tells; names and the sender's word count for nothing."""

MOST_PIXELS = 50_000_000  # more than a cover printed at 600 dots an inch
LONGEST_SIDE = 12_000
SHORTEST_SIDE = 50
MOST_STRETCHED = 4  # times as long as wide, or as wide as long

NICENESS = 5  # visitors' pages go first
MEMORY_BYTES = 1024**3
PROCESSOR_SECONDS = 30
LARGEST_WRITTEN = 8 * 1024**2  # bytes of one file
MOST_FILES = 64

# What may be wrong with bytes that say that they are a picture, as Pillow puts it.
BROKEN = (OSError, SyntaxError, ValueError, IndexError, KeyError, EOFError, TypeError,
          AttributeError, OverflowError, struct.error, zlib.error)  # fmt: skip


class Refused(Exception):
    """Nothing is made of this file; the message is the code that says why."""


def limit_myself() -> None:
    """From here on there is no more of anything than a picture needs."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_FSIZE, LARGEST_WRITTEN),
        (resource.RLIMIT_NOFILE, MOST_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.nice(NICENESS)


def render(source: Path, folder: Path) -> dict[str, Any]:
    """Make every size, and say what was found: width and height, upright, and color.

    Raises Refused.
    """
    from PIL import Image, UnidentifiedImageError

    warnings.simplefilter("ignore")  # of odd metadata, which is thrown away
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        with Image.open(source, formats=READ) as opened:
            full = opened.size
            _check_size(*full)
            picture = _decoded(opened)
    except UnidentifiedImageError:
        raise Refused("unknown") from None
    except bombs:
        raise Refused("too_large") from None
    except BROKEN:
        raise Refused("broken") from None
    is_turned = (picture.width > picture.height) != (full[0] > full[1])
    width, height = reversed(full) if is_turned else full
    for wide in sorted({min(width, each) for each in WIDTHS}):
        size = (wide, max(1, round(height * wide / width)))
        sized = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
        for kind, options in KINDS.items():
            sized.save(folder / f"{wide}.{kind}", **options)
    return {"width": width, "height": height, "color": _color(picture)}


def _check_size(width: int, height: int) -> None:
    """Look at what the header says, before a single pixel is made room for."""
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise Refused("too_large")
    if min(width, height) < SHORTEST_SIDE:
        raise Refused("too_small")
    if max(width, height) > MOST_STRETCHED * min(width, height):
        raise Refused("stretched")


def _decoded(opened: "ImageFile") -> "Image.Image":
    """The first frame as the eye should see it: upright, in sRGB, on white, and nothing else."""
    from PIL import ImageOps

    # A JPEG is decoded at a fraction of its size where that is plenty.
    opened.draft(None, (WIDTHS[-1] * 2, WIDTHS[-1] * 2))
    opened.load()
    picture: Image.Image = opened
    with contextlib.suppress(*BROKEN):  # a broken EXIF says nothing about which way is up
        picture = ImageOps.exif_transpose(opened)
    profile = opened.info.get("icc_profile")
    picture = _on_white(_in_srgb(picture, profile if isinstance(profile, bytes) else None))
    picture.info = {}  # or comments and profiles would go into what is made
    return picture


def _in_srgb(picture: "Image.Image", profile: bytes | None) -> "Image.Image":
    """The picture in RGB or RGBA, its colors as the profile says that they are meant."""
    colors, alpha = _parted(_in_eight_bits(picture))
    shown = _as_meant(colors, profile)
    if alpha is not None:
        shown.putalpha(alpha)
    return shown


def _parted(picture: "Image.Image") -> "tuple[Image.Image, Image.Image | None]":
    """The colors alone, and what of them is see-through; None: nothing is."""
    if picture.mode in ("P", "PA"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    elif picture.mode in ("La", "RGBa"):
        picture = picture.convert({"La": "LA", "RGBa": "RGBA"}[picture.mode])
    if picture.mode in ("LA", "RGBA"):
        return picture.convert({"LA": "L", "RGBA": "RGB"}[picture.mode]), picture.getchannel("A")
    if picture.mode in ("L", "RGB") and "transparency" in picture.info:
        return picture, picture.convert("RGBA").getchannel("A")
    return picture, None


def _as_meant(colors: "Image.Image", profile: bytes | None) -> "Image.Image":
    """The colors in RGB. Raises Refused where that cannot be told."""
    from PIL import ImageCms

    meant: Any = io.BytesIO(profile) if profile else None
    if meant is None and colors.mode == "LAB":
        meant = ImageCms.createProfile("LAB")
    if meant is not None:
        with contextlib.suppress(ImageCms.PyCMSError, *BROKEN):  # a wrong one is as good as none
            made = ImageCms.profileToProfile(
                colors, meant, ImageCms.createProfile("sRGB"), outputMode="RGB",
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )  # fmt: skip
            colors = made or colors
    if colors.mode == "LAB":  # which Pillow itself turns into nothing else
        raise Refused("broken")
    return colors.convert("RGB")


def _in_eight_bits(picture: "Image.Image") -> "Image.Image":
    """16 bits a pixel in 8; Pillow itself would cut off what is lighter than 255."""
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode == "F":
        extrema: Any = picture.getextrema()  # of one band: two numbers
        lowest, highest = extrema
        span = (highest - lowest) or 1.0
        return picture.point(lambda value: value * (255 / span) - lowest * 255 / span).convert("L")
    return picture


def _on_white(picture: "Image.Image") -> "Image.Image":
    from PIL import Image

    if picture.mode == "RGB":
        return picture
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _color(picture: "Image.Image") -> str:
    """The color of most of it, to stand there while the picture comes."""
    few = picture.resize((32, 32)).quantize(6)
    counted = few.getcolors() or [(1, 0)]
    palette = few.getpalette() or [255, 255, 255]
    place = 3 * int(max(counted)[1])  # type: ignore[call-overload]  # a palette's: one number
    red, green, blue = palette[place : place + 3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def main(source: str, folder: str) -> None:
    """Say what was found, or why not, as one line of JSON."""
    limit_myself()
    try:
        said = render(Path(source), Path(folder))
    except Refused as refused:
        said = {"refused": str(refused)}
    except MemoryError:
        said = {"refused": "too_dear"}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
