"""gunicorn's worker with threads: leaves its fellow a fair share, and loses nobody at its end."""

import os
import random
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from gunicorn.workers.gthread import (  # type: ignore[import-untyped]
    STOP_KEEPALIVE_LINGER,
    ThreadWorker,
)

from bookstore import request_id
from bookstore.serving.sharing import Shares
from bookstore.serving.threads import Threads

MOST_COUNTED = 12  # connections: who has so many more than others leaves them no more
PROCESSES = 64  # of one master, those that end while others begin among them
UNREADABLE = """\
HTTP/1.1 400 Bad Request\r
Connection: close\r
Content-Type: text/plain; charset=utf-8\r
Content-Length: {length}\r
Cache-Control: no-store\r
Content-Security-Policy: default-src 'none'\r
X-Content-Type-Options: nosniff\r
X-Request-ID: {number}\r
\r
"""


_shares = Shares(PROCESSES)  # before gunicorn forks


class DrainingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn carries no types
    """Answers what waits to be accepted before it closes its door, and closes that at once.

    gunicorn's own worker stops accepting, but keeps the door until its last connection has ended:
    the kernel goes on queueing requests there, and the end resets them all. With the door closed,
    nginx is refused instead, which it can still send to another process without harm.

    While it works it leaves connections to those who have fewer. The kernel tells all processes of
    each new one, and the quickest would take all that nginx opens at the same moment, and keeps, so
    that one process works and the other looks on.

    A connection takes a thread only for as long as a request is answered, and then goes back to the
    loop by itself.
    """

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, or leave it for now: the likelier, the more it has than others.

        Whoever has no more than they takes all that it would have to take to have as many: while
        all threads answer, each turn of the loop waits for Python's lock, and the last of 64 that
        come together would wait for a second.
        """
        _shares.note(self.age, self.nr_conns)
        fewest = _shares.fewest_of_others()
        more = 0 if fewest is None else self.nr_conns - fewest
        if more > 0 and random.random() * (1 + min(more, MOST_COUNTED)) >= 1:  # noqa: S311 - nobody gains by knowing it
            os.sched_yield()  # to a process that was woken on the same processor
            return
        for _place in range(max(1, -more)):
            before = self.nr_conns
            super().accept(listener)
            if self.nr_conns == before:
                break  # nobody waits any more
        _shares.note(self.age, self.nr_conns)

    def notify(self) -> None:
        """Say at each turn of gunicorn's loop that this process lives, and how many it has."""
        super().notify()
        if self.alive:
            _shares.note(self.age, self.nr_conns)

    def enqueue_req(self, conn: Any) -> None:
        """Have a thread answer, once there is something to be answered.

        gunicorn's own would give each new connection a thread, which waits for its first request up
        to five seconds; as many connections as threads, and nobody else is answered meanwhile.
        """
        if conn.initialized or conn.data_ready:
            self.tpool.give(conn)
        else:
            self._await(conn, self.pending_conns, self.on_pending_socket_readable)

    def get_thread_pool(self) -> Threads[Any]:
        """Our own threads; gunicorn's loop asks for them."""
        return Threads(self.cfg.threads, self._answer)

    def _answer(self, conn: Any) -> None:
        """Answer one request, and wait for the next one on that connection.

        gunicorn would have its loop do that, which would be woken up for it each time. All that is
        seldom is left to it.
        """
        outcome: Any = None
        try:
            outcome = self.handle(conn)
            if outcome is True and self.alive and not conn.parser.unreader.buf.getvalue():
                self._await(conn, self.keepalived_conns, self.on_client_socket_readable)
                return
        except BaseException:  # the thread must go on
            self.log.exception("A thread failed.")
        done: Future[Any] = Future()
        done.set_result(outcome)
        self.method_queue.defer(self.finish_request, conn, done)

    def _await(self, conn: Any, waiting: deque[Any], readable: Callable[..., None]) -> None:
        conn.set_timeout()
        waiting.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(readable, conn))
        if not self.alive:  # since a moment ago
            self._cap_keepalive(time.monotonic() + STOP_KEEPALIVE_LINGER)

    def _cap_keepalive(self, deadline: float) -> None:
        """Wait no longer than that for what a connection may still ask for; at the end."""
        for conn in [*self.keepalived_conns, *self.pending_conns]:
            conn.timeout = min(conn.timeout, deadline)

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
        _shares.leave(self.age)

    def handle(self, conn: Any) -> Any:
        """Answer one request, in a thread that still knows the number of its last one."""
        request_id.forget()
        return super().handle(conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer what is not HTTP and so never gets to Django; gunicorn's page has no number."""
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        number = request_id.number({})
        self.log.warning("Unreadable request: %s", exc)
        text = _("This request cannot be read. If you write to us, name this number: %s") % number
        body = text.encode()
        head = UNREADABLE.format(length=len(body), number=number)
        util.write_nonblock(client, head.encode() + body)

    def _accept_all(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        before = None
        while self.nr_conns != before:
            before = self.nr_conns
            super().accept(listener)
