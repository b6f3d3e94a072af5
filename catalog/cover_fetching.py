"""Fetches the covers whose turn it is: politely, a few at a time, for a few seconds.

The rows themselves are the queue (`Cover.objects.due`), so a feed that brings a hundred thousand
addresses makes no job for each. A run asks several hosts beside each other, and each of them one
thing after the other; only the run's own thread talks to PostgreSQL.
"""

import contextlib
import datetime
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from catalog import covers
from catalog.fetching import Fetched, Fetcher, NotFetched, TryLater, Unchanged
from catalog.models import Cover
from catalog.pictures import making
from catalog.pictures.making import BadPicture, Sizes

AT_ONCE = 4  # hosts
OF_EACH_HOST = 8  # in one run
PAUSE_SECONDS = 0.25  # between two requests to a host
RUN_SECONDS = 4.0  # after which a run begins nothing new: the next one comes by the clock
MOST_TRIES = 6
FIRST_WAIT = datetime.timedelta(minutes=2)  # and four times as long each time: eleven hours in all

Now = Callable[[], datetime.datetime]


def shops_fetcher() -> Fetcher:
    """How the shop itself fetches covers."""
    agent = f"{settings.SHOP_NAME} ({settings.SHOP_URL})"
    return Fetcher(user_agent=agent, largest=making.LARGEST_FILE)


def fetch_due(
    *,
    fetcher: Fetcher,
    now: Now,
    run_seconds: float = RUN_SECONDS,
    pause_seconds: float = PAUSE_SECONDS,
) -> int:
    """Fetch covers whose turn it is, and make and show their sizes; how many were looked after.

    `run_seconds` is for how long new ones are begun; those that are under way are brought to their
    end.
    """
    run = _Run(fetcher, now, pause_seconds, time.monotonic() + run_seconds)
    for pk, host in Cover.objects.all().due(at=now(), of_each_host=OF_EACH_HOST):
        run.lines.setdefault(host, []).append(pk)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while run.go_on(pool):
            pass
    return run.ended


@dataclass
class _Got:
    """A picture and its sizes, which are there until `folder` is closed."""

    fetched: Fetched
    sizes: Sizes
    folder: contextlib.ExitStack


@dataclass
class _Run:
    """What is still to be done, and what is under way."""

    fetcher: Fetcher
    now: Now
    pause_seconds: float
    end: float
    """When the last one may be begun, by the monotonic clock."""
    lines: dict[str, list[int]] = field(default_factory=dict)
    """The covers that wait, by their hosts."""
    rested: dict[str, float] = field(default_factory=dict)
    """When a host may be asked again."""
    running: dict[Future[_Got], Cover] = field(default_factory=dict)
    ended: int = 0

    def go_on(self, pool: ThreadPoolExecutor) -> bool:
        """Begin what can be begun, and take down what has ended; False when all is done."""
        while len(self.running) < AT_ONCE and (cover := self._next()):
            self.running[pool.submit(_get, self.fetcher, cover)] = cover
        if not self.running:
            if not any(self.lines.values()) or time.monotonic() >= self.end:
                return False
            time.sleep(self.pause_seconds / 5)
            return True
        done, _others = wait(
            self.running, timeout=self.pause_seconds or None, return_when=FIRST_COMPLETED
        )
        for future in done:
            cover = self.running.pop(future)
            self.rested[cover.host] = time.monotonic() + self.pause_seconds
            self._take_down(cover, future)
            self.ended += 1
        return True

    def _next(self) -> Cover | None:
        """The next cover of a host that is not being asked, and has had its rest."""
        asked = {cover.host for cover in self.running.values()}
        moment = time.monotonic()
        while moment < self.end:
            free = (
                host
                for host, line in self.lines.items()
                if line and host not in asked and self.rested.get(host, 0) <= moment
            )
            host = next(free, None)
            if host is None:
                return None
            cover = _claimed(self.lines[host].pop(0), at=self.now())
            if cover and cover.source == Cover.Source.UPLOADED:  # its job was lost
                covers.make_uploaded(cover.pk, at=self.now())
            elif cover:
                return cover
        return None

    def _take_down(self, cover: Cover, future: Future[_Got]) -> None:
        try:
            got = future.result()
        except Unchanged:
            covers.keep(cover, at=self.now())
        except TryLater as problem:
            self.lines.pop(cover.host, None)  # the others would hear the same
            _put_off(cover, problem, at=self.now())
        except (NotFetched, BadPicture) as problem:
            covers.refuse(cover, str(problem), at=self.now())
        else:
            with got.folder:
                told = {"etag": got.fetched.etag, "last_modified": got.fetched.last_modified}
                covers.show(cover, got.sizes, at=self.now(), **told)


def _claimed(pk: int, *, at: datetime.datetime) -> Cover | None:
    """The cover, unless it waits no more; when we are killed it has its turn again later."""
    rows = Cover.objects.filter(pk=pk, state=Cover.State.WAITING, next_try_at__lte=at)
    if not rows.update(tries=F("tries") + 1, next_try_at=at + covers.CLAIM):
        return None
    return Cover.objects.filter(pk=pk).first()


def _get(fetcher: Fetcher, cover: Cover) -> _Got:
    """Fetch it and make its sizes; in a thread without a database."""
    known = {}
    if cover.digest:
        known = {"etag": cover.etag, "last_modified": cover.last_modified}
    fetched = fetcher.fetch(cover.fetched_from, **known)
    with contextlib.ExitStack() as stack:
        sizes = stack.enter_context(making.made(fetched.content))
        return _Got(fetched, sizes, stack.pop_all())


def _put_off(cover: Cover, problem: TryLater, *, at: datetime.datetime) -> None:
    """Ask again later, and at last no more. A host that asks for peace gets it from all covers."""
    if cover.tries >= MOST_TRIES:
        tried = _("We asked %(n)d times.") % {"n": cover.tries}
        covers.refuse(cover, f"{problem} {tried}", at=at)
    else:
        asked_for = datetime.timedelta(seconds=problem.after_seconds)
        later = at + max(FIRST_WAIT * 4 ** (cover.tries - 1), asked_for)
        covers.put_off(cover, str(problem), until=later)
    if problem.after_seconds:
        peace = at + datetime.timedelta(seconds=problem.after_seconds)
        waiting = Cover.objects.filter(state=Cover.State.WAITING, host=cover.host)
        waiting.filter(next_try_at__lt=peace).update(next_try_at=peace)
