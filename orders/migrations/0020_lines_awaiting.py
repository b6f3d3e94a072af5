"""Finds what waits for copies; building the index holds nobody up."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0019_lines_by_number")]

    operations = [
        migrations.RunSQL("SET lock_timeout = 0", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="orderline",
            index=models.Index(
                fields=["isbn13"],
                name="order_line_awaiting",
                condition=models.Q(awaited_quantity__gt=0),
            ),
        ),
    ]
