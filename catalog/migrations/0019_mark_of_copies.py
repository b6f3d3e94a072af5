"""Marks the entries of works of which copies may be at hand, in batches, holding nobody up.

A process of the release before this one, which still runs beside it for a moment, may write an
entry without the mark; the next change of the work sets it, or `catalog.forget_copies` at night.
"""

from typing import Any

from django.db import connection, migrations, transaction

BATCH = 1000
NEXT = """
SELECT work_id FROM catalog_searchentry WHERE work_id > %s ORDER BY work_id LIMIT %s
FOR NO KEY UPDATE
"""
MARK = """
UPDATE catalog_searchentry SET vector = vector || array_to_tsvector(ARRAY['=here'])
WHERE work_id = ANY(%s) AND NOT vector @@ '''=here'''::tsquery AND EXISTS (
    SELECT FROM catalog_edition AS edition
    JOIN catalog_stock AS stock ON stock.edition_id = edition.id
    WHERE edition.work_id = catalog_searchentry.work_id AND stock.on_hand > stock.allocated
)
"""


def fill(apps: Any, schema_editor: Any) -> None:
    """Each batch is a transaction, locked in the order of all: it can be stopped and begun again.

    The lock comes before the look at the stock, as in `SearchEntry.objects.mark_copies`.
    """
    last = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 0")  # of rows, which are held briefly
            cursor.execute(NEXT, [last, BATCH])
            works = [pk for (pk,) in cursor.fetchall()]
            if not works:
                break
            cursor.execute(MARK, [works])
        last = works[-1]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("catalog", "0018_expected_relations"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
