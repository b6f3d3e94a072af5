"""Pictures made into sizes: what is taken, how it looks then, and what is refused unharmed."""

import io
import resource
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from catalog.pictures import making, rendering
from catalog.pictures.making import BadPicture
from catalog.tests.pictures import GREEN, NASTY, RED, picture


@pytest.fixture(autouse=True)
def own_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `render` sets for its own process is taken back from this one."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)


def render(content: bytes, folder: Path) -> dict[str, Any]:
    """As the process of its own does it, but in this one, which is faster."""
    source = folder / "original"
    source.write_bytes(content)
    for old in folder.glob("*.*"):
        old.unlink()
    return rendering.render(source, folder)


def opened(folder: Path, name: str) -> Image.Image:
    image = Image.open(folder / name)
    image.load()
    return image


def middle(folder: Path, kind: str = "jpg", width: int = 160) -> tuple[int, ...]:
    image = opened(folder, f"{width}.{kind}")
    found = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    assert isinstance(found, tuple)
    return found


def is_near(found: tuple[int, ...], wanted: tuple[int, ...], by: int = 10) -> bool:
    return all(abs(one - other) <= by for one, other in zip(found, wanted, strict=True))


def test_every_width_is_made_in_every_kind() -> None:
    content = picture(1000, 1500)
    with making.made(content) as sizes:
        assert (sizes.width, sizes.height) == (1000, 1500)
        assert is_near(tuple(bytes.fromhex(sizes.color[1:])), RED)
        assert sizes.digest == making.digest_of(content)
        found = {}
        for name, path in sizes.files.items():
            with Image.open(path) as image:
                found[name] = (image.format, image.size)
    assert found == {
        f"{width}.{kind}": (name, (width, width * 3 // 2))
        for width in (160, 320, 640)
        for kind, name in (("avif", "AVIF"), ("webp", "WEBP"), ("jpg", "JPEG"))
    }
    assert not any(path.exists() for path in sizes.files.values())


@pytest.mark.parametrize(("width", "widths"), [(500, [160, 320, 500]), (160, [160]), (90, [90])])
def test_nothing_is_enlarged(tmp_path: Path, width: int, widths: list[int]) -> None:
    render(picture(width, 150), tmp_path)
    assert sorted(int(path.stem) for path in tmp_path.glob("*.jpg")) == widths


def test_it_stands_upright_and_keeps_nothing_of_what_the_camera_wrote(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Secret camera"
    lying = Image.new("RGB", (300, 200), GREEN)
    lying.paste(RED, (0, 0, 150, 200))  # the left half, which is the top once it is turned
    file = io.BytesIO()
    lying.save(file, "JPEG", exif=exif, comment=b"Secret words")

    found = render(file.getvalue(), tmp_path)

    assert (found["width"], found["height"]) == (200, 300)
    upright = opened(tmp_path, "160.jpg")
    assert upright.size == (160, 240)
    top = upright.getpixel((80, 20))
    assert isinstance(top, tuple)
    assert is_near(top, RED)
    for path in tmp_path.glob("160.*"):
        assert b"Secret" not in path.read_bytes()
        with Image.open(path) as image:
            assert not dict(image.getexif()), path.name
            assert "icc_profile" not in image.info


def cmyk() -> bytes:
    return picture(color=(0, 220, 220, 40), mode="CMYK")


def lab() -> bytes:
    """Red in CIELAB: lightness 43, a 60, b 45."""
    return picture(color=(110, 128 + 60, 128 + 45), mode="LAB", kind="TIFF")


def sixteen_bits() -> bytes:
    return picture(color=128 * 256, mode="I;16", kind="TIFF")


def in_unfit_profile() -> bytes:
    """With a profile that is sound, but for another kind of picture."""
    unfit = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    return picture(kind="PNG", icc_profile=unfit.tobytes())


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (cmyk(), (215, 29, 29)),
        (lab(), (193, 37, 31)),
        (sixteen_bits(), (128, 128, 128)),
        (picture(color=90, mode="L", kind="PNG"), (90, 90, 90)),
        (picture(color=1, mode="1", kind="PNG"), (255, 255, 255)),
        (picture(color=(*RED, 0), mode="RGBA", kind="PNG"), (255, 255, 255)),
        (picture(color=(0, 0, 0, 128), mode="RGBA", kind="PNG"), (127, 127, 127)),
        (picture(color=(50, 255), mode="LA", kind="PNG"), (50, 50, 50)),
        (picture(color=RED, kind="PNG", transparency=RED), (255, 255, 255)),
        (picture(color=RED, kind="GIF"), RED),
        (picture(kind="PNG", icc_profile=b"no profile at all"), RED),
        (in_unfit_profile(), RED),
    ],
    ids=[
        "CMYK", "LAB", "16 bits", "gray", "black and white", "see-through", "half see-through",
        "gray with alpha", "one color see-through", "palette", "broken profile", "unfit profile",
    ],
)  # fmt: skip
def test_colors_are_what_the_eye_should_see(
    tmp_path: Path, content: bytes, wanted: tuple[int, ...]
) -> None:
    render(content, tmp_path)
    for kind in ("jpg", "webp", "avif"):
        assert opened(tmp_path, f"160.{kind}").mode == "RGB"
        assert is_near(middle(tmp_path, kind), wanted, by=14), kind


def test_a_profile_is_applied(tmp_path: Path) -> None:
    """The same numbers in a wider space than sRGB are another color."""
    wide = NASTY / "icc_profile_big.jpg"
    if not wide.exists():
        pytest.skip("The shared data are not here.")
    with Image.open(wide) as image:
        plain = image.convert("RGB").resize((160, 94)).getpixel((80, 10))
    render(wide.read_bytes(), tmp_path)
    assert middle(tmp_path) != plain


def test_of_moving_pictures_the_first_is_taken(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (120, 180), color) for color in (RED, GREEN)]
    for kind in ("GIF", "WEBP", "TIFF"):
        file = io.BytesIO()
        frames[0].save(file, kind, save_all=True, append_images=frames[1:])
        render(file.getvalue(), tmp_path)
        assert is_near(middle(tmp_path, width=120), RED), kind


