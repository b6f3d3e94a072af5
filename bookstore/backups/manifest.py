"""The manifest of a backup: what it must be like to be restored."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

FORMAT = 1
MANIFEST, DATABASE, MEDIA = "manifest.json", "database.dump", "media.tar"


class Damaged(Exception):
    """A backup is not what its manifest says."""


@dataclass(frozen=True)
class Content:
    """What one file of the backup must be like."""

    size: int
    sha256: str

    @classmethod
    def of(cls, file: Path) -> "Content":
        """The file as it is."""
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        return cls(file.stat().st_size, digest)


@dataclass(frozen=True)
class Manifest:
    """When and by what a backup was made, and what is in it."""

    made_at: str
    release: str
    postgresql: int
    """The server's major version."""
    migrations: list[str]
    rows: dict[str, int]
    """How many each table has, counted in the very moment that was dumped."""
    files: dict[str, Content]

    def write(self, folder: Path) -> None:
        """Put it beside the files that it describes."""
        text = json.dumps({"format": FORMAT, **dataclasses.asdict(self)}, indent=2)
        (folder / MANIFEST).write_text(f"{text}\n")

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest in `folder`; raises Damaged."""
        try:
            fields = json.loads((folder / MANIFEST).read_text())
            if fields.pop("format") != FORMAT:
                raise Damaged(f"{folder.name} was made by a newer release, which must restore it.")
            files = {name: Content(**content) for name, content in fields.pop("files").items()}
            return cls(**fields, files=files)
        except FileNotFoundError:
            raise Damaged(f"{folder.name} has no {MANIFEST}: it was never finished.") from None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Damaged(f"The {MANIFEST} of {folder.name} cannot be read: {error}.") from None

    def check(self, folder: Path) -> None:
        """Raises Damaged unless every file is there and as it was."""
        for name, content in self.files.items():
            file = folder / name
            if not file.is_file():
                raise Damaged(f"{name} is missing in {folder.name}.")
            if Content.of(file) != content:
                raise Damaged(f"{name} in {folder.name} is not what was written: it is damaged.")
