"""The WSGI application that gunicorn serves, in the role that BOOKSTORE_ROLE names."""

import os
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from bookstore import error_reports
from bookstore.roles import DatabaseAccess
from bookstore.serving.bodies import reading_to_the_end
from caching import turns

LONGEST_STATEMENT = {  # seconds
    DatabaseAccess.OWNER: 25,  # nginx and gunicorn wait for 30
    DatabaseAccess.READER: 5,  # nginx waits for 10, with what comes before
}
LATE = 1  # second after which PostgreSQL, which has to end it itself, is taken to be frozen
LONGEST_WAIT_FOR_A_LOCK = "10s"
LONGEST_SILENCE_OF_POSTGRESQL = 5_000  # milliseconds in which nothing that was sent is taken
LONGEST_SILENCE_OF_REDIS = {  # seconds; see caching/away.py for one that goes on
    DatabaseAccess.OWNER: 0.5,  # writes, too: a bump that is given up waits for its job
    DatabaseAccess.READER: 0.1,  # pages can be computed instead
    DatabaseAccess.NONE: 0.1,  # live answers are shown beside a page that is there already
}


LONGEST_WAIT_FOR_A_CONNECTION = 2.0  # seconds; a busy server may take one to give it
LONGEST_ABSENCE = 1.0  # seconds until the pool tries again only when somebody asks


def _limit_waiting() -> None:
    """End what nobody waits for any more; jobs and commands may take their time."""
    access = settings.ROLE.database
    cache: dict[str, Any] = settings.CACHES["default"]
    cache["OPTIONS"]["SOCKET_TIMEOUT"] = LONGEST_SILENCE_OF_REDIS[access]
    if limit := LONGEST_STATEMENT.get(access):
        options: dict[str, Any] = settings.DATABASES["default"]["OPTIONS"]
        options["options"] += (
            f" -c statement_timeout={limit}s -c lock_timeout={LONGEST_WAIT_FOR_A_LOCK}"
        )
        options["tcp_user_timeout"] = LONGEST_SILENCE_OF_POSTGRESQL


def _share_connections() -> None:
    """Lend a connection for a request instead of giving one to each thread, and bound them.

    Not in jobs and commands, which may set something for the whole session.
    """
    cache: dict[str, Any] = settings.CACHES["default"]
    # For each thread one to read by (caching/wire.py), one for all else and one to spare, so that
    # none is ever refused.
    cache["OPTIONS"]["CONNECTION_POOL_KWARGS"]["max_connections"] = 3 * settings.ROLE.threads
    if settings.ROLE.database is not DatabaseAccess.NONE:
        database = settings.DATABASES["default"]
        turns.limit(settings.ROLE.threads)
        longest = LONGEST_STATEMENT[settings.ROLE.database] + LATE
        database |= {"ENGINE": "bookstore.pooled", "CONN_MAX_AGE": 0, "LONGEST_SILENCE": longest}
        database["OPTIONS"]["pool"] = {
            "min_size": 1,
            "max_size": settings.ROLE.threads,  # nobody ever waits for somebody else's
            "timeout": LONGEST_WAIT_FOR_A_CONNECTION,
            "reconnect_timeout": LONGEST_ABSENCE,
        }


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstore.settings")
error_reports.start()
_limit_waiting()
_share_connections()
_long_way = get_wsgi_application()

from bookstore.serving.shortcut import ShortWay  # noqa: E402 - knows the shop: after Django is set up

application = reading_to_the_end(error_reports.apart(ShortWay(_long_way)))
