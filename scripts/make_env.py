"""Writes .env for compose.yaml: random secrets, and a list of what else can be set.

Run by `make env`, as often as you like: what is set already stays as it is.
"""

import os
import re
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
NEEDED = re.compile(r"\$\{([A-Z_]+):\?")
OFFERED = re.compile(r"\$\{([A-Z_]+):-((?:[^${}]|\$\{[^{}]*\})*)\}")
ELSEWHERE = re.compile(r"^(BOOKSTORE_ROLE|DATABASE_URL)=", re.MULTILINE)
SET = re.compile(r"^([A-Z_]+)=(.*)$", re.MULTILINE)
HEAD = """\
# For `docker compose` on this machine, by `make env`: which never changes what is set here.
# It holds secrets; git ignores it.
"""
OFFER = """
# What else can be set, with what holds otherwise; take the # away. .env.example explains the words.
"""


def new_env(present: str, compose: str) -> tuple[str, list[str]]:
    """The text of .env with all that `compose` needs, and the names of what was added."""
    known = {name: value for name, value in SET.findall(present) if value}
    missing = [name for name in dict.fromkeys(NEEDED.findall(compose)) if name not in known]
    text = present or HEAD
    for name in missing:
        # Hexadecimal, so that it needs no quoting in an address, in a shell or here.
        line = f"{name}={secrets.token_hex(32)}"
        text, is_filled = re.subn(rf"^{name}=$", line, text, count=1, flags=re.MULTILINE)
        if not is_filled:
            text = f"{text.rstrip()}\n{line}\n"
    if not present:
        text += OFFER + "".join(f"#{name}={value}\n" for name, value in offered(compose).items())
    return text, missing


def offered(compose: str) -> Mapping[str, str]:
    """What `compose` takes from .env and can do without, with what it takes then."""
    return dict(OFFERED.findall(compose))


def write(file: Path, text: str) -> None:
    """Replace the file at once, readable by its owner alone."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        output.write(text)
    new.replace(file)


def let_containers_read(folder: Path) -> None:
    """What compose.yaml mounts is public, but the checkout may be its owner's alone."""
    folder.chmod(folder.stat().st_mode | 0o055)
    for file in folder.iterdir():
        file.chmod(
            file.stat().st_mode | (0o055 if file.is_dir() or os.access(file, os.X_OK) else 0o044)
        )


def main() -> None:
    """Make what is missing, and say what comes next."""
    file = CHECKOUT / ".env"
    present = file.read_text() if file.exists() else ""
    if ELSEWHERE.search(present):
        sys.exit(
            "This .env was made from .env.example, for a shop without Compose: with it the shop"
            " would send everybody to https, where nobody answers. Move it away, run `make env`"
            " again, and take over what you have set yourself."
        )
    let_containers_read(CHECKOUT / "docker")
    text, added = new_env(present, (CHECKOUT / "compose.yaml").read_text())
    write(file, text)
    print(f"Added to .env: {', '.join(added)}." if added else "Nothing is missing in .env.")
    print("The shop starts with: docker compose up -d --build")


if __name__ == "__main__":
    main()
