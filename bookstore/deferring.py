"""How the shop's own processes put jobs off: by a statement that is planned once.

An order leaves two jobs behind, and somebody waits for both to be written.
"""

from typing import Any, LiteralString

from procrastinate import App
from procrastinate.contrib.django.django_connector import DjangoConnector, wrap_exceptions
from procrastinate.sql import queries

from catalog import prepared

DEFER = queries["defer_jobs"]


class Connector(DjangoConnector):
    """Procrastinate's own, over Django's connection and so in its transaction."""

    @wrap_exceptions()
    def execute_query_all(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        """The rows by the names of their columns."""
        if query != DEFER:
            found: list[dict[str, Any]] = super().execute_query_all(query, **arguments)
            return found
        return [{"id": number} for (number,) in prepared.rows(query, self._wrap_json(arguments))]


def use(app: App) -> None:
    """Have jobs put off so; Procrastinate calls it once it is set up."""
    app.connector = app.job_manager.connector = Connector()
