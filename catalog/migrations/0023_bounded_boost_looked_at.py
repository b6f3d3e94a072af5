"""Looks whether all works keep to the bound of the boost; the shop goes on meanwhile."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0022_bounded_boost")]

    operations = [ValidateConstraint(model_name="work", name="work_boost_bounded")]
