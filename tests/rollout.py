"""The next release of a running shop: its processes take over one after the other, and give back.

The order is that of deploy/instance/deploy-role, with processes in the place of containers.
"""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
import psycopg

from bookstore.embedded.addresses import Engines
from bookstore.embedded.engine import is_alive
from bookstore.serving import nginx
from bookstore.tests.shell import CHECKOUT
from tests.next_release import migration
from tests.patience import eventually
from tests.shop import Shop, children

ROLES = ("rds", "redis", "frontend")
# Python writes what it compiles under such a name first, and other tests' processes do meanwhile.
LEFT_OUT = shutil.ignore_patterns(".*", "var", "deploy", "docs", "*.pyc.*")


class OverSocket(http.client.HTTPConnection):
    """HTTP to a process that listens on a socket in the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(str(self._path))


def is_ready(path: Path) -> bool:
    """Whether the role behind this socket, and its stores, answer."""
    connection = OverSocket(path)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Rollout:
    """A shop's processes, and those of its next release, which is the same with one column more."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self._shop, self._code = shop, folder / "release"
        self._serve = psutil.Process(shop.serve_pid)
        sockets = Engines(shop.data_dir).run_dir
        self._old = {role: sockets / f"{role}.http" for role in ROLES}
        self._new = {role: sockets / f"{role}.next" for role in ROLES}
        self._environments = {role: self._old_master(role).environ() for role in ROLES}
        self._started: dict[str, psutil.Popen] = {}
        shutil.copytree(CHECKOUT, self._code, ignore=LEFT_OUT)
        migrations = self._code / "catalog" / "migrations"
        self._last_migration = max(file.stem for file in migrations.glob("0*.py"))
        new = migrations / f"{int(self._last_migration[:4]) + 1:04}_drilled_at.py"
        new.write_text(migration(app="catalog", last=self._last_migration, table="catalog_edition"))

    # --- The stores -----------------------------------------------------------------------------

    def migrate(self) -> None:
        """Change a table while somebody reads it who has not finished."""
        with psycopg.connect(Engines(self._shop.data_dir).database_url) as report:
            report.execute("SELECT count(*) FROM catalog_edition")
            with self._manage("prepare") as prepare:
                assert prepare.stderr
                said = ""
                for line in prepare.stderr:
                    said += line
                    if line.startswith("A table is in use"):
                        report.rollback()
            assert prepare.returncode == 0, said
            assert "A table is in use" in said
            report.execute("SELECT drilled_at FROM catalog_edition LIMIT 1")

    def _manage(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments], cwd=self._code, text=True,
            env=self._environments["rds"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip

    # --- The processes --------------------------------------------------------------------------

    def replace_worker(self) -> None:
        """The new one first: it knows the jobs of both releases."""
        old = self._old_worker()
        self._start("worker", [sys.executable, "manage.py", "worker"], self._environments["rds"])
        self._serve.suspend()  # or it would start at once what ends from now on
        self._end(old)

    def replace(self, role: str) -> None:
        """Start, wait until it is ready, send nginx there, and only then end the old one."""
        old = self._old_master(role)
        command = [sys.executable, "-m", "gunicorn", "--bind", f"unix:{self._new[role]}"]
        self._start(role, command, self._environments[role])
        eventually(lambda: is_ready(self._new[role]))
        self._send_nginx({self._old[role]: self._new[role]})
        self._end(old)

    def roll_back(self) -> None:
        """Have `serve` start the first release again, and go back to it."""
        self._serve.resume()
        eventually(lambda: all(is_ready(path) for path in self._old.values()))
        eventually(lambda: len(self._of_serve("worker")) == 1)
        self._send_nginx({new: self._old[role] for role, new in self._new.items()})
        self._end(*self._started.values())
        self._started.clear()

    def __enter__(self) -> "Rollout":
        return self

    def __exit__(self, *_error: object) -> None:
        self.roll_back()
        undo = self._manage("migrate", "catalog", self._last_migration)
        assert undo.communicate()[1] == "" and undo.returncode == 0

    def _old_worker(self) -> psutil.Process:
        (worker,) = self._of_serve("worker")
        return worker

    def _old_master(self, role: str) -> psutil.Process:
        (master,) = self._of_serve(f"unix:{self._old[role]}")
        return master

    def _of_serve(self, word: str) -> list[psutil.Process]:
        """What `serve` has started with this word in its command, and still runs."""
        return [child for child, command in children(self._serve) if word in command]

    def _start(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        self._started[name] = psutil.Popen(
            command,
            cwd=self._code,
            env={**environment, "WEB_CONCURRENCY": "1"},
            stdin=subprocess.DEVNULL,
        )

    def _end(self, *processes: psutil.Process) -> None:
        for process in processes:
            process.terminate()
        eventually(lambda: not any(is_alive(process) for process in processes))

    def _send_nginx(self, ways: Mapping[Path, Path]) -> None:
        folder = self._shop.data_dir / "nginx"
        file = folder / "shop.conf"
        text = file.read_text()
        for before, after in ways.items():
            text = text.replace(f"unix:{before}", f"unix:{after}")
        file.write_text(text)
        config = folder / "nginx.conf"
        test = [nginx.find(), "-t", "-q", "-c", str(config), "-e", os.devnull]
        subprocess.run(test, check=True)
        master = psutil.Process(int((folder / "nginx.pid").read_text()))
        workers = master.children()
        master.send_signal(signal.SIGHUP)
        # They answer what they have begun, and go on asking the old processes for it.
        eventually(lambda: not any(is_alive(worker) for worker in workers))
