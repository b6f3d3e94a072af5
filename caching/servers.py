"""Which Redis answers: after a failover or a restart another one does, with an older memory.

A replica may lack the last bumps of the server whose place it takes, and so does a memory that was
read from a file: a page and its generations then agree with each other and with nothing else. So
every answer depends on one generation more, the world; whoever connects to another server than the
one that kept this memory, or than it knew itself, ends that world before it asks anything.
"""

from typing import Any

import redis

WORLD = "world"
SERVED_BY = "served:by"  # the run_id of the server that has kept this memory so far

_known: dict[str, bytes] = {}  # by address: whom this process has met there


def token_key(name: str) -> str:
    """Where the token of a generation stands."""
    return f"token:{name}"


def greet(connection: Any) -> None:
    """Make a new connection ready, and take note of who is at its other end."""
    connection.on_connect()
    address = repr(connection.repr_pieces())
    server = _run_id(connection)
    if not server:
        return
    is_new_here = _known.setdefault(address, server) != server
    if is_new_here or _said(connection, "GET", SERVED_BY) != server:
        _said(connection, "UNLINK", token_key(WORLD))  # first, and never refused
        _known[address] = server
        _said(connection, "SET", SERVED_BY, server)


def _run_id(connection: Any) -> bytes:
    """A number of this server since it was started; nothing where it keeps that to itself."""
    told = _said(connection, "INFO", "server") or b""
    found = [line[7:] for line in told.splitlines() if line.startswith(b"run_id:")]
    return found[0] if found else b""


def _said(connection: Any, *command: str | bytes) -> bytes | None:
    connection.send_command(*command)
    try:
        answer: bytes | None = connection.read_response()
    except redis.exceptions.ReadOnlyError:
        raise  # a replica: what it says may be old, and it takes nothing
    except redis.ResponseError:  # without memory to spare, or without the right to ask
        return None
    return answer
