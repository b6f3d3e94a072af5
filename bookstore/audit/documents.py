"""The audit of invoices and credit notes: numbers without a gap, sums that fit the orders."""

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
WRONG_INVOICES = """
SELECT d.number, d.content->>'total_amount', o.number, o.total_amount
  FROM orders_document d
  JOIN orders_order o ON o.id = d.order_id
 WHERE d.kind = 'invoice'
   AND ((d.content->>'total_amount')::numeric, d.content->>'currency')
       IS DISTINCT FROM (o.total_amount, o.currency)
 ORDER BY d.id
"""
CREDITED_TOO_MUCH = """
SELECT o.number, sum((d.content->>'total_amount')::numeric) AS credited, o.total_amount
  FROM orders_document d
  JOIN orders_order o ON o.id = d.order_id
 WHERE d.kind = 'credit_note'
 GROUP BY o.id
HAVING sum((d.content->>'total_amount')::numeric) > o.total_amount
 ORDER BY o.id
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


def _invoice_equals_its_order() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(WRONG_INVOICES)
        for number, invoiced, order, total in cursor.fetchall():
            yield f"invoice {number}: total {invoiced}; order {order} says {total}"


def _credit_notes_do_not_exceed_the_order() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(CREDITED_TOO_MUCH)
        for order, credited, total in cursor.fetchall():
            yield f"order {order}: total {total}; its credit notes say {credited}"


CHECKS = (
    _numbers_have_no_gap,
    _no_number_is_ahead_of_its_counter,
    _invoice_equals_its_order,
    _credit_notes_do_not_exceed_the_order,
)
