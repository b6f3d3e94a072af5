"""Ends a test with the audit."""

from bookstore.audit import findings, money
from catalog import indexing
from catalog.models import Work


def assert_books_in_order() -> None:
    """All checks of `manage.py audit` hold.

    Factories put books past the importer and so past the search index: that is made good first.
    """
    indexing.works_changed(list(Work.objects.values_list("pk", flat=True)))
    assert list(findings()) == []


def money_findings() -> list[str]:
    """What the audit says of money alone."""
    return [finding for check in money.CHECKS for finding in check()]
