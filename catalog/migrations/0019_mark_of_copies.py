"""Marks the entries of works of which copies may be at hand.

A process of the release before this one, which still runs beside it for a moment, may write an
entry without the mark; the next change of the work, or the next copy where none was left, sets it.
"""

from django.db import migrations

MARK = """
UPDATE catalog_searchentry SET vector = vector || array_to_tsvector(ARRAY['=here'])
WHERE NOT vector @@ '''=here'''::tsquery AND work_id IN (
    SELECT edition.work_id FROM catalog_edition AS edition
    JOIN catalog_stock AS stock ON stock.edition_id = edition.id
    WHERE stock.on_hand > stock.allocated
)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0018_expected_relations"),
    ]

    operations = [migrations.RunSQL(MARK, migrations.RunSQL.noop)]
