"""What a form of the back office asked for is done once, however often it is sent."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_gift_cards")]

    operations = [
        migrations.CreateModel(
            name="DoneForm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=64, unique=True, verbose_name="key")),
                (
                    "done_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="done at",
                    ),
                ),
            ],
            options={
                "verbose_name": "form that was carried out",
                "verbose_name_plural": "forms that were carried out",
            },
        ),
    ]
