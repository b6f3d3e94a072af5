"""The audit of invoices and credit notes: no number is missing, and none is ahead."""

from collections.abc import Iterator

from django.db import connection

GAPS = """
SELECT c.kind, c.year, missing.sequence
  FROM orders_documentcounter c
 CROSS JOIN LATERAL generate_series(1, c.last) AS missing (sequence)
  LEFT JOIN orders_document d
    ON (d.kind, d.year, d.sequence) = (c.kind, c.year, missing.sequence)
 WHERE d.id IS NULL
 ORDER BY 1, 2, 3
"""
UNCOUNTED = """
SELECT d.number
  FROM orders_document d
  LEFT JOIN orders_documentcounter c ON (c.kind, c.year) = (d.kind, d.year)
 WHERE d.sequence > coalesce(c.last, 0)
 ORDER BY d.id
"""


def _numbers_have_no_gap() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(GAPS)
        for kind, year, sequence in cursor.fetchall():
            yield f"{kind} {year}: number {sequence} was given away, and there is no such document"


def _no_number_is_ahead_of_its_counter() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(UNCOUNTED)
        for (number,) in cursor.fetchall():
            yield f"document {number}: its counter has not come so far"


CHECKS = (_numbers_have_no_gap, _no_number_is_ahead_of_its_counter)
