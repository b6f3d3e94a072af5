"""A closed loop of whole flows, each client a process of its own.

Threads of one process would wait for each other and be measured instead of the shop.
"""

import multiprocessing
import time
from multiprocessing.connection import Connection

from benchmarks.flows import Flow
from benchmarks.load import Measurement
from benchmarks.session import Session, Unexpected

START_SECONDS = 0.3  # so that all begin together
FORK = multiprocessing.get_context("fork")


def loop(port: int, flow: Flow, *, clients: int, seconds: float) -> Measurement:
    """Run the flow with so many clients; whoever has begun before the time is over finishes."""
    started_at = time.monotonic() + START_SECONDS
    pipes, processes = [], []
    for client in range(clients):
        receiver, sender = FORK.Pipe(duplex=False)
        until = started_at + seconds
        arguments = (sender, port, flow, client, clients, started_at, until)
        process = FORK.Process(target=_client, args=arguments)
        process.start()
        sender.close()
        pipes.append(receiver)
        processes.append(process)
    told = [pipe.recv() for pipe in pipes]
    for process in processes:
        process.join()
    return together(told, started_at)


Told = tuple[list[float], int, str, float]
"""Latencies in seconds, failures, the last one's words, and when the client has ended."""


def together(told: list[Told], started_at: float) -> Measurement:
    """All clients' figures; the time is that of the last one to end."""
    ended_at = max(end for *_figures, end in told)
    return Measurement(
        seconds=ended_at - started_at,
        latencies=[latency for latencies, *_rest in told for latency in latencies],
        failures=sum(failures for _latencies, failures, *_rest in told),
        last_words=next((words for _l, _f, words, _end in told if words), ""),
    )


def _client(
    told: Connection, port: int, flow: Flow, client: int, clients: int, start: float, until: float
) -> None:
    latencies: list[float] = []
    failures, words, turn = 0, "", client
    time.sleep(max(0.0, start - time.monotonic()))
    while time.monotonic() < until:
        session, began = Session(port), time.perf_counter()
        try:
            flow(session, turn)
            latencies.append(time.perf_counter() - began)
        except (Unexpected, OSError) as error:
            failures, words = failures + 1, str(error) or repr(error)
        finally:
            session.close()
        turn += clients
    told.send((latencies, failures, words, time.monotonic()))
