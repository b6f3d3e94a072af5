"""Uploaded files: shown for ever, never run, and nothing else of the machine."""

import errno
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.test.client import Client
from pytest_django import Settings

from storefront.answering import FOR_EVER
from storefront.views.media import CHUNK, LONGEST_NAME

PICTURE = bytes(range(256)) * 1000  # more than one chunk


@pytest.fixture(autouse=True)
def media_root(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    default_storage.save("covers/emma.jpg", ContentFile(PICTURE))
    return tmp_path / "media"


def body(response: Iterable[bytes]) -> bytes:
    return b"".join(response)


def test_a_picture_is_sent_in_chunks_and_kept_for_ever(client: Client) -> None:
    response = client.get("/media/covers/emma.jpg", headers={"Accept-Encoding": "gzip"})
    assert response.status_code == 200
    assert response.streaming
    chunks = list(response)
    assert b"".join(chunks) == PICTURE
    assert [len(chunk) for chunk in chunks[:-1]] == [CHUNK] * (len(chunks) - 1)
    assert len(chunks) == 4
    expected = {
        "Content-Type": "image/jpeg",
        "Content-Length": str(len(PICTURE)),
        "Content-Disposition": "inline",
        "Cache-Control": FOR_EVER,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    assert {name: response[name] for name in expected} == expected
    assert "Vary" not in response
    assert not response.has_header("Content-Encoding")
    assert dict(response.cookies) == {}


def test_its_address_is_what_pages_link_to(client: Client) -> None:
    url = default_storage.url("covers/emma.jpg")
    assert url == "/media/covers/emma.jpg"
    assert body(client.get(url)) == PICTURE


def test_the_head_is_the_same_without_the_picture(client: Client) -> None:
    whole = client.get("/media/covers/emma.jpg")
    body(whole)
    head = client.head("/media/covers/emma.jpg")
    assert head.status_code == 200
    assert head.content == b""
    numbered = "X-Request-ID"  # the only thing that differs
    assert {**head.headers, numbered: ""} == {**whole.headers, numbered: ""}


@pytest.mark.parametrize("header", ["If-None-Match", "If-Modified-Since"])
def test_who_has_it_is_told_so(client: Client, header: str) -> None:
    head = client.head("/media/covers/emma.jpg")
    known = {"If-None-Match": head["ETag"], "If-Modified-Since": head["Last-Modified"]}[header]
    response = client.get("/media/covers/emma.jpg", headers={header: known})
    assert response.status_code == 304
    assert (response.content, response["ETag"]) == (b"", head["ETag"])
    assert response["Cache-Control"] == FOR_EVER


def test_a_file_that_was_put_there_anew_is_sent_anew(client: Client, media_root: Path) -> None:
    etag = client.head("/media/covers/emma.jpg")["ETag"]
    (media_root / "covers" / "emma.jpg").write_bytes(b"another")
    response = client.get("/media/covers/emma.jpg", headers={"If-None-Match": etag})
    assert (response.status_code, body(response)) == (200, b"another")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("leaflet.pdf", "application/pdf"),
        ("drawing.svg", "image/svg+xml"),
        ("page.html", "text/html"),
        ("page.xhtml", "application/xhtml+xml"),
        ("script.js", "text/javascript"),
        ("nothing-known", "application/octet-stream"),
        ("photo.jpg.html", "text/html"),
    ],
)
def test_what_is_no_picture_never_runs(client: Client, name: str, kind: str) -> None:
    default_storage.save(name, ContentFile(b"<script>alert(1)</script>"))
    response = client.get(f"/media/{name}")
    assert body(response) == b"<script>alert(1)</script>"
    assert response["Content-Type"] == kind
    assert response["Content-Disposition"] == "attachment"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "covers",
        "covers/",
        "covers/emma.jpg/",
        "covers/emma.jpg/more",
        "covers//emma.jpg",
        "covers/none.jpg",
        "./covers/emma.jpg",
        "../secret",
        "covers/../../secret",
        "..%2f..%2fsecret",
        "%2e%2e/secret",
        "%2fetc/passwd",
        "covers/emma.jpg%00.png",
        "covers%5cemma.jpg",
        ".hidden",
        "covers/.hidden",
        "covers/emma%0a.jpg",
        "covers/emma.jpg%0a",
        "a" * (LONGEST_NAME + 1),
        "%f0%9f%93%9a" * (LONGEST_NAME - 1),
        "%ff%fe",
        "",
    ],
)
def test_nothing_else_is_found(client: Client, media_root: Path, path: str) -> None:
    (media_root.parent / "secret").write_text("secret")
    for hidden in (media_root / ".hidden", media_root / "covers" / ".hidden"):
        hidden.write_text("secret")
    response = client.get(f"/media/{path}")
    assert response.status_code == 404
    assert b"secret" not in response.content
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_read(client: Client, method: str) -> None:
    response: HttpResponse = getattr(client, method)("/media/covers/emma.jpg")
    assert response.status_code == 405


@pytest.fixture
def broken_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(type(default_storage), "open", fail, raising=False)


@pytest.mark.usefixtures("broken_disk")
def test_a_disk_that_fails_is_told_of_and_not_kept(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    response = client.get("/media/covers/emma.jpg")
    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    assert "no-store" in response["Cache-Control"]
    assert "covers/emma.jpg cannot be read: [Errno 5] Input/output error" in caplog.text
