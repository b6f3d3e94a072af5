"""Gives every work its match key, in batches and without holding anybody up; then the index."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, migrations, models

from catalog import titles

BATCH = 2000
WRITE = """
UPDATE catalog_work SET match_key = new.match_key
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS new (id, title, match_key)
WHERE catalog_work.id = new.id AND catalog_work.title = new.title
"""


def fill(apps: Any, schema_editor: Any) -> None:
    """Those that have none. Each batch is a transaction: it can be stopped and begun again."""
    works = apps.get_model("catalog", "Work").objects.order_by("pk")
    last = 0
    while batch := list(works.filter(pk__gt=last).values_list("pk", "title", "match_key")[:BATCH]):
        last = batch[-1][0]
        rows = [(pk, title, titles.match_key(title)) for pk, title, key in batch if not key]
        if rows:
            with connection.cursor() as cursor:
                cursor.execute(WRITE, [list(column) for column in zip(*rows, strict=True)])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0011_works")]

    operations = [
        migrations.RunSQL("SET lock_timeout = 0", migrations.RunSQL.noop),
        migrations.RunPython(fill, migrations.RunPython.noop),
        AddIndexConcurrently(
            model_name="work",
            index=models.Index(fields=["match_key"], name="work_by_match_key"),
        ),
    ]
