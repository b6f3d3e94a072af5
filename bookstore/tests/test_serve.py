"""`manage.py serve`: says what is in its way, and keeps the shop's processes up."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bookstore import embedded
from bookstore.embedded.engine import is_alive
from bookstore.serving import nginx
from bookstore.serving.processes import GivenUp, Processes
from bookstore.tests.shell import run
from tests.patience import eventually

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
UPSTREAMS = {"rds": "unix:/run/rds.sock", "redis": "unix:/run/redis.sock", "frontend": "web:8000"}


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(tmp_path / "processes.json")
    yield processes
    processes.stop()


def children(command: list[str] = SLEEP) -> set[int]:
    found = set()
    for each in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended, and may still be listed
            if each.cmdline()[-2:] == command[-2:]:
                found.add(each.pid)
    return found


# --- What can be in the way ---------------------------------------------------------------------


def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = run(
            "manage.py", "serve", "--port", str(port),
            environment={"BOOKSTORE_DATA_DIR": str(tmp_path)},
        )  # fmt: skip
    assert outcome.returncode == 1
    assert outcome.stderr == (
        f"CommandError: Port {port} is taken by another program. Choose another one:"
        f" make run PORT={port + 1}\n"
    )
    assert not (tmp_path / "postgresql").exists()


def test_a_second_shop_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with embedded.owned(tmp_path):
        outcome = run("manage.py", "serve", environment={"BOOKSTORE_DATA_DIR": str(tmp_path)})
    assert outcome.returncode == 1
    assert f"Process {os.getpid()} already runs a shop on the data folder" in outcome.stderr


def test_a_missing_nginx_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nginx, "PLACES", "/nowhere")
    with pytest.raises(nginx.NginxMissing, match="apt-get install nginx"):
        nginx.find()


@pytest.mark.parametrize("name", ["plain", 'with "a space" and \\'])
def test_nginx_understands_the_configuration(tmp_path: Path, name: str) -> None:
    tmp_path = tmp_path / name
    upstreams = {**UPSTREAMS, "frontend": "127.0.0.1:8001"}
    command = nginx.configure(tmp_path, listen="127.0.0.1:8999", upstreams=upstreams)
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    text = (tmp_path / "shop.conf").read_text()
    assert 'server "unix:/run/rds.sock" ' in text
    assert "proxy_set_header X-Forwarded-Proto $scheme;" in text
    assert re.search(r"\$\{[A-Z]", text) is None


# --- Keeping processes up -----------------------------------------------------------------------


def test_a_process_that_died_is_started_again(processes: Processes) -> None:
    processes.add("sleeper", SLEEP, os.environ)
    eventually(lambda: len(children()) == 1)
    (first,) = children()
    os.kill(first, signal.SIGKILL)
    eventually(lambda: processes.revive() == ["sleeper"])
    eventually(lambda: len(children()) == 1)
    assert children() != {first}
    processes.stop()
    assert children() == set()


def test_what_a_dead_process_left_behind_is_ended(processes: Processes) -> None:
    family = [sys.executable, "-c", "import os, time; os.fork(); time.sleep(60)"]
    processes.add("family", family, os.environ)
    eventually(lambda: len(children(family)) == 2)
    parent = psutil.Process(min(children(family)))
    (orphan,) = parent.children()
    os.kill(parent.pid, signal.SIGKILL)
    eventually(lambda: processes.revive() == ["family"])
    eventually(lambda: not is_alive(orphan))


def test_a_process_that_dies_again_and_again_is_given_up(processes: Processes) -> None:
    processes.add("fool", [sys.executable, "-c", "raise SystemExit(1)"], os.environ)
    with pytest.raises(GivenUp, match="The fool does not stay up"):
        eventually(lambda: len(processes.revive()) == 2)


def test_leftovers_of_a_killed_owner_are_ended(processes: Processes, tmp_path: Path) -> None:
    processes.add("sleeper", SLEEP, os.environ)
    assert Processes(tmp_path / "processes.json").end_leftovers() == 1
    assert Processes(tmp_path / "processes.json").end_leftovers() == 0
    assert children() == set()


def test_a_number_that_now_belongs_to_another_process_is_spared(tmp_path: Path) -> None:
    memory = tmp_path / "processes.json"
    memory.write_text(f"[[{os.getpid()}, 1.0]]")
    assert Processes(memory).end_leftovers() == 0
