"""A promised day can be moved, and customers are told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0012_refund_tries"),
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
                    ("payment_processing", "Payment under way"),
                    ("payment_changed", "To be paid another way"),
                    ("provider_differs", "The provider’s books differ"),
                    ("paid", "Paid"),
                    ("packed", "Packed"),
                    ("unpacked", "Unpacked"),
                    ("served", "Copies came in"),
                    ("promise_moved", "Promised for another day"),
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
        migrations.AlterField(
            model_name="ordermessage",
            name="kind",
            field=models.CharField(
                choices=[
                    ("placed", "Confirmation"),
                    ("payment_failed", "Payment failed"),
                    ("paid", "Payment received"),
                    ("served", "Copies came in"),
                    ("promise_moved", "Promised for another day"),
                    ("ready", "Ready to collect"),
                    ("shipped", "On its way"),
                    ("delivered", "Delivered"),
                    ("canceled", "Canceled"),
                    ("lines_canceled", "Partly canceled"),
                    ("refunded", "Refunded"),
                    ("return_requested", "Return requested"),
                    ("return_received", "Return received"),
                    ("return_declined", "Return declined"),
                    ("withdrawn", "Withdrawal received"),
                    ("gift_card", "Gift card"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
    ]
