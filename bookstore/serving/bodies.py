"""What is done with the part of a request's body that nobody wanted to read."""

from collections.abc import Iterable
from typing import Any

LARGEST_LEFTOVER = 10 * 1024 * 1024  # bytes; nginx lets nothing larger through


def reading_to_the_end(application: Any) -> Any:
    """`application`, with what it left unread of a request's body read and thrown away.

    gunicorn would close the connection on the rest, and nginx, still sending it, would tell the
    visitor of a bad gateway instead of what was wrong with the request.
    """

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        response: Iterable[bytes] = application(environ, start_response)
        has_body = "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ
        left = LARGEST_LEFTOVER if has_body else 0
        while left > 0 and (read := environ["wsgi.input"].read(min(left, 65_536))):
            left -= len(read)
        return response

    return answer
