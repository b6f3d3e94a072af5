"""`make bench ARGS=all`: the shop's scenarios beside a bare view, a plain file and other shops.

Needs `wrk` and `nginx`. Makes a catalogue up in engines of its own, starts all that is compared,
and loads one after the other in a closed loop. What is compared takes turns, and of each the round
in the middle counts, so that what else the machine does meets all. The clients share the machine
with the servers, and others may too: read the ratios. wrk asks for pages; flows, and pages that
take longer than SLOW_SECONDS, are asked for by forked processes, which finish what they have begun,
so that nobody works on into the next measurement.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks import drawing, forked, running, scenarios, stand, statements, table, wrk
from benchmarks.flows import Flow
from benchmarks.load import Outcome
from benchmarks.peers import Peer
from benchmarks.peers import Running as RunningPeer
from benchmarks.peers.oscar import Oscar
from benchmarks.peers.vendure import Vendure
from benchmarks.scenarios import Asked
from benchmarks.session import Session
from benchmarks.stand import Stand
from benchmarks.table import Row

SLOW_SECONDS = 0.02
WARM_UP_SECONDS = 1
WARM_UP_REQUESTS = 6  # of a slow page: there are two processes
SETTLE_SECONDS = 0.3
Measure = Callable[[], Row]

PEERS: Mapping[str, type[Peer]] = {"oscar": Oscar, "vendure": Vendure}


class _Run:
    """One run: measures, prints each row as it comes, and keeps them."""

    def __init__(self, options: argparse.Namespace, here: Stand, bare: int) -> None:
        self.rows: list[Row] = []
        self.seconds: int = options.seconds
        self.rounds: int = options.rounds
        self.clients: Sequence[int] = options.clients
        self._only: Sequence[str] = options.only
        self._here, self._bare = here, bare

    def all(self, peers: Mapping[str, RunningPeer]) -> None:
        """Every scenario, with every number of clients."""
        pages = scenarios.pages_of(self._here.frontend, self._here.found)
        live = scenarios.live_of(self._here.found)
        for clients in self.clients:
            load = os.getloadavg()[0]
            print(f"\n{clients} clients; load {load:.1f} on {os.cpu_count()} cores")
            print(table.line(table.HEADS))
            for name in self._chosen(scenarios.PAGES):
                self._page(name, pages[name], clients, peers)
            for name in self._chosen(scenarios.LIVE):
                self._live(name, live[name], clients)
                if clients == max(self.clients):
                    self._at_half(name, live[name], clients)
            for name in self._chosen((scenarios.HOME, scenarios.BOOK)):
                self._door(name, self._here.frontend, pages[name], clients)
            for name in self._chosen((scenarios.FEW, scenarios.BADGE)):
                self._door(name, self._here.live, live[name], clients)
            for name in self._chosen(scenarios.FLOWS):
                self._flow(name, clients, peers)

    def _chosen(self, names: Sequence[str]) -> Iterator[str]:
        yield from (each for each in names if not self._only or each in self._only)

    def _page(
        self, name: str, asked: Asked, clients: int, peers: Mapping[str, RunningPeer]
    ) -> None:
        here = self._here
        packed = replace(asked, headers={**asked.headers, **scenarios.PACKED})
        self._beside(
            self._bare_view(name, here.frontend, packed, clients),
            partial(self._ask, name, table.CACHED, here.frontend, packed, clients),
            partial(self._ask, name, table.UNCACHED, here.uncached_frontend, asked, clients),
            *(
                partial(self._ask, name, table.CHANGED, here.uncached_frontend, changed, clients)
                for changed in scenarios.changed(name, asked)
            ),
        )
        for peer, running_peer in peers.items():
            if theirs := running_peer.pages.get(name):
                self._keep(self._ask(name, peer, running_peer.port, theirs, clients))

    def _live(self, name: str, asked: Asked, clients: int) -> None:
        live = self._here.live
        self._beside(
            self._bare_view(name, live, asked, clients),
            partial(self._ask, name, table.LIVE, live, asked, clients),
        )

    def _bare_view(self, name: str, port: int, asked: Asked, clients: int) -> Measure:
        """Of as many bytes as what is asked of `port`."""
        same = Asked([f"/{_size(port, asked)}"], {})
        return partial(self._ask, name, table.BARE, self._bare, same, clients)

    def _at_half(self, name: str, asked: Asked, clients: int) -> None:
        """At half the rate that was reached just before, as on a day with room to spare."""
        pause_ms = 1000 * clients / (self.rows[-1].outcome.rate / 2)
        outcome = wrk.loop(
            self._here.live, asked.paths, clients=clients, headers=asked.headers,
            seconds=self.seconds, pause_ms=pause_ms,
        )  # fmt: skip
        self._keep(Row(name, table.HALF, clients, outcome))

    def _door(self, name: str, port: int, asked: Asked, clients: int) -> None:
        """Through nginx, beside a file of nginx as long as what the role on `port` says."""
        size = _size(port, asked)
        with stand.file_of(self._here.folder, size) as file:
            self._beside(
                partial(self._ask, name, table.FILE, file, Asked(["/"], {}), clients),
                partial(self._ask, name, table.DOOR, self._here.door, asked, clients),
            )

    def _flow(self, name: str, clients: int, peers: Mapping[str, RunningPeer]) -> None:
        flow = scenarios.flows_of(self._here.found)[name]
        walked = {
            table.CACHED: (self._here.whole, flow),
            table.UNCACHED: (self._here.uncached_whole, flow),
        }
        for peer, running_peer in peers.items():
            if theirs := running_peer.flows.get(name):
                walked[peer] = (running_peer.port, theirs)
        for port, each in walked.values():  # as pages are; new connections plan what they ask
            forked.loop(port, each, clients=min(self.clients), seconds=WARM_UP_SECONDS)
        measures = (
            partial(self._walk, name, subject, port, each, clients)
            for subject, (port, each) in walked.items()
        )
        for row in self._in_turns(*measures):
            self._keep(row)

    def _in_turns(self, *measures: Measure) -> list[Row]:
        """Measure each `rounds` times, one after the other; of each the round in the middle."""
        rounds = [[measure() for measure in measures] for _round in range(self.rounds)]
        return [
            replace(rows[-1], outcome=Outcome.middle([row.outcome for row in rows]))
            for rows in zip(*rounds, strict=True)
        ]

    def _beside(self, *measures: Measure) -> None:
        """Measure in turns and keep; the first is the yardstick of the others."""
        yardstick, *others = self._in_turns(*measures)
        self._keep(yardstick)
        for row in others:
            self._keep(replace(row, ratio=row.outcome.rate / yardstick.outcome.rate))

    def _ask(self, name: str, subject: str, port: int, asked: Asked, clients: int) -> Row:
        """Load the addresses; a slow one by processes that finish."""
        alone, told = _alone(port, asked)
        if alone > SLOW_SECONDS:
            return self._walk(name, subject, port, scenarios.sending(asked), clients)
        loop = partial(wrk.loop, port, asked.paths, clients=clients, headers=asked.headers)
        loop(seconds=WARM_UP_SECONDS)
        time.sleep(SETTLE_SECONDS)
        before = self._count(subject, port)
        outcome = loop(seconds=self.seconds)
        after = self._count(subject, port)
        sent = after.since(before) if before and after else told
        return Row(name, subject, clients, outcome, statements=sent)

    def _walk(self, name: str, subject: str, port: int, flow: Flow, clients: int) -> Row:
        own = _warm_up(port, flow)
        time.sleep(SETTLE_SECONDS)
        before = self._count(subject, port)
        measured = forked.loop(port, flow, clients=clients, seconds=self.seconds)
        after = self._count(subject, port)
        outcome = Outcome.of(measured)
        done = outcome.answers + outcome.failures
        sent = after.since(before, times=done) if before and after else own
        return Row(name, subject, clients, outcome, statements=sent)

    @staticmethod
    def _count(subject: str, port: int) -> statements.Count | None:
        is_ours = subject in (table.CACHED, table.UNCACHED, table.CHANGED, table.LIVE)
        return statements.count(port) if is_ours else None

    def _keep(self, row: Row) -> None:
        self.rows.append(row)
        print(table.line(table.cells(row, self.rows)), flush=True)
        if row.outcome.failures:
            print(f"  {row.outcome.failures} failed. {row.outcome.last_words}", flush=True)


def _size(port: int, asked: Asked) -> int:
    """Bytes of the first address."""
    session = Session(port)
    size = len(session.get(asked.paths[0], asked.headers).expect(200).body)
    session.close()
    return size


def _alone(port: int, asked: Asked) -> tuple[float, int | None]:
    """The seconds that the first address takes alone, the best of three, and its statements."""
    taken, told = [], None
    for _try in range(3):
        session, began = Session(port), time.perf_counter()
        session.get(asked.paths[0], asked.headers).expect(200)
        taken.append(time.perf_counter() - began)
        session.close()
        told = session.statements
    return min(taken), told


def _warm_up(port: int, flow: Flow) -> int | None:
    """Do it alone a few times; the statements that a peer says it took."""
    told = None
    for turn in range(WARM_UP_REQUESTS):
        session = Session(port)
        flow(session, turn)
        session.close()
        told = session.statements
    return told


def main(arguments: Sequence[str]) -> int:
    """Measure, print and draw; 1 when any answer was not the expected one."""
    options = _options(arguments)
    try:
        stand.check_programs()
    except stand.Missing as missing:
        sys.exit(str(missing))
    with contextlib.ExitStack() as stack:
        temporary = stack.enter_context(tempfile.TemporaryDirectory())
        folder = Path(options.folder or temporary).resolve()
        told = stack.enter_context(
            stand.filled(folder, editions=options.editions, seed=options.seed)
        )
        peers = {}
        for name in () if options.without_peers else options.peers:
            peer = PEERS[name]()
            peer.install()
            peers[peer.name] = stack.enter_context(peer.running(folder, told))
        here = stack.enter_context(stand.standing(folder, told))
        run = _Run(options, here, stack.enter_context(running.bare({})))
        print(f"{here.found['count']:,} editions; {options.seconds} s for each measurement, in ms")
        run.all(peers)
    _write(options, run.rows)
    return 1 if any(row.outcome.failures for row in run.rows) else 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=all", description=__doc__)
    parser.add_argument("--editions", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=3, help="for each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="of measurements in turns")
    parser.add_argument("--clients", type=int, nargs="+", default=[8, 64])
    parser.add_argument("--only", nargs="+", default=[], help="names of scenarios")
    parser.add_argument("--folder", help="where the catalogue is kept for the next time")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--markdown", type=Path, help="where the table goes")
    parser.add_argument("--svg", type=Path, help="where the drawing goes")
    return parser.parse_args(arguments)


def _write(options: argparse.Namespace, rows: Sequence[Row]) -> None:
    if options.markdown:
        parts = (
            f"{clients} clients:\n\n{table.markdown(rows, clients=clients)}"
            for clients in options.clients
        )
        options.markdown.write_text("\n".join(parts))
    if options.svg:
        options.svg.write_text(drawing.draw(rows, clients=options.clients[0]))
