"""Has Redis forget a world that is no more: after PostgreSQL was put back to another state."""

import logging

from django.db import transaction
from procrastinate.contrib.django import app

from caching import store
from caching.answers import EVERYTHING
from catalog import memory
from orders import visitor

logger = logging.getLogger(__name__)


def renew() -> None:
    """Make every cached answer stale and write the live answers anew.

    Raises store.Unavailable when Redis does not answer.
    """
    store.bump(EVERYTHING)
    visitor.forget_all_cards()
    memory.rebuild()


def renew_after_commit() -> None:
    """At once, and again by a job, should Redis be away just then."""
    app.configure_task("bookstore.renew").defer()
    transaction.on_commit(_renew_or_leave_it_to_the_job)


def _renew_or_leave_it_to_the_job() -> None:
    try:
        renew()
    except store.Unavailable as error:
        logger.warning("Left what Redis remembers to the job: %s", error)
