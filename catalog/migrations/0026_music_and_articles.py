"""Admits the numbers of music (ISMN) and of all other articles (GTIN-13) beside books' and our own.

What is there was checked more strictly. The next migration looks at all rows, without locking
anybody out.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q, Value
from django.db.models.functions import Cast, Mod, Substr
from django.db.models.lookups import Exact

PATTERN = "^(00[1-9]|0[136-9][0-9]|1[0-3][0-9]|[2-8][0-9]{2}|9[0-7][0-9])[0-9]{10}$"


def is_checked() -> Q:
    """The GS1 check of a 13-digit number."""
    digits = (
        Cast(Substr("isbn13", place, 1), models.IntegerField()) * Value(1 if place % 2 else 3)
        for place in range(1, 14)
    )
    total = next(digits)
    for digit in digits:
        total = total + digit
    return Q(Exact(Mod(total, Value(10)), Value(0)))


class Migration(migrations.Migration):
    dependencies = [("catalog", "0025_search_day")]

    operations = [
        migrations.RemoveConstraint(model_name="edition", name="edition_number_sound"),
        AddConstraintNotValid(
            model_name="edition",
            constraint=models.CheckConstraint(
                name="edition_number_sound",
                condition=models.Case(
                    models.When(isbn13__regex=PATTERN, then=is_checked()),
                    default=Value(False),
                    output_field=models.BooleanField(),
                ),
                violation_error_message="This is not a valid number: please compare it.",
            ),
        ),
    ]
