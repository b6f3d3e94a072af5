"""Reading ONIX: records a second and peak memory, beside bare `lxml.etree.iterparse`.

The yardstick parses the same file and looks at nothing. Cutting alone is what a record costs that
has not changed since the last import. Each measurement is a process of its own, for its memory.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lxml import etree

from benchmarks import onix_files


def _cut(path: Path) -> int:
    from catalog.onix.reading import products

    with path.open("rb") as file:
        return sum(1 for _product in products(file))


def _read(path: Path) -> int:
    from catalog.onix.reading import products, read
    from catalog.onix.records import Record

    with path.open("rb") as file:
        found = products(file)
        return sum(isinstance(read(each, found.defaults), Record) for each in found)


def iterparse(path: Path) -> int:
    """The yardstick: all records of the file, looked at by nobody."""
    records = 0
    for _event, element in etree.iterparse(path, tag="{*}Product"):
        records += 1
        element.clear()
        while (before := element.getprevious()) is not None:
            before.getparent().remove(before)
    return records


MEASURED: dict[str, Callable[[Path], int]] = {
    "bare iterparse": iterparse,
    "cut and digest": _cut,
    "cut and read": _read,
}


def _measure(
    name: str, path: Path, answers: "multiprocessing.Queue[tuple[int, float, int]]"
) -> None:
    from django.conf import settings

    settings.configure(USE_I18N=False, INSTALLED_APPS=_APPS, DATABASES={})
    import django

    django.setup()
    started = time.process_time()
    records = MEASURED[name](path)
    seconds = time.process_time() - started
    answers.put((records, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


_APPS = (
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
    "catalog",
)


def main(arguments: Sequence[str]) -> int:
    """`python -m benchmarks onix-reading --records N`; 1 when a record was not read."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks onix-reading", description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "onix.xml"
        with path.open("wb") as file:
            size = onix_files.write(file, options.records)
        print(f"{options.records} records, {size / 1_000_000:.0f} MB; processor time\n")
        print(f"{'':20}{'records/s':>10}{'ratio':>8}{'peak MB':>9}")
        yardstick = 0.0
        wrong = 0
        for name in MEASURED:
            records, seconds, peak = _apart(name, path)
            rate = records / seconds
            yardstick = yardstick or rate
            wrong += options.records - records
            print(f"{name:20}{rate:10.0f}{rate / yardstick:8.2f}{peak / 1024:9.0f}", flush=True)
    return 1 if wrong else 0


def _apart(name: str, path: Path) -> tuple[int, float, int]:
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[tuple[int, float, int]] = context.Queue()
    process = context.Process(target=_measure, args=(name, path, answers))
    process.start()
    answer = answers.get()
    process.join()
    return answer
