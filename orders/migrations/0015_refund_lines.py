"""What a refund is for: lines of it, and the return that it pays; a return may have several."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("orders", "0014_worth_of_vouchers")]

    operations = [
        migrations.AddField(
            model_name="refundrequest",
            name="of_return",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refund_requests",
                to="orders.return",
                verbose_name="return",
            ),
        ),
        migrations.RunSQL(
            """
            UPDATE orders_refundrequest r
               SET of_return_id = t.id
              FROM orders_return t
             WHERE t.refund_request_id = r.id;
            SET CONSTRAINTS ALL IMMEDIATE;
            """,
            migrations.RunSQL.noop,
        ),
        migrations.RemoveField(model_name="return", name="refund_request"),
        migrations.CreateModel(
            name="RefundLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("goods", "Goods"),
                            ("shipping", "Shipping"),
                            ("deduction", "Deduction"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "quantity",
                    models.PositiveSmallIntegerField(
                        db_default=0,
                        default=0,
                        help_text="0: the rest of copies whose money goes back in several ways.",
                        verbose_name="quantity",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=2, max_digits=12, verbose_name="amount"),
                ),
                (
                    "order_line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refund_lines",
                        to="orders.orderline",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="orders.refundrequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of a refund",
                "verbose_name_plural": "lines of refunds",
                "ordering": ("id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(kind="goods", order_line__isnull=False, amount__gt=0)
                        | Q(kind="shipping", order_line=None, quantity=0, amount__gt=0)
                        | Q(kind="deduction", order_line=None, quantity=0, amount__lt=0),
                        name="refund_line_of_a_kind",
                    )
                ],
            },
        ),
    ]
