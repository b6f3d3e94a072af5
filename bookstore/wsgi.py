"""The WSGI application that gunicorn serves, in the role that BOOKSTORE_ROLE names."""

import os
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from bookstore import error_reports
from bookstore.roles import DatabaseAccess

LONGEST_STATEMENT = {
    DatabaseAccess.OWNER: "25s",  # nginx and gunicorn wait for 30
    DatabaseAccess.READER: "5s",
}
LONGEST_WAIT_FOR_A_LOCK = "10s"
LARGEST_LEFTOVER = 10 * 1024 * 1024  # bytes; nginx lets nothing larger through


def _limit_waiting() -> None:
    """End what nobody waits for any more; jobs and commands may take their time."""
    if limit := LONGEST_STATEMENT.get(settings.ROLE.database):
        settings.DATABASES["default"]["OPTIONS"]["options"] += (
            f" -c statement_timeout={limit} -c lock_timeout={LONGEST_WAIT_FOR_A_LOCK}"
        )


def reading_to_the_end(application: Any) -> Any:
    """`application`, with what it left unread of a request's body read and thrown away.

    gunicorn would close the connection on the rest, and nginx, still sending it, would tell the
    visitor of a bad gateway instead of what was wrong with the request.
    """

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        response: Iterable[bytes] = application(environ, start_response)
        left = LARGEST_LEFTOVER
        while left > 0 and (read := environ["wsgi.input"].read(min(left, 65_536))):
            left -= len(read)
        return response

    return answer


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstore.settings")
error_reports.start()
_limit_waiting()
application = reading_to_the_end(get_wsgi_application())
