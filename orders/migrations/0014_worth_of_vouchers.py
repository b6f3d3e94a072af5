"""A percentage needs its percent and an amount its amount: NULL passes a CHECK otherwise."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("orders", "0013_promise_moved")]

    operations = [
        migrations.RemoveConstraint(model_name="voucher", name="voucher_worth"),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.CheckConstraint(
                name="voucher_worth",
                condition=Q(
                    kind="percentage",
                    percent__isnull=False,
                    percent__gt=0,
                    percent__lte=100,
                    amount=None,
                )
                | Q(kind="amount", amount__isnull=False, amount__gt=0, percent=None)
                | Q(kind="free_shipping", amount=None, percent=None),
                violation_error_message="Give a percentage or an amount, as the kind says.",
            ),
        ),
    ]
