"""Payments and refunds are as large as orders can be; events tell of failed expiries."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0004_files_by_email"),
    ]

    operations = [
        migrations.AlterField(
            model_name="orderevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("placed", "Placed"),
                    ("payment_failed", "Payment failed"),
                    ("payment_mismatch", "Payment of a wrong amount"),
                    ("payment_late", "Payment of a canceled order"),
                    ("payment_extra", "Paid more than once"),
                    ("paid", "Paid"),
                    ("packed", "Packed"),
                    ("shipped", "Shipped"),
                    ("completed", "Completed"),
                    ("canceled", "Canceled"),
                    ("expired", "Expired without payment"),
                    ("expiry_failed", "Could not expire"),
                    ("refund_due", "Money to be returned"),
                    ("refunded", "Refunded"),
                    ("settled", "Settled by staff"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="amount",
            field=models.DecimalField(decimal_places=2, max_digits=12, verbose_name="amount"),
        ),
        migrations.AlterField(
            model_name="payment",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)ss",
                to="orders.order",
            ),
        ),
        migrations.AlterField(
            model_name="refund",
            name="amount",
            field=models.DecimalField(decimal_places=2, max_digits=12, verbose_name="amount"),
        ),
        migrations.AlterField(
            model_name="refund",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)ss",
                to="orders.order",
            ),
        ),
    ]
