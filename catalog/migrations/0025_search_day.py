"""Notes the day that search is of: a new table, which an older release does not know.

That is yesterday, so that today is turned once more where an older release did not.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0024_plain_refusals")]

    operations = [
        migrations.CreateModel(
            name="SearchDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="search_day_is_one")
                ],
            },
        ),
        migrations.RunSQL(
            "INSERT INTO catalog_searchday (id, day) VALUES (1, CURRENT_DATE - 1)",
            migrations.RunSQL.noop,
        ),
    ]
