"""The form in which answers stand in Redis."""

import gzip

import pytest

from caching.kept import made_of, read, unkept, written

BODY = b"<h1>Emma</h1>" * 100


def test_what_was_written_is_read() -> None:
    kept = made_of(BODY, took_seconds=0.25, expires_at=1_000_000.5)
    again = read(written(kept, b"7\x002026-11-29"), b"7\x002026-11-29")
    assert again == kept
    assert again is not None
    assert (again.body, again.took_seconds, again.expires_at) == (BODY, 0.25, 1_000_000.5)
    assert len(again.tag) == 24


def test_the_body_is_packed_by_gzip_and_always_the_same() -> None:
    first, second = made_of(BODY, took_seconds=1.0), made_of(BODY, took_seconds=2.0)
    assert (first.packed, first.tag) == (second.packed, second.tag)
    assert gzip.decompress(first.packed) == BODY
    assert len(first.packed) < len(BODY) / 10
    assert made_of(BODY + b" ").tag != first.tag


@pytest.mark.parametrize("state", [b"", b"7", b"7\x00", b"70", b"8", b"07"])
def test_another_state_is_another_answer(state: bytes) -> None:
    value = written(made_of(BODY), b"7\x00a")
    assert read(value, state) is None


@pytest.mark.parametrize("value", [None, b"", b"a body of the release before", b"\x02" + b"7" * 90])
def test_what_another_release_wrote_is_not_understood(value: bytes | None) -> None:
    assert read(value, b"") is None
    assert read(value, b"7") is None


def test_what_nobody_keeps_is_not_packed() -> None:
    kept = unkept(BODY)
    assert (kept.body, kept.packed, kept.tag) == (BODY, b"", made_of(BODY).tag)
