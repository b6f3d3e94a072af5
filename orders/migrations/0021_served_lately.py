"""Finds for whom copies were set aside lately; building the index holds nobody up."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0020_lines_awaiting")]

    operations = [
        migrations.RunSQL("SET lock_timeout = 0", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="orderevent",
            index=models.Index(
                fields=["created_at"],
                name="order_event_served",
                condition=models.Q(kind="served"),
            ),
        ),
    ]
