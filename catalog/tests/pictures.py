"""Small pictures to make covers of, and where their files go in tests."""

import io
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from catalog import covers
from catalog.models import Cover, Edition
from catalog.pictures import making

NASTY = Path(settings.BASE_DIR).parent / "shared" / "data" / "nasty" / "images"
RED, GREEN, BLUE = (200, 30, 30), (30, 160, 60), (30, 60, 200)


def picture(
    width: int = 200,
    height: int = 300,
    color: Any = RED,
    *,
    mode: str = "RGB",
    kind: str = "JPEG",
    **options: Any,
) -> bytes:
    """The bytes of a picture of one color."""
    made = io.BytesIO()
    Image.new(mode, (width, height), color).save(made, kind, **options)
    return made.getvalue()


def show_picture(edition: Edition, content: bytes = b"") -> Cover:
    """Have the edition show a picture that staff has uploaded, as the worker would."""
    content = content or picture()
    covers.upload(edition, io.BytesIO(content), at=timezone.now())
    cover = Cover.objects.get(edition=edition)
    covers.make_uploaded(cover.pk, at=timezone.now())
    cover.refresh_from_db()
    return cover


def pretend_picture(edition: Edition, *, width: int = 640, height: int = 960) -> Cover:
    """Have the edition show a picture of which only the row is there, for tests of pages."""
    cover: Cover = Cover.objects.create(
        edition=edition,
        source=Cover.Source.FETCHED,
        state=Cover.State.READY,
        digest=making.digest_of(edition.isbn13.encode()),
        width=width,
        height=height,
        color="#c81e1e",
        updated_at=timezone.now(),
    )
    return cover


def stored() -> list[str]:
    """The names of all covers in the storage."""
    names: list[str] = []
    if default_storage.exists("covers"):
        for folder in sorted(set(default_storage.listdir("covers")[0]) - {".waiting"}):
            names += [f"{folder}/{name}" for name in default_storage.listdir(f"covers/{folder}")[1]]
    return sorted(names)
