"""Runs the jobs that the tested code deferred, in the place of a worker."""

import json
from collections.abc import Collection
from typing import Any

from django.db import connection
from procrastinate.contrib.django import app


def run_jobs(*, only: Collection[str] = ()) -> list[str]:
    """Run what waits, or of that the tasks named in `only`; the names of what ran, in order.

    Jobs that these jobs defer run too. A job that raises stays, and its exception comes through.
    """
    ran = []
    while job := _next_job(only):
        number, name, arguments = job
        app.tasks[name](**arguments)
        _forget(number)
        ran.append(name)
    return ran


def waiting_jobs(name: str) -> list[dict[str, object]]:
    """The arguments of the waiting jobs of one task, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args FROM procrastinate_jobs WHERE status = 'todo' AND task_name = %s"
            " ORDER BY id",
            [name],
        )
        return [_decoded(arguments) for (arguments,) in cursor.fetchall()]


def _next_job(only: Collection[str]) -> tuple[int, str, dict[str, object]] | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo'"
            " AND (%s OR task_name = ANY(%s)) ORDER BY id LIMIT 1",
            [not only, list(only)],
        )
        row = cursor.fetchone()
    return (row[0], row[1], _decoded(row[2])) if row else None


def _forget(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [number])


def _decoded(arguments: Any) -> dict[str, object]:
    decoded: dict[str, object] = json.loads(arguments) if isinstance(arguments, str) else arguments
    return decoded
