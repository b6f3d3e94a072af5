"""`python -m benchmarks onix`: taking ONIX files in, on a PostgreSQL that loses nothing.

For each number of records a file is taken into an empty catalogue with the tree of Thema, then the
same file again. The second import must change nothing. Beside it bare `lxml.etree.iterparse`
over the same file. What is told: records a second by the clock, processor time a record of the
writing and of the reading process (PostgreSQL's own comes on top), and the peak memory of both.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import onix_files, onix_reading, running
from bookstore import embedded

IMPORT = """
import json, multiprocessing, pathlib, re, resource, sys, time
import django
django.setup()
from django.core.files.base import File
from django.db import connection
from django.utils import timezone
from catalog import intake
from catalog.feeds import runs
from catalog.models import Supplier
with connection.cursor() as cursor:
    cursor.execute("SHOW fsync")
    fsync = cursor.fetchone()[0]
supplier, _made = Supplier.objects.get_or_create(
    code="house", defaults={"name": "Measuring House", "currency": "EUR"}
)
path = pathlib.Path(sys.argv[1])
with path.open("rb") as file:
    run = intake.keep(supplier=supplier, file=File(file, name=path.name))
peaks = [0]
def look(run):
    # Not by getrusage: what a process has had before it became another counts there.
    for each in multiprocessing.active_children():
        status = pathlib.Path(f"/proc/{each.pid}/status").read_text()
        peaks.extend(map(int, re.findall(r"VmHWM:\\s+(\\d+)", status)))
started, used = time.perf_counter(), time.process_time()
runs.run(run.pk, at=timezone.now(), progress=look)
seconds, writing = time.perf_counter() - started, time.process_time() - used
run.refresh_from_db()
children = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "fsync": fsync, "status": run.status, "created": run.created_count,
    "unchanged": run.unchanged_count, "records": run.records_done, "seconds": seconds,
    "writing": writing, "reading": children.ru_utime + children.ru_stime,
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, "peak_reading": max(peaks),
}))
"""


@dataclass(frozen=True)
class Import:
    """What one import took."""

    fsync: str
    status: str
    created: int
    unchanged: int
    records: int
    seconds: float
    writing: float
    """Seconds of processor time, like `reading`."""
    reading: float
    peak: int
    """Kilobytes, like `peak_reading`."""
    peak_reading: int

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 when a record was not created first and unchanged then."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks onix", description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[1_000, 50_000])
    options = parser.parse_args(arguments)
    print(f"{'':34}{'records/s':>10}{'ratio':>7}{'µs write':>10}{'µs read':>9}{'peak MB':>9}")
    return max(_measure(records) for records in options.records)


def _measure(records: int) -> int:
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        path = Path(folder) / "onix.xml"
        with path.open("wb") as file:
            onix_files.write(file, records)
        bare = _bare(path)
        print(f"{f'{records} by bare iterparse':34}{bare:10.0f}{1:7.2f}", flush=True)
        shop = stack.enter_context(embedded.start(Path(folder) / "data"))
        environment = {
            **embedded.environment(shop.addresses),
            "DJANGO_SETTINGS_MODULE": "bookstore.settings",
            "SHOP_CURRENCY": "EUR",
        }
        running.manage("migrate", "--verbosity", "0", environment=environment)
        running.manage("load_thema", environment=environment)
        first, again = (_import(path, environment) for _time in range(2))
        for name, taken in (("taken in", first), ("once more", again)):
            print(
                f"{f'{records} {name}, fsync {taken.fsync}':34}{taken.rate:10.0f}"
                f"{taken.rate / bare:7.2f}{taken.writing / records * 1e6:10.0f}"
                f"{taken.reading / records * 1e6:9.0f}{taken.peak / 1024:5.0f}"
                f"+{taken.peak_reading / 1024:3.0f}",
                flush=True,
            )
        print(f"{'':34}{again.rate / first.rate:10.1f} times as fast once more", flush=True)
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"{'':34}load of the machine: {load}", flush=True)
    return 0 if (first.created, again.unchanged) == (records, records) else 1


def _bare(path: Path) -> float:
    started = time.perf_counter()
    records = onix_reading.iterparse(path)
    return records / (time.perf_counter() - started)


def _import(path: Path, environment: dict[str, str]) -> Import:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, str(path)],
        cwd=running.ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Import(**json.loads(done.stdout))
