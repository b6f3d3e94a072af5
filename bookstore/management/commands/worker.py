"""Runs the jobs that the shop has put off: e-mails, cache bumps, expiring orders."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from bookstore import error_reports, working


class Command(BaseCommand):
    """A worker, until SIGTERM or Ctrl-C."""

    help = "Runs jobs until it is stopped. Start as many as you like."

    def handle(self, *args: Any, **options: Any) -> None:
        """Fetch jobs as they are announced, several at once."""
        error_reports.start()
        assert isinstance(app.connector, DjangoConnector)  # noqa: S101 - Procrastinate's own setup
        # A second app, so that jobs deferred by a job still go through Django's connection, and
        # with it through the transaction of that job. replace_connector() would lose that.
        worker = app.with_connector(working.connector())
        working.run(worker, port=settings.METRICS_PORT)
