"""Finds what is embargoed among a million editions: the index, without holding anybody up.

What staff reads beside pre-orders speaks of the day of sale, too; that changes no table.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0020_names_of_merged")]

    operations = [
        migrations.RunSQL("SET lock_timeout = 0", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="edition",
            index=models.Index(
                fields=["embargo_date"],
                name="edition_by_embargo",
                condition=models.Q(embargo_date__isnull=False),
            ),
        ),
        migrations.AlterField(
            model_name="supply",
            name="accepts_preorders",
            field=models.BooleanField(
                default=False,
                help_text="Until it may be sold; it then sells like any other book.",
                verbose_name="customers can pre-order it",
            ),
        ),
        migrations.AlterField(
            model_name="supply",
            name="promised_date",
            field=models.DateField(
                blank=True,
                help_text="What customers are told. Empty: the day from which it may be sold.",
                null=True,
                verbose_name="promised for",
            ),
        ),
    ]
