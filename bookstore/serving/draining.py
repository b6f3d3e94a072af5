"""gunicorn's worker with threads, which when told to stop turns nobody away who already came."""

import socket

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]


class DrainingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn carries no types
    """Answers what waits to be accepted before it closes its door, and closes that at once.

    gunicorn's own worker stops accepting, but keeps the door until its last connection has ended:
    the kernel goes on queueing requests there, and the end resets them all. With the door closed,
    nginx is refused instead, which it can still send to another process without harm.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        """Begin or stop to accept connections; gunicorn's loop calls it."""
        if self.alive or enabled:
            super().set_accept_enabled(enabled)
            return
        for listener in self.sockets:
            self._accept_all(listener)
        super().set_accept_enabled(enabled)
        for listener in self.sockets:
            listener.close()

    def _accept_all(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        before = None
        while self.nr_conns != before:
            before = self.nr_conns
            self.accept(listener)
