"""The embedded engines start, are found, heal, and leave nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from bookstore import embedded
from bookstore.secret_file import secret
from bookstore.tests.shell import CHECKOUT, NOTHING

OWNER = """
import sys, time
from pathlib import Path
from bookstore import embedded
with embedded.start(Path(sys.argv[1]), durable=False):
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engines")


@pytest.fixture
def owner(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs the engines."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(data_dir)],
        env=NOTHING, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def engine_pids(data_dir: Path) -> set[int]:
    """Every server whose command names the data folder, however it was started.

    What it starts itself has its command, too, until it comes to call itself something else.
    """
    parents = {
        process.pid: process.info["ppid"]
        for process in psutil.process_iter(["cmdline", "name", "ppid"])
        if process.info["name"] in {"postgres", "redis-server"}
        and any(str(data_dir) in word for word in process.info["cmdline"] or ())
    }
    return {pid for pid, parent in parents.items() if parent not in parents}


def test_they_answer_and_stop(data_dir: Path) -> None:
    assert embedded.find_running(data_dir) is None
    with embedded.start(data_dir, durable=False) as running:
        assert embedded.find_running(data_dir) == running.addresses
        with psycopg.connect(running.addresses.database_url) as connection:
            asked = "SELECT current_user, current_setting('server_encoding'), rolsuper"
            row = connection.execute(f"{asked} FROM pg_roles WHERE rolname = current_user")
            assert row.fetchone() == ("bookstore", "UTF8", False)
        assert len(engine_pids(data_dir)) == 2
    assert embedded.find_running(data_dir) is None
    assert engine_pids(data_dir) == set()


def test_nobody_else_can_reach_the_sockets(data_dir: Path) -> None:
    with embedded.start(data_dir, durable=False) as running:
        assert running.addresses.run_dir.stat().st_mode & 0o077 == 0
        assert secret(data_dir / "secret_key")
        assert (data_dir / "secret_key").stat().st_mode & 0o077 == 0


def test_a_second_owner_is_told_who_the_first_is(
    data_dir: Path, owner: subprocess.Popen[str]
) -> None:
    with pytest.raises(embedded.InUse, match=f"Process {owner.pid} already runs a shop"):
        embedded.start(data_dir).__enter__()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_them(
    data_dir: Path, owner: subprocess.Popen[str], number: signal.Signals
) -> None:
    owner.send_signal(number)
    owner.wait(timeout=60)
    assert engine_pids(data_dir) == set()


def test_they_outlive_a_killed_owner_and_are_adopted(
    data_dir: Path, owner: subprocess.Popen[str]
) -> None:
    owner.kill()
    owner.wait()
    orphans = engine_pids(data_dir)
    assert len(orphans) == 2
    with embedded.start(data_dir, durable=False):
        assert engine_pids(data_dir) == orphans
    assert engine_pids(data_dir) == set()


def test_killed_engines_come_back(data_dir: Path) -> None:
    with embedded.start(data_dir, durable=False) as running:
        for pid in engine_pids(data_dir):
            os.kill(pid, signal.SIGKILL)
            psutil.wait_procs([psutil.Process(pid)], timeout=60)
        assert running.heal() == ["PostgreSQL", "Redis"]
        assert running.heal() == []
        assert embedded.find_running(data_dir) == running.addresses


def test_a_pid_file_that_names_some_other_process_does_not_stop_the_start(data_dir: Path) -> None:
    with embedded.start(data_dir, durable=False):
        pass
    (data_dir / "postgresql" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    with embedded.start(data_dir, durable=False):
        assert embedded.find_running(data_dir)


def test_a_very_long_path_is_no_obstacle(tmp_path: Path) -> None:
    data_dir = tmp_path / ("long name " * 12)
    with embedded.start(data_dir, durable=False) as running:
        assert len(str(running.addresses.run_dir)) < 60
        assert embedded.find_running(data_dir) == running.addresses
    running.addresses.run_dir.rmdir() if not any(running.addresses.run_dir.iterdir()) else None


def test_what_is_given_is_not_overridden(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_READER_URL", "REDIS_URL", "SECRET_KEY", "EMAIL_URL"):
        monkeypatch.delenv(name, raising=False)
    assert embedded.are_needed()
    monkeypatch.setenv("EMAIL_URL", "consolemail://")
    monkeypatch.setenv("REDIS_URL_FILE", "/run/secrets/redis")
    assert not embedded.are_needed()
    given = embedded.environment(embedded.Engines(data_dir))
    assert "EMAIL_URL" not in given
    assert "REDIS_URL" not in given
    assert given["DATABASE_URL"] == embedded.Engines(data_dir).database_url
