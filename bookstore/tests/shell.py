"""Runs the shop's commands as somebody at a terminal does: in a process and environment apart."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
NOTHING = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def run(*command: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run Python with `command`, with these variables and no other."""
    return subprocess.run(
        [sys.executable, *command],
        env={**NOTHING, **environment}, cwd=CHECKOUT,
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
