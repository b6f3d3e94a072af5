"""A WSGI application for the tests of how gunicorn stops: it answers when it is allowed to.

nginx keeps its answer, which has ended, for when it cannot be asked.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Wait for the file that the header X-Gate names, having said in another that it waits."""
    if gate := environ.get("HTTP_X_GATE"):
        Path(f"{gate}.waiting").touch()
        while not Path(gate).exists():
            time.sleep(0.01)
    start_response("200 OK", [("Content-Length", "4"), ("X-Accel-Expires", "@1")])
    return [b"done"]
