"""Which Redis answers: after a failover or a restart another one does, with an older memory.

A replica may lack the last bumps of the server whose place it takes, and so does a memory that was
read from a file: a page and its generations then agree with each other and with nothing else. So
every answer depends on one generation more, the world; whoever connects to another server than the
one that kept this memory, or than it knew itself, ends that world before it asks anything. What
holds by itself, the live answers, is written anew once its era is over.
"""

import secrets
from typing import Any

import redis

WORLD = "world"
ERA = "era"  # begins with the run_id of the server that has kept this memory since it began

# At once, or each of the connections that are made at the same moment would end a world. The token
# first: that is never refused, however little memory is left, nor is what follows it.
END_ANOTHERS = """
local era = redis.call('GET', KEYS[2])
if ARGV[3] == 'yes' or not era or era:sub(1, #ARGV[1]) ~= ARGV[1] then
    redis.call('UNLINK', KEYS[1])
    redis.call('SET', KEYS[2], ARGV[1] .. ARGV[2])
end
"""

_known: dict[str, bytes] = {}  # by address: whom this process has met there


def token_key(name: str) -> str:
    """Where the token of a generation stands."""
    return f"token:{name}"


def greet(connection: Any) -> None:
    """Make a new connection ready, and take note of who is at its other end.

    Raises ReadOnlyError if that is a replica: what it says may be old, and it takes nothing.
    """
    connection.on_connect()
    address = repr(connection.repr_pieces())
    facts = _facts(connection)
    refuse_replica(facts.get(b"role"))
    if not (server := facts.get(b"run_id")):
        return
    is_new_here = _known.get(address, server) != server
    told = (server, secrets.token_hex(8), "yes" if is_new_here else "no")
    _said(connection, "EVAL", END_ANOTHERS, 2, token_key(WORLD), ERA, *told)
    _known[address] = server


def refuse_replica(role: bytes | None) -> None:
    """Raise ReadOnlyError if a server that says so of itself is a replica."""
    if role == b"slave":
        raise redis.exceptions.ReadOnlyError("This Redis is a replica: what it says may be old.")


def _facts(connection: Any) -> dict[bytes, bytes]:
    """What the server tells of itself: `run_id`, a number since it was started, `role` and more.

    Nothing where it keeps that to itself.
    """
    told = _said(connection, "INFO") or b""
    pairs = (line.partition(b":") for line in told.splitlines())
    return {name: value for name, _colon, value in pairs}


def _said(connection: Any, *command: str | bytes | int) -> bytes | None:
    connection.send_command(*command)
    try:
        answer: bytes | None = connection.read_response()
    except redis.ResponseError as error:
        if "READONLY" in str(error):  # a replica: what it says may be old, and it takes nothing
            raise redis.exceptions.ReadOnlyError(str(error)) from error
        return None  # it has no memory to spare, or the login no right to ask
    return answer
