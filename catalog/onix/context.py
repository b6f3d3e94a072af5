"""Context: what every part of reading a record shares: the file's defaults, the troubles so far."""

from dataclasses import dataclass, field

from catalog.onix.nodes import Node
from catalog.onix.prolog import Defaults
from catalog.onix.records import Trouble

MOST_TROUBLES = 50


@dataclass(slots=True)
class Context:
    """One record being read."""

    line: int
    """Where the record begins in the file."""
    defaults: Defaults
    troubles: list[Trouble] = field(default_factory=list)

    def trouble(self, element: str, message: str, node: Node | None = None) -> None:
        """Note that something is left out; `node` is what it stands in."""
        if len(self.troubles) < MOST_TROUBLES:
            line = self.line + max(node.line - 1, 0) if node is not None else self.line
            trouble = Trouble(element, message, line)
            if trouble not in self.troubles:
                self.troubles.append(trouble)
