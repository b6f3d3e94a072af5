"""The shop's gunicorn in a process of its own, with as little as it needs."""

import socket
import sys
from typing import IO

import psutil

from bookstore.tests.shell import CHECKOUT, NOTHING

ENVIRONMENT = {
    **NOTHING,
    "BOOKSTORE_ROLE": "redis",
    "SECRET_KEY": "of the tests",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "HTTPS_ONLY": "off",
    "LOG_FORMAT": "json",
    "WEB_CONCURRENCY": "1",
}


def start_gunicorn(
    *application: str, output: IO[str] | None = None, **environment: str
) -> tuple[psutil.Popen, int]:
    """gunicorn around the shop's role redis or another application, and the port it will open."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", *application, "--bind", f"127.0.0.1:{port}"]
    variables = {**ENVIRONMENT, **environment}
    return psutil.Popen(command, env=variables, cwd=CHECKOUT, stdout=output), port
