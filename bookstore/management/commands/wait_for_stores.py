"""Waits until the stores of the role answer: a container's first step."""

import logging
import textwrap
import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from bookstore import health

POLL_SECONDS = 0.5
LONGEST_WORDS = 300  # of a store about itself
# Who answers so is there, and waiting changes nothing.
REFUSALS = ("password authentication failed", "WRONGPASS", "invalid username-password", "NOAUTH")

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """`manage.py wait_for_stores`: exit code 1 and one line when STARTUP_SECONDS are over."""

    help = "Waits until PostgreSQL and Redis answer, as far as the role uses them."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        deadline = time.monotonic() + settings.STARTUP_SECONDS
        waiting_for: set[str] = set()
        while troubles := troubles_of_stores():
            for who, why in troubles.items():
                if any(refusal in why for refusal in REFUSALS):
                    raise CommandError(
                        f"{who} refuses the password (a volume keeps the one of its first"
                        f" start): {why}"
                    )
            if time.monotonic() > deadline:
                raise CommandError(
                    f"After {settings.STARTUP_SECONDS} s (STARTUP_SECONDS) there is no answer from"
                    f" {'; nor from '.join(f'{who}: {why}' for who, why in troubles.items())}"
                )
            for who in troubles.keys() - waiting_for:
                logger.info("Waiting for %s", who)
            waiting_for |= troubles.keys()
            time.sleep(POLL_SECONDS)


def troubles_of_stores() -> dict[str, str]:
    """Each store that does not answer, with its address, and why, in one line."""
    troubles = {name: trouble() for name, trouble in health.checks().items()}
    return {
        f"{name} at {address_of(name)}": textwrap.shorten(why, LONGEST_WORDS, placeholder=" …")
        for name, why in troubles.items()
        if why
    }


def address_of(store: str) -> str:
    """Where the store should be; never with its password."""
    if store == "redis":
        url = urlsplit(settings.REDIS_URL)
        return f"{url.hostname}:{url.port or 6379}" if url.hostname else url.path
    known = connection.settings_dict
    host = known["HOST"] or known["OPTIONS"].get("host", "localhost")
    return f"{host}:{known['PORT'] or 5432}"
