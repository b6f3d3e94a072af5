"""Runs the jobs that the shop has put off: e-mails, cache bumps, expiring orders."""

from typing import Any

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

CONCURRENCY = 4
POLL_SECONDS = 0.25  # nobody announces that a job's turn has come, behind the one it waited for
PATIENCE_SECONDS = 10.0  # how long a running job may go on once the worker was told to stop


class Command(BaseCommand):
    """A worker, until SIGTERM or Ctrl-C."""

    help = "Runs jobs until it is stopped. Start as many as you like."

    def handle(self, *args: Any, **options: Any) -> None:
        """Fetch jobs as they are announced, several at once."""
        assert isinstance(app.connector, DjangoConnector)  # noqa: S101 - Procrastinate's own setup
        # A second app, so that jobs deferred by a job still go through Django's connection, and
        # with it through the transaction of that job. replace_connector() would lose that.
        worker = app.with_connector(app.connector.get_worker_connector())
        worker.run_worker(
            name="worker",
            concurrency=CONCURRENCY,
            fetch_job_polling_interval=POLL_SECONDS,
            shutdown_graceful_timeout=PATIENCE_SECONDS,
        )
