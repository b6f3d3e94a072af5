"""Shows what waits for the worker and what failed, and has it tried again."""

import sys
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from procrastinate.contrib.django.models import ProcrastinateJob

from bookstore import backlog


class Command(BaseCommand):
    """`manage.py jobs`, `jobs --failed`, `jobs retry ID…`, `jobs retry --all`."""

    help = (
        "Counts the jobs that wait, run and have failed. `--failed` lists these, with what went"
        " wrong; `retry ID …` or `retry --all` has failed ones run once more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", nargs="?", choices=("list", "retry"), default="list")
        parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="jobs to try again")
        parser.add_argument("--failed", action="store_true", help="list the failed jobs")
        parser.add_argument("--all", action="store_true", help="try all failed jobs again")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "retry":
            self._retry(options["ids"], everything=options["all"])
        elif options["failed"]:
            self._list(backlog.jobs().filter(status="failed").order_by("id"))
        else:
            self._count()

    def _count(self) -> None:
        counts = backlog.counts()
        if not counts:
            self.stdout.write("Nothing waits, and nothing has failed.")
            return
        self.stdout.write(
            f"{'task':34}{'waiting':>8}{'running':>8}{'failed':>8}  oldest waits since"
        )
        for count in counts:
            since = f"{count.oldest_at:%Y-%m-%d %H:%M:%S %Z}" if count.oldest_at else ""
            row = f"{count.task:34}{count.waiting:8}{count.running:8}{count.failed:8}  {since}"
            self.stdout.write(row.rstrip())

    def _list(self, jobs: "Iterable[backlog.Job]") -> None:
        is_empty = True
        for job in jobs:
            is_empty = False
            about = ", ".join(f"{name}={value}" for name, value in sorted(job.args.items()))
            order = f" (order {job.order_number})" if job.order_number else ""
            self.stdout.write(
                f"{job.pk} {job.task_name}({about}){order}, tries: {job.attempts + 1}"
            )
            for line in backlog.problem(job).splitlines():
                self.stdout.write(f"    {line}")
        if is_empty:
            self.stdout.write("No job has failed.")

    def _retry(self, ids: list[int], *, everything: bool) -> None:
        if everything == bool(ids):
            raise CommandError("Say which jobs: their numbers, or --all.")
        failed = ProcrastinateJob.objects.filter(status="failed").order_by("id")
        refused = 0
        for number in list(failed.values_list("pk", flat=True)) if everything else ids:
            try:
                outcome = (
                    "runs again" if backlog.retry(number) else "stays as it is: it did not fail"
                )
            except backlog.NotRetried as refusal:
                outcome, refused = str(refusal), refused + 1
            self.stdout.write(f"{number}: {outcome}")
        if refused:
            sys.exit(1)
