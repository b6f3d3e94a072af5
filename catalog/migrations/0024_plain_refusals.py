"""What staff reads where a form breaks a rule of these tables; no table changes."""

from django.db import migrations, models
from django.db.models import F, Q

RULES = (
    (
        "contributor",
        models.CheckConstraint(
            name="contributor_died_after_birth",
            condition=Q(birth_year=None) | Q(death_year=None) | Q(death_year__gte=F("birth_year")),
            violation_error_message="The year of death lies before the year of birth.",
        ),
    ),
    (
        "supply",
        models.CheckConstraint(
            name="supply_backorder_days",
            condition=Q(backorder_days__range=(1, 365)),
            violation_error_message="Say in how many days it comes: 1 to 365.",
        ),
    ),
    (
        "work",
        models.CheckConstraint(
            name="work_first_published_plausible",
            condition=Q(first_published__range=(-3500, 2200)),
            violation_error_message="The year of the first publication is not likely.",
        ),
    ),
)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0023_bounded_boost_looked_at")]

    operations = [
        migrations.AlterConstraint(model_name=model, name=rule.name, constraint=rule)
        for model, rule in RULES
    ]
