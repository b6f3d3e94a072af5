"""What is done with the part of a request that nobody wanted to read."""

import io
from collections.abc import Iterable
from typing import Any

import pytest

from bookstore.serving.bodies import LARGEST_LEFTOVER, reading_to_the_end


def refuse(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("400 Bad Request", [])
    return [b"No."]


@pytest.mark.parametrize("length", [0, 1, 2_000_000])
def test_a_body_that_nobody_read_is_read_to_its_end(length: int) -> None:
    body = io.BytesIO(b"1" * length)
    environ = {"wsgi.input": body, "CONTENT_LENGTH": str(length)}
    answer = reading_to_the_end(refuse)(environ, lambda status, headers: None)
    assert list(answer) == [b"No."]
    assert body.read() == b""


def test_a_body_without_an_end_is_left() -> None:
    body = io.BytesIO(b"1" * (LARGEST_LEFTOVER + 5))
    environ = {"wsgi.input": body, "HTTP_TRANSFER_ENCODING": "chunked"}
    reading_to_the_end(refuse)(environ, lambda status, headers: None)
    assert len(body.read()) == 5
