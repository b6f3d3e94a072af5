"""What Redis says over a connection (RESP 3), read as it comes: replies, and pushes between."""

from collections.abc import Callable, Mapping
from typing import Any

import redis
from redis._parsers import BaseParser

END = b"\r\n"
STRING, ARRAY, NUMBER, DECIMAL, ERROR, NOTHING, WORD, PUSH = b"$*:,-_+>"
NO_REPLY = object()


class Broken(redis.ConnectionError):
    """The other end has hung up."""


class Replies:
    """What Redis says, read as it comes."""

    def __init__(
        self,
        receive: Callable[[], bytes],
        invalidate: Callable[[list[bytes] | None], object],
    ) -> None:
        """`receive` waits for the next piece; `invalidate` is given keys, or None for all."""
        self._receive = receive
        self._invalidate = invalidate
        self._said = b""
        self._at = 0

    def read(self, number: int) -> list[Any]:
        """The next replies; a refusal of one of the questions is an error among them."""
        replies = [self._reply() for _reply in range(number)]
        self._hear_out()
        return replies

    def hear(self, piece: bytes) -> None:
        """What came without being asked for; the rest of it is waited for."""
        self._add(piece)
        self._hear_out()

    def _reply(self) -> Any:
        while (value := self._value()) is NO_REPLY:
            pass
        return value

    def _hear_out(self) -> None:
        while self._at < len(self._said):
            if self._said[self._at] != PUSH:
                raise redis.InvalidResponse("Redis said more than it was asked for.")
            self._value()
        self._said, self._at = b"", 0

    def _value(self) -> Any:
        begin = self._at
        while (end := self._said.find(END, begin)) < 0:
            self._add(self._receive())
        kind, word = self._said[begin], self._said[begin + 1 : end]
        self._at = end + 2
        if kind == STRING:
            return self._string(int(word))
        if kind == ARRAY:
            return [self._value() for _place in range(int(word))]
        if kind in SHORT:
            return SHORT[kind](word)
        if kind == PUSH:
            return self._pushed([self._value() for _place in range(int(word))])
        raise redis.InvalidResponse(f"Redis said {chr(kind)!r} and {word!r}.")

    def _string(self, length: int) -> bytes | None:
        if length < 0:
            return None
        begin, end = self._at, self._at + length
        self._at = end + 2
        while len(self._said) < self._at:
            self._add(self._receive())
        return self._said[begin:end]

    def _pushed(self, words: list[Any]) -> Any:
        if words[0] == b"invalidate":
            self._invalidate(words[1])
        return NO_REPLY

    def _add(self, piece: bytes) -> None:
        if not piece:
            raise Broken("Redis has closed the connection.")
        self._said += piece


def _error(word: bytes) -> Exception:
    """What redis-py makes of it."""
    parser: Any = BaseParser
    error: Exception = parser.parse_error(word.decode("utf-8", "replace"))
    if isinstance(error, redis.ConnectionError):  # Redis is not ready: no refusal
        raise error
    return error


SHORT: Mapping[int, Callable[[bytes], Any]] = {
    WORD: bytes,
    NUMBER: int,
    DECIMAL: float,
    NOTHING: lambda _word: None,
    ERROR: _error,
}
"""What stands in one line."""
