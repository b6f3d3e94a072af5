"""Files of suppliers lie where nobody can fetch them, and staff says that it saw how they ended."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0011_works_match_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="importrun",
            name="seen_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When staff saw how it ended.",
                null=True,
                verbose_name="looked at",
            ),
        ),
        migrations.AddField(
            model_name="importrun",
            name="undone_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="importrun",
            name="file",
            field=models.FileField(
                blank=True,
                help_text="Kept for a while; what became of its records stays.",
                max_length=300,
                upload_to="private/imports/%Y/%m/",
                verbose_name="file",
            ),
        ),
    ]
