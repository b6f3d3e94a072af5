"""Other shop systems, measured by the same clients on the same machine in the same run.

A peer is installed into a folder of its own below `var/`, never into the shop's environment, is
filled with the same books, and runs in processes of its own; nothing of it is imported here. It
names its pages and flows as benchmarks.scenarios does, as far as it has them.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.flows import Flow
from benchmarks.scenarios import Asked


@dataclass(frozen=True)
class Running:
    """A peer that answers."""

    port: int
    pages: Mapping[str, Asked]
    flows: Mapping[str, Flow]


class Peer(Protocol):
    """What the harness has to know of a peer."""

    name: str

    def install(self) -> None:
        """Bring it to this machine, unless it is here."""

    def running(self, folder: Path, told: Mapping[str, str]) -> AbstractContextManager[Running]:
        """Fill it with the books of `folder` and run it; `told` names the shop's own stores."""
