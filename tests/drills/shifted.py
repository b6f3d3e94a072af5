"""A worker whose clock jumps: it shows the real time and as many seconds more as a file says.

`python -m tests.drills.shifted FILE` runs `manage.py worker` like that; it reads the file anew all
the time.
"""

import datetime
import os
import sys
import threading
import time
from pathlib import Path

import time_machine
from django.core.management import execute_from_command_line

LOOK_SECONDS = 0.1


def shows(file: Path) -> str:
    """What the file said that the clock follows by now; nothing before the first shift."""
    shown = _shown(file)
    return shown.read_text() if shown.exists() else ""


def _shown(file: Path) -> Path:
    return file.with_suffix(".shown")


def follow(file: Path, clock: time_machine.Traveller) -> None:
    """Shift the clock whenever the file says something else."""
    shifted = 0.0
    while True:
        said = file.read_text()
        wanted = float(said or 0)
        if wanted != shifted:
            clock.shift(wanted - shifted)
            shifted = wanted
            told = file.with_suffix(".told")
            told.write_text(said)
            told.replace(_shown(file))
        time.sleep(LOOK_SECONDS)


def main() -> None:
    """Start the clock, then the worker."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstore.settings")
    clock = time_machine.travel(datetime.datetime.now(datetime.UTC), tick=True).start()
    threading.Thread(target=follow, args=(Path(sys.argv[1]), clock), daemon=True).start()
    execute_from_command_line(["manage.py", "worker"])


if __name__ == "__main__":
    main()
