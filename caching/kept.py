"""How an answer stands in Redis: what it was made of, its tag, and its body, compressed once.

The body is packed when it is computed, so that giving it to a browser packs nothing, and its tag is
known, so that telling a browser that it has it already looks at no body.
"""

import gzip
import hashlib
import math
import struct
import zlib
from dataclasses import dataclass, field

_HEAD = struct.Struct("!B24sdfH")  # form, tag, expires at, seconds it took, length of the state
_FORM = 1  # of the whole value: another release may write another one, and is not understood
_LEVEL = 6  # gzip's own: 9 takes a third longer and saves one part in a hundred


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it is kept."""

    tag: str
    """A digest of the body, in hexadecimal digits."""
    packed: bytes
    """The body, compressed by gzip: the same bytes for the same body; empty if nobody keeps it."""
    took_seconds: float = 0.0
    """How long it took to compute."""
    expires_at: float = 0.0
    """Until when it is given, in seconds since 1970; Redis keeps it for longer, for an outage."""
    plain: bytes | None = field(default=None, compare=False)
    """The body as it is, where it was just computed."""

    @property
    def was_read(self) -> bool:
        """Whether it stood in Redis, and was not just computed."""
        return self.plain is None

    @property
    def body(self) -> bytes:
        """The answer itself."""
        if self.plain is not None:
            return self.plain
        return zlib.decompress(self.packed, wbits=zlib.MAX_WBITS + 16)  # as gzip does, in C

    def is_due(self, *, at: float, chance: float) -> bool:
        """Whether to compute it anew although it holds: the likelier, the nearer its end is.

        So hardly ever does everybody wait when it ends. An answer that took long is due earlier.
        `at` is in seconds since 1970; `chance` is a random number from 0 up to 1. From: Vattani,
        Chierichetti, Lowenstein, Optimal Probabilistic Cache Stampede Prevention, VLDB 2015.
        """
        return at - self.took_seconds * math.log(1 - chance) >= self.expires_at


def unkept(body: bytes) -> Kept:
    """A body that was just computed, and that nobody keeps: it is not packed in advance."""
    return Kept(tag=_tag(body), packed=b"", plain=body)


def _tag(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=12).hexdigest()


def made_of(body: bytes, *, took_seconds: float = 0.0, expires_at: float = 0.0) -> Kept:
    """Pack a body that was just computed."""
    return Kept(
        tag=_tag(body),
        packed=gzip.compress(body, _LEVEL, mtime=0),
        took_seconds=took_seconds,
        expires_at=expires_at,
        plain=body,
    )


def written(kept: Kept, state: bytes) -> bytes:
    """The value that stands in Redis; `state` is what must be the same for the answer to hold."""
    head = _HEAD.pack(_FORM, kept.tag.encode(), kept.expires_at, kept.took_seconds, len(state))
    return head + state + kept.packed


def read(value: bytes | None, state: bytes | None, *, is_beginning: bool = False) -> Kept | None:
    """What stands in `value`, unless that is nothing, or the state is another or unknown.

    Where `state` is but its beginning, whatever follows it in the value's own is welcome.
    """
    if value is None or state is None or not value.startswith(state, _HEAD.size):
        return None
    form, tag, expires_at, took_seconds, length = _HEAD.unpack_from(value)
    if form != _FORM or length < len(state) or (length > len(state) and not is_beginning):
        return None
    return Kept(tag.decode(), value[_HEAD.size + length :], took_seconds, expires_at)
