"""A mail server on loopback that takes e-mails, or misbehaves in a way that a test chooses."""

import asyncio
import email
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

NEVER_SECONDS = 30


def _hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


class _Stubborn(SMTP):
    """Speaks SMTP until the test's server wants otherwise."""

    async def smtp_DATA(self, arg: str) -> None:
        """Hang up before the e-mail, or in the middle of it, before its final dot."""
        if self.event_handler.behavior == "drop at DATA":
            _hang_up(self)
            return
        if self.event_handler.behavior == "drop before the dot":
            await self.push("354 go on")
            await self._reader.readline()
            _hang_up(self)
            return
        await super().smtp_DATA(arg)


@dataclass
class MailServer:
    """What it received, and how it behaves towards the next e-mail."""

    behavior: str = ""
    """Empty: it takes them. Or `refuse 550`, `refuse 451`, `refuse recipient`, `hang`,
    `hang after the dot`, `drop at once`, `drop at DATA`, `drop before the dot`,
    `drop after the dot`, and `take slowly`.
    """
    received: list[Message] = field(default_factory=list)
    tries: int = 0
    before_yes: Callable[[], None] = lambda: None
    """Called when it has an e-mail, and before it says so."""
    port: int = 0

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.tries += 1
        session.host_name = hostname
        if self.behavior == "hang":
            await asyncio.sleep(NEVER_SECONDS)
        if self.behavior == "drop at once":
            _hang_up(server)
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.behavior == "refuse recipient":
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.behavior.startswith("refuse "):
            return f"{self.behavior.removeprefix('refuse ')} not now"
        content = envelope.content
        assert isinstance(content, bytes)
        self.received.append(email.message_from_bytes(content))
        self.before_yes()
        if self.behavior == "take slowly":
            await asyncio.sleep(0.5)
        if self.behavior == "hang after the dot":
            await asyncio.sleep(NEVER_SECONDS)
        if self.behavior == "drop after the dot":
            _hang_up(server)
        return "250 taken"


class _Controller(Controller):
    def factory(self) -> Any:
        """One for each connection."""
        return _Stubborn(self.handler, **self.SMTP_kwargs)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Runs one for the time of the block."""
    server = MailServer()
    with socket.create_server(("127.0.0.1", 0)) as free:
        server.port = free.getsockname()[1]
    controller = _Controller(server, hostname="127.0.0.1", port=server.port, ready_timeout=20)
    controller.start()
    server.tries = 0
    try:
        yield server
    finally:
        controller.stop(no_assert=True)
