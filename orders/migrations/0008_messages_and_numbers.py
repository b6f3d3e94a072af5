"""What a mail server said to an e-mail, and how invoices’ numbers begin."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_append_only_again")]

    operations = [
        migrations.AddField(
            model_name="ordermessage",
            name="problem",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=500, verbose_name="problem"
            ),
        ),
        migrations.AddField(
            model_name="seller",
            name="credit_note_prefix",
            field=models.CharField(
                blank=True,
                db_default="C",
                default="C",
                help_text="Another one than that of invoices.",
                max_length=10,
                verbose_name="prefix of credit notes’ numbers",
            ),
        ),
        migrations.AddField(
            model_name="seller",
            name="invoice_prefix",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=10,
                verbose_name="prefix of invoice numbers",
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
                    ("paid", "Paid"),
                    ("packed", "Packed"),
                    ("served", "Copies came in"),
                    ("ready", "Ready to collect"),
                    ("shipped", "Shipped"),
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
        migrations.AddIndex(
            model_name="ordermessage",
            index=models.Index(
                condition=models.Q(("sent_at", None)), fields=["id"], name="order_message_unsent"
            ),
        ),
        migrations.AddConstraint(
            model_name="seller",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("invoice_prefix", models.F("credit_note_prefix")), _negated=True
                ),
                name="seller_prefixes_differ",
                violation_error_message="Invoices and credit notes need different prefixes.",
            ),
        ),
    ]
