"""The WSGI application that gunicorn serves, in the role that BOOKSTORE_ROLE names."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from bookstore import error_reports
from bookstore.roles import DatabaseAccess
from bookstore.serving.bodies import reading_to_the_end

LONGEST_STATEMENT = {
    DatabaseAccess.OWNER: "25s",  # nginx and gunicorn wait for 30
    DatabaseAccess.READER: "5s",
}
LONGEST_WAIT_FOR_A_LOCK = "10s"


def _limit_waiting() -> None:
    """End what nobody waits for any more; jobs and commands may take their time."""
    if limit := LONGEST_STATEMENT.get(settings.ROLE.database):
        settings.DATABASES["default"]["OPTIONS"]["options"] += (
            f" -c statement_timeout={limit} -c lock_timeout={LONGEST_WAIT_FOR_A_LOCK}"
        )


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstore.settings")
error_reports.start()
_limit_waiting()
application = reading_to_the_end(get_wsgi_application())
