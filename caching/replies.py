"""What Redis says over a connection (RESP 3), read as it comes: replies, and pushes between."""

from collections.abc import Callable
from typing import Any

import redis
from hiredis import PushNotification, Reader
from redis._parsers import BaseParser

MORE = object()
"""Stands for what has not come whole."""


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
        self._reader = Reader(
            protocolError=redis.InvalidResponse, replyError=_error, notEnoughData=MORE
        )

    def read(self, number: int) -> list[Any]:
        """The next replies; a refusal of one of the questions is an error among them.

        Raises InvalidResponse for what is none, and ConnectionError while Redis is not ready.
        """
        replies = [self._reply() for _reply in range(number)]
        self._hear_out()
        return replies

    def hear(self, piece: bytes) -> None:
        """What came without being asked for; the rest of it is waited for."""
        self._add(piece)
        self._hear_out()

    def _reply(self) -> Any:
        while type(said := self._next()) is PushNotification:
            self._take(said)
        if isinstance(said, redis.ConnectionError):  # Redis is not ready: no refusal
            raise said
        return said

    def _hear_out(self) -> None:
        while self._reader.has_data():
            said = self._next()
            if type(said) is not PushNotification:
                raise redis.InvalidResponse("Redis said more than it was asked for.")
            self._take(said)

    def _next(self) -> Any:
        while (said := self._reader.gets()) is MORE:
            self._add(self._receive())
        return said

    def _take(self, pushed: list[Any]) -> None:
        if pushed[0] == b"invalidate":
            self._invalidate(pushed[1])

    def _add(self, piece: bytes) -> None:
        if not piece:
            raise Broken("Redis has closed the connection.")
        self._reader.feed(piece)


def _error(word: str) -> Exception:
    """What redis-py makes of it."""
    parser: Any = BaseParser
    error: Exception = parser.parse_error(word)
    return error
