"""What the ledger and the tree of subjects refuse; apostrophes as printed."""

from django.conf import settings
from django.db import migrations, models

import catalog.models.subject


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_main_shop"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="edition",
            name="title",
            field=models.CharField(
                blank=True,
                help_text="Only where the work’s does not fit.",
                max_length=500,
                verbose_name="title",
            ),
        ),
        migrations.AlterField(
            model_name="stockmovement",
            name="reference",
            field=models.CharField(
                blank=True, help_text="The order’s number.", max_length=40, verbose_name="reference"
            ),
        ),
        migrations.AlterField(
            model_name="subject",
            name="code",
            field=models.CharField(
                max_length=20, validators=[catalog.models.subject.check_code], verbose_name="code"
            ),
        ),
        migrations.AlterField(
            model_name="subject",
            name="path",
            field=models.CharField(
                editable=False,
                help_text="Codes from the root: F/FB/FBC/; the shop’s own are marked: F/shop:LOCAL/",
                max_length=250,
                unique=True,
            ),
        ),
        migrations.AlterField(
            model_name="subject",
            name="scheme",
            field=models.CharField(
                choices=[("thema", "Thema"), ("shop", "The shop’s own")],
                default="thema",
                max_length=10,
                verbose_name="scheme",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("allocated_change", 0), ("kind", "receive"), ("on_hand_change__gt", 0)
                    ),
                    models.Q(
                        ("allocated_change", 0),
                        ("kind", "adjust"),
                        models.Q(("on_hand_change", 0), _negated=True),
                    ),
                    models.Q(
                        ("allocated_change__gt", 0), ("kind", "allocate"), ("on_hand_change", 0)
                    ),
                    models.Q(
                        ("allocated_change__lt", 0), ("kind", "release"), ("on_hand_change", 0)
                    ),
                    models.Q(
                        ("allocated_change", models.F("on_hand_change")),
                        ("kind", "consume"),
                        ("on_hand_change__lt", 0),
                    ),
                    _connector="OR",
                ),
                name="stock_movement_fits_kind",
            ),
        ),
    ]
