"""The worker, observed: each job's figures and name in its log lines, `/health` and `/metrics`."""

import asyncio
import contextlib
import faulthandler
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from procrastinate import App, JobContext
from procrastinate.app import WorkerOptions
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.worker import Worker
from prometheus_client import Counter, Histogram, make_wsgi_app
from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool
from structlog.contextvars import bind_contextvars

from bookstore.backlog import SILENT_SECONDS
from bookstore.job_book import ALONG_THE_INDEX, Book
from bookstore.pooled.base import check
from bookstore.queries import watched
from caching.jobs import NOW
from catalog.plans import ONE_PLAN

logger = logging.getLogger(__name__)

CONCURRENCY = 4
PROMPT_CONCURRENCY = 3  # besides, for what visitors see at once: it waits behind no long job
POLL_SECONDS = 0.25  # nobody announces that a job's turn has come, behind the one it waited for
SET_BACK_SECONDS = 5.0  # by less, a clock is corrected every day
AWAY_SECONDS = 1.0  # between two tries to reach PostgreSQL
HEARTBEAT_SECONDS = 5.0  # how often a worker says that it lives
END_SECONDS = 25.0  # after which a worker that was told to stop ends, whatever its jobs do
PATIENCE_SECONDS = 10.0  # how long a running job may go on once the worker was told to stop
ANSWER_SECONDS = 3.0  # how long the event loop may do one thing until it counts as stuck
SILENCE_SECONDS = 3.0  # how long whoever connects to METRICS_PORT may say nothing
BUCKETS = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800)

LONGEST_REASON = 2000
KEEP_FAILURE = """
INSERT INTO bookstore_jobfailure (job_id, message, failed_at)
VALUES (%(job_id)s, %(message)s, now())
ON CONFLICT (job_id) DO UPDATE SET message = excluded.message, failed_at = excluded.failed_at
"""

SECONDS = Histogram("bookstore_job_seconds", "How long jobs ran.", ["task"], buckets=BUCKETS)
ENDED = Counter(
    "bookstore_jobs_ended",
    "Jobs that ran, by whether they succeeded or failed; who failed may be tried again.",
    ["task", "outcome"],
)
DATABASE_SECONDS = Counter(
    "bookstore_job_database_seconds", "Time that jobs spent in PostgreSQL.", ["task"]
)


def connector() -> PsycopgConnector:
    """How a worker asks about jobs: one statement each time, which needs no transaction around it.

    BEGIN and COMMIT would be two more trips to PostgreSQL, a dozen times for the jobs of an order.
    And it is the same few statements all day, which are planned once.
    """
    parameters = connector_params() | {"prepare_threshold": 0}
    return PsycopgConnector(pool_factory=_pool, kwargs=parameters, configure=_prepare)


def _pool(**options: Any) -> AsyncConnectionPool:
    """Looks at each connection before it lends it, as the web processes' does.

    Procrastinate would have it ask PostgreSQL, which is one more trip for every statement.
    """

    async def look(lent: AsyncConnection) -> None:
        try:
            check(lent)
        except OperationalError:  # the others are dead, too
            await pool.drain()
            raise

    pool = AsyncConnectionPool(**{**options, "check": look})
    return pool


async def _prepare(connection: AsyncConnection) -> None:
    await connection.set_autocommit(True)
    await connection.execute(ALONG_THE_INDEX)
    await connection.execute(ONE_PLAN)


def run(app: App, *, port: int) -> None:
    """Run jobs until told to stop, answering on `port` meanwhile, unless that is 0."""
    asyncio.run(_run(app, port))


async def _run(app: App, port: int) -> None:
    loop = asyncio.get_running_loop()
    # As many as jobs may run: otherwise that depends on the machine's cores.
    loop.set_default_executor(ThreadPoolExecutor(CONCURRENCY + PROMPT_CONCURRENCY + 1))
    server = _listen(port, loop) if port else None
    told_to_stop = asyncio.Event()

    def stop() -> None:
        told_to_stop.set()
        # A job that hangs keeps nobody waiting: its thread is shown, and another worker takes over.
        faulthandler.dump_traceback_later(END_SECONDS, exit=True)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        while not told_to_stop.is_set():
            await _work_until(told_to_stop, app)
    finally:
        if server:
            await asyncio.to_thread(server.shutdown)
            server.server_close()


async def _work_until(told_to_stop: asyncio.Event, app: App) -> None:
    """Run jobs until told to stop, until PostgreSQL goes away, or until the clock is set back.

    Whoever ends takes its name off the list of workers, and another one takes over what it ran.
    Procrastinate's worker ends without PostgreSQL, sometimes as if all were well. Ending with it
    would help nobody: whoever starts workers again gives up when they end too often.
    """
    book = app.job_manager = Book(app)
    order = asyncio.create_task(told_to_stop.wait())
    clock = asyncio.create_task(_until_set_back())
    torn = asyncio.create_task(book.is_torn.wait())
    work = asyncio.create_task(_work(app))
    await asyncio.wait((order, clock, torn, work), return_when=asyncio.FIRST_COMPLETED)
    clock.cancel()
    torn.cancel()
    work.cancel()  # lets running jobs end, unless it has ended itself
    try:
        await work
    except asyncio.CancelledError:
        return
    except (ConnectorException, OperationalError) as error:
        why = error.__cause__ or error
        is_away = isinstance(why, OperationalError)  # or, say, a migration has changed what it asks
        words = "PostgreSQL does not answer; trying again" if is_away else "The worker begins anew"
        logger.warning("%s: %s", words, why)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(order, AWAY_SECONDS)


