"""How many connections each web process has: in memory that all see who came of one master."""

import mmap
import os
import struct

ENTRY = struct.Struct("=II")  # the process, and how many it has


class Shares:
    """One entry for each process; whoever has ended counts no more."""

    def __init__(self, places: int) -> None:
        """For so many processes; made before they are forked."""
        self._places = places
        self._memory = mmap.mmap(-1, places * ENTRY.size)

    def note(self, place: int, connections: int) -> None:
        """Tell the others how many this process has; places beyond the last begin anew."""
        at = place % self._places * ENTRY.size
        ENTRY.pack_into(self._memory, at, os.getpid(), max(0, connections))

    def leave(self, place: int) -> None:
        """Tell the others that this process takes no more."""
        ENTRY.pack_into(self._memory, place % self._places * ENTRY.size, 0, 0)

    def fewest_of_others(self) -> int | None:
        """How many the process has that has fewest; None where there is no other one."""
        nobody_else = (0, os.getpid())
        return min(
            (
                connections
                for pid, connections in ENTRY.iter_unpack(self._memory)
                if pid not in nobody_else and _runs(pid)
            ),
            default=None,
        )


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's by now
        return False
    return True
