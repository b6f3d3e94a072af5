"""Parcels know whether they were packed twice; withdrawals, what had not left."""

from django.db import migrations, models

PLACE = """
UPDATE orders_shipment SET location_id = place.location_id
FROM (
    SELECT line.shipment_id, min(stock.location_id) AS location_id
    FROM orders_shipmentline AS line
    JOIN orders_allocation AS allocation ON allocation.order_line_id = line.order_line_id
    JOIN catalog_stock AS stock ON stock.id = allocation.stock_id
    GROUP BY line.shipment_id
) AS place
WHERE orders_shipment.id = place.shipment_id AND orders_shipment.location_id IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_allocations")]

    operations = [
        migrations.RunSQL(PLACE, migrations.RunSQL.noop),
        # A table that was written to is altered only once its checks have run.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="shipment",
            name="key",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=150
            ),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("key", ""), _negated=True),
                fields=("order", "key", "location"),
                name="shipment_key_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("delivered_at", None), ("shipped_at__isnull", False), _connector="OR"
                ),
                name="shipment_delivered_after_shipped",
            ),
        ),
        migrations.AddField(
            model_name="return",
            name="key",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=150
            ),
        ),
        migrations.AddField(
            model_name="return",
            name="shipping_amount",
            field=models.DecimalField(
                db_default=0,
                decimal_places=2,
                default=0,
                max_digits=10,
                verbose_name="shipping refunded",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.UniqueConstraint(
                condition=models.Q(("key", ""), _negated=True),
                fields=("order", "key"),
                name="return_key_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(("shipping_amount__gte", 0)),
                name="return_shipping_not_negative",
            ),
        ),
        migrations.AddField(
            model_name="returnline",
            name="canceled_quantity",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="Copies of a withdrawal that were still here: they were canceled.",
                verbose_name="had not left",
            ),
        ),
        migrations.RemoveConstraint(model_name="returnline", name="return_line_quantities"),
        migrations.AddConstraint(
            model_name="returnline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("quantity__gt", 0),
                    (
                        "quantity__gte",
                        models.F("restocked_quantity")
                        + models.F("written_off_quantity")
                        + models.F("canceled_quantity"),
                    ),
                ),
                name="return_line_quantities",
            ),
        ),
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
                    ("payment_processing", "Payment under way"),
                    ("payment_changed", "To be paid another way"),
                    ("provider_differs", "The provider’s books differ"),
                    ("paid", "Paid"),
                    ("packed", "Packed"),
                    ("unpacked", "Unpacked"),
                    ("served", "Copies came in"),
                    ("ready", "Ready to collect"),
                    ("shipped", "Shipped"),
                    ("handed_over", "Handed over"),
                    ("delivered", "Delivered"),
                    ("completed", "Completed"),
                    ("canceled", "Canceled"),
                    ("expired", "Expired without payment"),
                    ("expiry_failed", "Could not expire"),
                    ("lines_canceled", "Partly canceled"),
                    ("reallocated", "Taken up again after a late payment"),
                    ("gift_card_issued", "Gift card issued"),
                    ("return_requested", "Return requested"),
                    ("return_received", "Return received"),
                    ("return_declined", "Return declined"),
                    ("withdrawn", "Customer withdrew from the contract"),
                    ("disputed", "Payment disputed"),
                    ("dispute_closed", "Dispute closed"),
                    ("refund_requested", "Refund requested"),
                    ("refund_failed", "Refund failed"),
                    ("message_uncertain", "E-mail that may not have arrived"),
                    ("message_settled", "E-mail settled by staff"),
                    ("refund_due", "Money to be returned"),
                    ("refunded", "Refunded"),
                    ("settled", "Settled by staff"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
    ]