async def _until_set_back() -> None:
    """Wait until the clock shows much less than it did, and time went on.

    The worker remembers up to when it has planned what the clock does, and would wait for that.
    """
    latest = time.time() - time.monotonic()
    while (now := time.time() - time.monotonic()) > latest - SET_BACK_SECONDS:
        latest = max(latest, now)
        await asyncio.sleep(1)


async def _work(app: App) -> None:
    # The clock's jobs are planned over Django's connection of this one thread, and no request ends
    # in it that would drop a connection that broke.
    await sync_to_async(close_old_connections)()
    async with app.open_async():
        # Each is woken for its own alone: an order leaves jobs for both behind.
        queues = {task.queue for task in app.tasks.values()}
        rest = _options("worker", CONCURRENCY, queues - {NOW})
        prompt = _options("prompt", PROMPT_CONCURRENCY, {NOW})
        workers = [
            asyncio.create_task(app.run_worker_async(**options)) for options in (rest, prompt)
        ]
        try:
            await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        finally:  # none without the other
            for worker in workers:
                worker.cancel()
            ends = await asyncio.gather(*workers, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end


def _options(name: str, concurrency: int, queues: set[str]) -> WorkerOptions:
    """How a worker runs so many jobs of these queues at once."""
    return {
        "name": name,
        "queues": sorted(queues),
        "concurrency": concurrency,
        "install_signal_handlers": False,
        "fetch_job_polling_interval": POLL_SECONDS,
        "shutdown_graceful_timeout": PATIENCE_SECONDS,
        "update_heartbeat_interval": HEARTBEAT_SECONDS,
        "stalled_worker_timeout": SILENT_SECONDS,
        "worker_middleware": [counted],
        "task_middleware": [timed],
    }


async def counted(call_next: Callable[[], Any], context: JobContext, worker: Worker) -> Any:
    """Count a job, keep why it failed, and name it in all of its lines.

    Procrastinate's last line comes after this.
    """
    task = context.job.task_name
    bind_contextvars(task=task, job_id=context.job.id)
    started_at, outcome = time.perf_counter(), "failed"
    try:
        result = await call_next()
        outcome = "succeeded"
        return result
    except Exception as error:
        await _keep(context, error)
        raise
    finally:
        ENDED.labels(task, outcome).inc()
        SECONDS.labels(task).observe(time.perf_counter() - started_at)


async def _keep(context: JobContext, error: Exception) -> None:
    """Have staff know why; where PostgreSQL is away, the log alone does."""
    words = f"{type(error).__name__}: {error}"[:LONGEST_REASON].replace("\0", "")
    with contextlib.suppress(ConnectorException):
        await context.app.connector.execute_query_async(
            KEEP_FAILURE, job_id=context.job.id, message=words
        )


def timed(call_next: Callable[[], Any], context: JobContext, worker: Worker) -> Any:
    """Measure what a job asks of PostgreSQL, in the thread in which it does.

    The thread keeps its connection, as a request's does, unless it broke meanwhile.
    """
    close_old_connections()
    task = context.job.task_name
    with watched(lambda: task) as watch:
        try:
            return call_next()
        finally:
            DATABASE_SECONDS.labels(task).inc(watch.seconds)


# --- /health and /metrics -----------------------------------------------------------------------


class _Server(ThreadingMixIn, WSGIServer):
    """Answers each in a thread of its own, so that nobody keeps the others waiting, nor its end."""

    daemon_threads = True
    block_on_close = False


class _Quiet(WSGIRequestHandler):
    timeout = SILENCE_SECONDS

    def handle(self) -> None:
        """Answer, unless whoever connected says nothing or goes away."""
        with contextlib.suppress(OSError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: monitoring asks all day."""


def _listen(port: int, loop: asyncio.AbstractEventLoop) -> WSGIServer:
    """A server that answers in threads of its own, apart from the loop it tells of."""
    server = make_server("", port, observing(loop), _Server, _Quiet)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server


def observing(loop: asyncio.AbstractEventLoop) -> Callable[..., Iterable[bytes]]:
    """The WSGI application of a worker that runs on `loop`."""
    metrics = make_wsgi_app()

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            exposition: Iterable[bytes] = metrics(environ, start_response)
            return exposition
        if environ["PATH_INFO"] != "/health":
            status = "404 Not Found"
        else:
            status = "200 OK" if is_alive(loop) else "503 Service Unavailable"
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{status}\n".encode()]

    return answer


def is_alive(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether the loop, asked from another thread, answers in time."""
    if not loop.is_running():
        return False
    reply = asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop)
    try:
        reply.result(timeout=ANSWER_SECONDS)
    except TooLate:
        reply.cancel()
        return False
    return True
