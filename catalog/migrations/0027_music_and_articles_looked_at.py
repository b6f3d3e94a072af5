"""Looks whether all numbers are sound; the shop goes on meanwhile."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0026_music_and_articles")]

    operations = [ValidateConstraint(model_name="edition", name="edition_number_sound")]
