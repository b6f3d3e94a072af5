"""Has a picture's sizes made by a process of its own, which may hang or blow up as it likes."""

import contextlib
import hashlib
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.pictures import rendering

LARGEST_FILE = 9 * 1024**2  # bytes; nginx lets 10 MB through to the back office
SECONDS = 120  # by the clock; of its processor's it has rendering.PROCESSOR_SECONDS
LONGEST_ANSWER = 2000  # bytes
RECIPE = b"1"
"""Another one when the same file is to become other sizes or kinds: they get other names."""
MAKERS = threading.BoundedSemaphore(2)
"""How many pictures one worker opens beside each other: each may take rendering.MEMORY_BYTES."""
SCRIPT = Path(rendering.__file__).resolve()

REASONS: dict[str, str | Promise] = {
    "unknown": gettext_lazy(
        "The file is no picture that we can use. Use JPEG, PNG, WebP, AVIF, GIF or TIFF."
    ),
    "broken": gettext_lazy("The picture is damaged or was cut off. Save it again and send that."),
    "too_large": gettext_lazy(
        "The picture has too many pixels. Make it at most 4,000 pixels wide, say."
    ),
    "too_small": gettext_lazy("The picture is smaller than 50 pixels: too small for a cover."),
    "stretched": gettext_lazy("The picture is a long strip, which no cover is."),
    "too_dear": gettext_lazy(
        "Opening the picture takes too much time or memory. Save it again as a plain JPEG."
    ),
    "too_heavy": gettext_lazy("The file is larger than 9 MB. Save it as a smaller JPEG."),
}


class BadPicture(Exception):
    """Nothing can be made of a file; the message, for staff, says why and what to do."""

    def __init__(self, code: str) -> None:
        super().__init__(str(REASONS.get(code, REASONS["broken"])))


@dataclass(frozen=True)
class Sizes:
    """What was made of a file, in a folder that is there for as long as `made` lasts."""

    digest: str
    """Of the original and the recipe, in 32 hexadecimal digits: what the sizes are named by."""
    width: int
    height: int
    """Of the original, upright."""
    color: str
    """Of most of it, as #rrggbb."""
    files: dict[str, Path]
    """By `<width>.<kind>`."""


def check(head: bytes, *, size: int) -> None:
    """Raises BadPicture for what can be seen from a file's size in bytes and its beginning."""
    if size > LARGEST_FILE:
        raise BadPicture("too_heavy")
    if not _begins_like_a_picture(head):
        raise BadPicture("unknown")


def _begins_like_a_picture(head: bytes) -> bool:
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"II*\0", b"MM\0*")):
        return True
    return (head[:4] == b"RIFF" and head[8:12] == b"WEBP") or head[4:10] == b"ftypav"


def digest_of(content: bytes) -> str:
    """What the sizes that are made of this file are named by."""
    return hashlib.sha256(RECIPE + content).hexdigest()[:32]


@contextlib.contextmanager
def made(content: bytes) -> Iterator[Sizes]:
    """The sizes of this picture until the block ends: all of them. Raises BadPicture."""
    check(content[:16], size=len(content))
    with tempfile.TemporaryDirectory(prefix="cover-") as name:
        folder = Path(name)
        source, sizes = folder / "original", folder / "sizes"
        source.write_bytes(content)
        sizes.mkdir()
        with MAKERS:
            found = _render(source, sizes)
        files = {path.name: path for path in sorted(sizes.iterdir())}
        yield Sizes(digest_of(content), found["width"], found["height"], found["color"], files)


def _render(source: Path, sizes: Path) -> dict[str, Any]:
    # Without this process's environment, which holds the shop's secrets.
    command = [sys.executable, "-I", "-B", str(SCRIPT), str(source), str(sizes)]
    try:
        done = subprocess.run(
            command, env={"MALLOC_ARENA_MAX": "2"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise BadPicture("too_dear") from None
    if done.returncode:  # killed by a limit, or a library that fell over
        raise BadPicture("too_dear" if done.returncode < 0 else "broken")
    found: dict[str, Any] = json.loads(done.stdout[:LONGEST_ANSWER])
    if "refused" in found:
        raise BadPicture(found["refused"])
    return found


def explain_upload_limit() -> str:
    """What may be sent, for the form."""
    return _("JPEG, PNG, WebP, AVIF, GIF or TIFF, at most 9 MB; 1,000 pixels wide is plenty.")