def huge_png(width: int, height: int) -> bytes:
    """A PNG whose header promises that many pixels, none of which is there."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unknown"),
        (b"\x89PNG\r\n\x1a\n", "unknown"),
        (b"", "unknown"),
        (picture(kind="BMP"), "unknown"),
        (picture()[:400], "broken"),
        (huge_png(40_000, 40_000), "too_large"),
        (huge_png(7_100, 7_100), "too_large"),
        (huge_png(12_001, 4_000), "too_large"),
        (picture(49, 200), "too_small"),
        (picture(100, 500), "stretched"),
    ],
    ids=[
        "SVG", "a beginning", "nothing", "a kind we do not take", "cut off", "a bomb",
        "a little too large", "too long", "tiny", "a strip",
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(rendering.Refused, match=f"^{code}$"):
        render(content, tmp_path)
    assert list(tmp_path.glob("*.*")) == []


EXPECTED = {
    "LICENSE-MIT-CMU": "unknown",
    "badwidth.bmp": "unknown",
    "broken_data_stream.png": "broken",
    "decompression_bomb.gif": "too_large",
    "decompression_bomb.ico": "unknown",
    "hopper_16bit.pgm": "unknown",
    "multiple_exif.jpg": "too_small",
    "truncated_end_chunk.png": "broken",
    "truncated_image.png": "broken",
    "truncated_jpeg.jpg": "broken",
    "zero_height.j2k": "unknown",
}
"""What becomes of the shared files that are refused; all others are odd, and taken."""


@pytest.mark.skipif(not NASTY.is_dir(), reason="The shared data are not here.")
def test_hostile_and_odd_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "WIDTHS", (64,))  # they are 27
    refused = {}
    for file in sorted(NASTY.iterdir()):
        try:
            render(file.read_bytes(), tmp_path)
        except rendering.Refused as problem:
            refused[file.name] = str(problem)
        else:
            assert len(list(tmp_path.glob("*.*"))) % 3 == 0
    assert refused == EXPECTED


def test_a_file_that_lies_about_its_kind_is_told_by_its_content() -> None:
    with pytest.raises(BadPicture, match="is no picture that we can use"):
        making.check(b"%PDF-1.7 cover.jpg", size=100)
    with pytest.raises(BadPicture, match="larger than 9 MB"):
        making.check(picture()[:16], size=making.LARGEST_FILE + 1)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A program in the place of the one that opens pictures."""
    path = tmp_path / "script.py"
    monkeypatch.setattr(making, "SCRIPT", path)
    return path


def test_what_hangs_is_ended(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script.write_text("while True: pass")
    monkeypatch.setattr(making, "SECONDS", 0.3)
    begun = time.monotonic()
    with pytest.raises(BadPicture, match="too much time or memory"), making.made(picture()):
        pass
    assert time.monotonic() - begun < 5


def test_what_falls_over_harms_nobody_and_knows_no_secret(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "very secret")
    script.write_text("import os; 'SECRET_KEY' in os.environ or os.kill(os.getpid(), 11)")
    with pytest.raises(BadPicture, match="too much time or memory"), making.made(picture()):
        pass


def test_it_limits_itself_before_it_looks() -> None:
    code = (
        "import resource, rendering; rendering.limit_myself();"
        "print(resource.getrlimit(resource.RLIMIT_AS)[0])\n"
        "try: bytearray(2 * 1024**3)\nexcept MemoryError: print('no more')"
    )
    folder = Path(rendering.__file__).parent
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    assert said.split("\n")[:2] == [str(rendering.MEMORY_BYTES), "no more"]
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != rendering.MEMORY_BYTES
