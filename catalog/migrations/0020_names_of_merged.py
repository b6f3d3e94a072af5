from django.db import migrations, models

# Merges from before are found by the name too; an older release does not look at theirs.
FILE_NAMES = """
UPDATE catalog_regrouping
SET other_key = coalesce(content -> 'gone' ->> 'title', content -> 'gone' ->> 'name', '')
WHERE kind IN ('series', 'imprint') AND action = 'merged' AND other_key = ''
"""
PUBLISHERS = """
UPDATE catalog_regrouping
SET content = content || jsonb_build_object('publisher', publisher.name)
FROM catalog_publisher publisher
WHERE kind = 'imprint' AND action = 'merged' AND NOT content ? 'publisher'
    AND publisher.id = (content -> 'gone' ->> 'publisher_id')::bigint
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0019_mark_of_copies"),
    ]

    operations = [
        migrations.AlterField(
            model_name="regrouping",
            name="other_key",
            field=models.CharField(
                blank=True,
                help_text="Of a work that is gone, how a person who is gone is filed, what a series or an imprint was called: files may still name them.",
                max_length=300,
            ),
        ),
        migrations.RunSQL(FILE_NAMES, migrations.RunSQL.noop),
        migrations.RunSQL(PUBLISHERS, migrations.RunSQL.noop),
    ]
