"""Sets everything up and runs the whole shop on this machine; what `make run` calls."""

import contextlib
import errno
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from bookstore import embedded
from bookstore.roles import SPLIT, DatabaseAccess, Role
from bookstore.serving import closing, nginx, preparation
from bookstore.serving.processes import GivenUp, Processes

OPEN_SECONDS = 60


class Command(BaseCommand):
    """The shop, until Ctrl-C."""

    help = "Sets everything up and runs the shop, for development and trials."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to answer, and in how many roles."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument(
            "--split", action="store_true", help="run the three roles apart, behind nginx"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until a signal; whatever was started is stopped."""
        self.host, self.port = options["host"], options["port"]
        started_at = time.monotonic()
        # What e-mails lead to; the processes below read it from here.
        os.environ.setdefault("SHOP_URL", f"http://{self.host}:{self.port}")
        try:
            if options["split"]:
                nginx.find()
            with contextlib.ExitStack() as stack:
                addresses = stack.enter_context(embedded.owned(settings.DATA_DIR))
                processes = Processes(addresses.run_dir / "processes.json")
                processes.end_leftovers()
                check_port(self.host, self.port)
                running = self._start_engines(stack, addresses)
                stack.callback(closing.write_down)
                stack.callback(processes.stop)
                stack.callback(self._say_goodbye)
                password = self._prepare()
                with self._step("Starting the shop"):
                    start = self._start_split if options["split"] else self._start_together
                    start(processes, addresses)
                    self._wait_until_open(processes)
                self._print_addresses(password, time.monotonic() - started_at)
                self._watch(processes, running)
        except (embedded.EngineError, nginx.NginxMissing, GivenUp) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    # --- Steps ----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _step(self, name: str) -> Iterator[None]:
        started_at = time.monotonic()
        self.stdout.write(f"{name} … ", ending="")
        self.stdout.flush()
        yield
        self.stdout.write(f"{time.monotonic() - started_at:.1f} s")

    def _start_engines(
        self, stack: contextlib.ExitStack, addresses: embedded.Engines
    ) -> embedded.Running | None:
        if os.environ.get("DATABASE_URL") != addresses.database_url:
            return None
        with self._step("Starting PostgreSQL and Redis"):
            return stack.enter_context(embedded.engines(addresses))

    def _prepare(self) -> str | None:
        if preparation.has_migrations_to_run():
            with self._step("Making the tables"):
                preparation.migrate()
        if settings.DATABASE_READER_URL:
            preparation.grant_reader()
        if preparation.has_static_files_to_collect():
            with self._step("Collecting static files"):
                preparation.collect_static()
        if preparation.has_no_books():
            with self._step("Loading the sample books"):
                preparation.load_sample_data()
        password = preparation.demo_staff_password(settings.DATA_DIR)
        connections.close_all()
        return password

    # --- Processes ------------------------------------------------------------------------------

    def _start_together(self, processes: Processes, addresses: embedded.Engines) -> None:
        bind = f"{self.host}:{self.port}"
        processes.add("shop", gunicorn(bind), {**os.environ, "BOOKSTORE_ROLE": "all"})
        processes.add("worker", worker(), {**os.environ, "BOOKSTORE_ROLE": "all"})

    def _start_split(self, processes: Processes, addresses: embedded.Engines) -> None:
        upstreams = {}
        for role in SPLIT:
            # No longer than PostgreSQL's, and unlike that of Redis itself.
            upstreams[role.name] = f"unix:{addresses.run_dir / role.name}.http"
            processes.add(f"role {role.name}", gunicorn(upstreams[role.name]), environment(role))
        owner = next(role for role in SPLIT if role.database is DatabaseAccess.OWNER)
        processes.add("worker", worker(), environment(owner))
        command = nginx.configure(
            addresses.data_dir / "nginx",
            listen=f"{self.host}:{self.port}",
            upstreams=upstreams,
            NGINX_RATE_LIMITS="on" if settings.RATE_LIMITS else "off",
        )
        processes.add("nginx", command, os.environ)

    def _wait_until_open(self, processes: Processes) -> None:
        deadline = time.monotonic() + OPEN_SECONDS
        for path in ("ready", *(path for role in SPLIT for path in role.ready_paths)):
            while not is_ready(f"http://{self.host}:{self.port}/{path}"):
                if time.monotonic() > deadline:
                    raise CommandError(f"The shop does not open: /{path} does not answer.")
                processes.revive()
                time.sleep(0.1)

    def _watch(self, processes: Processes, running: embedded.Running | None) -> None:
        while True:
            time.sleep(0.5)
            for name in (running.heal() if running else []) + processes.revive():
                self.stderr.write(f"The {name} had died and was started again.")

    # --- Words ----------------------------------------------------------------------------------

    def _print_addresses(self, password: str | None, seconds: float) -> None:
        shop = f"http://{self.host}:{self.port}"
        login = f"{preparation.STAFF_EMAIL}, password {password}" if password else "your own login"
        folder = getattr(settings, "EMAIL_FILE_PATH", "")
        mail = f"is written to {folder}" if folder else "leaves as EMAIL_URL says"
        self.stdout.write(
            f"\nThe shop is open, after {seconds:.1f} s. Ctrl-C closes it.\n\n"
            f"  Shop      {shop}/\n"
            f"  Admin     {shop}/admin/   {login}\n"
            f"  API       {shop}/api/v1/docs\n"
            f"  Status    {shop}/status/\n"
            f"  E-mail    {mail}\n"
        )
        self.stdout.flush()

    def _say_goodbye(self) -> None:
        embedded.finish_undisturbed()
        self.stdout.write("\nClosing the shop …")
        self.stdout.flush()


def gunicorn(bind: str) -> list[str]:
    """The command of one web process, configured by gunicorn.conf.py."""
    config = str(embedded.CHECKOUT / "gunicorn.conf.py")
    reload = ["--reload"] if settings.DEBUG else []
    return [sys.executable, "-m", "gunicorn", "--config", config, "--bind", bind, *reload]


def worker() -> list[str]:
    """The command of the worker."""
    return [sys.executable, str(embedded.CHECKOUT / "manage.py"), "worker"]


def environment(role: Role) -> dict[str, str]:
    """What a role is told: the stores that it uses, and no other."""
    hidden = {
        DatabaseAccess.OWNER: {"DATABASE_READER_URL"},
        DatabaseAccess.READER: {"DATABASE_URL"},
        DatabaseAccess.NONE: {"DATABASE_URL", "DATABASE_READER_URL"},
    }[role.database]
    told = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**told, "BOOKSTORE_ROLE": role.name, "PROXY_COUNT": "1"}


def check_port(host: str, port: int) -> None:
    """Raises CommandError when nothing can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            is_taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            why = "is taken by another program" if is_taken else f"cannot be used ({error})"
            raise CommandError(
                f"Port {port} {why}. Choose another one: make run PORT={port + 1}"
            ) from None


def is_ready(url: str) -> bool:
    """Whether the address answers that everything behind it does."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own address
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False
