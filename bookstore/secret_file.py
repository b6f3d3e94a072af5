"""Random texts that a shop makes for itself, once, and keeps in files only it can read."""

import contextlib
import os
import secrets
from pathlib import Path


def secret(file: Path, *, length: int = 48) -> str:
    """The random text in `file`, which only its owner may read; made when it is not there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w") as new:
            new.write(secrets.token_urlsafe(length))
    return file.read_text()
