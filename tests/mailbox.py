"""Reads the e-mails that a shop under development writes into a folder instead of sending them."""

import re
from collections.abc import Iterator
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from tests.patience import eventually

SEPARATOR = re.compile(r"^-{79}$", re.MULTILINE)


def sent_to(address: str, *, folder: Path) -> list[EmailMessage]:
    """The e-mails to `address`, the oldest first."""
    return [mail for mail in _all(folder) if address in str(mail["To"])]


def wait_for(address: str, subject: str, *, folder: Path) -> EmailMessage:
    """The latest e-mail to `address` with `subject` in its subject, once it is there."""
    found: list[EmailMessage] = []

    def has_come() -> bool:
        found[:] = [
            mail for mail in sent_to(address, folder=folder) if subject in str(mail["Subject"])
        ]
        return bool(found)

    eventually(has_come)
    return found[-1]


def plain_text(mail: EmailMessage) -> str:
    """What it says."""
    body = mail.get_body(("plain",))
    assert body is not None
    content: str = body.get_content()
    return content


def link(mail: EmailMessage, containing: str) -> str:
    """The path of the first address in it that has `containing` in it."""
    for address in re.findall(r"https?://[^\s<>\"]+", plain_text(mail)):
        if containing in address:
            parts = urlsplit(address)
            return f"{parts.path}?{parts.query}" if parts.query else parts.path
    raise AssertionError(f"no address with {containing!r} in:\n{plain_text(mail)}")


def _all(folder: Path) -> Iterator[EmailMessage]:
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime_ns)
    for file in files:
        *whole, _being_written = SEPARATOR.split(file.read_text())
        for text in whole:
            if text.strip():
                mail = message_from_string(text.lstrip(), policy=policy.default)
                assert isinstance(mail, EmailMessage)
                yield mail
