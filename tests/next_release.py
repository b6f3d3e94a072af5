"""The migration of a release to come: a column more, in a table that somebody is using."""

MIGRATION = '''"""What a release may do to a table that the one before it goes on using."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("{app}", "{last}")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE {table} ADD COLUMN drilled_at timestamptz",
            "ALTER TABLE {table} DROP COLUMN drilled_at",
        )
    ]
'''


def migration(*, app: str, last: str, table: str) -> str:
    """Its text, where `last` is the app's last migration so far."""
    return MIGRATION.format(app=app, last=last, table=table)
