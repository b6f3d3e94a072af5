"""Bounds the boost of a work: beyond, popularity overflowed, and no work's was renewed any more.

What is there is cut down first. The next migration looks at all rows, without locking anybody out.
"""

import django.core.validators
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

MOST = 1_000_000


class Migration(migrations.Migration):
    dependencies = [("catalog", "0021_embargoes")]

    operations = [
        migrations.RunSQL(
            [("UPDATE catalog_work SET boost = %(most)s WHERE boost > %(most)s", {"most": MOST})],
            migrations.RunSQL.noop,
        ),
        AddConstraintNotValid(
            model_name="work",
            constraint=models.CheckConstraint(
                condition=models.Q(("boost__lte", MOST)), name="work_boost_bounded"
            ),
        ),
        migrations.AlterField(
            model_name="work",
            name="boost",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="Added to the popularity that sales give: 10 weigh as a copy sold today.",
                validators=[django.core.validators.MaxValueValidator(MOST)],
                verbose_name="boost",
            ),
        ),
    ]
