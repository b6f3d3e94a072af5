"""deploy/instance/report tells CloudWatch what the alarms look at."""

import os
import re
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
REPORT = CHECKOUT / "deploy" / "instance" / "report"
MEMORY = "MemTotal: 2000000 kB\nMemFree: 100000 kB\nMemAvailable: 500000 kB\n"


def told(folder: Path, docker: str, **known: str) -> dict[str, str]:
    """What the script tells of a machine whose `docker` does as is said here."""
    commands = {"aws": 'echo "$*" >>"$CALLS"', "docker": docker, "df": "printf 'Use%%\\n 42%%\\n'"}
    for name, does in commands.items():
        (folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / name).chmod(0o755)
    (folder / "memory").write_text(MEMORY)
    subprocess.run(
        [REPORT],
        env={
            "PATH": f"{folder}:{os.environ['PATH']}",
            "CALLS": str(folder / "calls"),
            "MEMORY": str(folder / "memory"),
            "PREFIX": "bookstore-production",
            **known,
        },
        check=True,
        capture_output=True,
    )
    lines = (folder / "calls").read_text().splitlines()
    assert all("--namespace bookstore-production" in line for line in lines)
    return dict(re.findall(r"--metric-name (\S+) --unit \S+ --value (\S+)", "\n".join(lines)))


def test_an_instance_of_the_shop_tells_how_full_it_is_and_how_long_jobs_wait(
    tmp_path: Path,
) -> None:
    assert told(tmp_path, "echo 12.5") == {
        "DiskUsed": "42",
        "MemoryUsed": "75",
        "OldestJobSeconds": "12.5",
    }


def test_the_instance_with_the_stores_tells_of_its_volume_and_knows_no_jobs(
    tmp_path: Path,
) -> None:
    assert told(tmp_path, "exit 1", STORES_DIR="/") == {
        "DiskUsed": "42",
        "MemoryUsed": "75",
        "StoreVolumeUsed": "42",
    }


def test_it_takes_the_waiting_time_from_the_roles_own_figures(
    tmp_path: Path,
) -> None:
    page = tmp_path / "page"
    page.write_text('bookstore_jobs{state="waiting"} 3.0\nbookstore_oldest_job_seconds 71.0\n')
    # The script inside the container, asking a file instead of role rds.
    inside = f'shift 5; python3 -c "$(echo "$2" | sed "s#f\'http[^\']*\'#\'file://{page}\'#")"'

    assert told(tmp_path, inside)["OldestJobSeconds"] == "71.0"


def test_every_figure_has_its_alarm() -> None:
    alarms = (CHECKOUT / "deploy" / "aws" / "alarms.tf").read_text()
    names = re.findall(r"\bsay ([A-Z]\w+)", REPORT.read_text())

    assert len(names) == 4
    assert [name for name in names if f'metric = "{name}"' not in alarms] == []
