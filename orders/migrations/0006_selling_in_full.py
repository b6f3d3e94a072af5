"""Selling in full: vouchers, gift cards, tax, zones, returns, documents, allocations."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import orders.models.numbers


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_rules_of_ledger_and_tree"),
        ("orders", "0005_wider_amounts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Allocation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveIntegerField(verbose_name="quantity")),
            ],
            options={
                "verbose_name": "allocation",
                "verbose_name_plural": "allocations",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Document",
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
                        choices=[("invoice", "Invoice"), ("credit_note", "Credit note")],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("year", models.PositiveSmallIntegerField(verbose_name="year")),
                ("sequence", models.PositiveIntegerField(verbose_name="number in the year")),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="number")),
                ("content", models.JSONField(verbose_name="content")),
                ("pdf", models.BinaryField(verbose_name="PDF")),
                ("issued_at", models.DateTimeField(verbose_name="issued at")),
            ],
            options={
                "verbose_name": "document",
                "verbose_name_plural": "documents",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="DocumentCounter",
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
                        choices=[("invoice", "Invoice"), ("credit_note", "Credit note")],
                        max_length=12,
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="GiftCard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=19, unique=True, verbose_name="code")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "balance_amount",
                    models.DecimalField(
                        decimal_places=2, default=0, max_digits=10, verbose_name="balance"
                    ),
                ),
                (
                    "ordinal",
                    models.PositiveSmallIntegerField(
                        blank=True, editable=False, null=True, verbose_name="which copy of the line"
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="can be used")),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="expires at"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="issued at")),
            ],
            options={
                "verbose_name": "gift card",
                "verbose_name_plural": "gift cards",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="GiftCardMovement",
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
                            ("issue", "Issued"),
                            ("redeem", "Used for an order"),
                            ("give_back", "Given back"),
                            ("adjust", "Corrected by staff"),
                            ("void", "Taken back"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="Below 0 when it was spent.",
                        max_digits=10,
                        verbose_name="amount",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="at")),
            ],
            options={
                "verbose_name": "gift card movement",
                "verbose_name_plural": "gift card movements",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="OrderTaxLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("country", models.CharField(blank=True, max_length=2, verbose_name="country")),
                (
                    "rate",
                    models.DecimalField(decimal_places=2, max_digits=5, verbose_name="percent"),
                ),
                (
                    "gross_amount",
                    models.DecimalField(decimal_places=2, max_digits=12, verbose_name="with tax"),
                ),
                (
                    "tax_amount",
                    models.DecimalField(
                        decimal_places=2, max_digits=12, verbose_name="tax contained"
                    ),
                ),
            ],
            options={
                "verbose_name": "order’s tax line",
                "verbose_name_plural": "order’s tax lines",
                "ordering": ("order", "-rate"),
            },
        ),
        migrations.CreateModel(
            name="PaymentAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("provider", models.CharField(max_length=20, verbose_name="provider")),
                ("provider_id", models.CharField(max_length=200, verbose_name="provider’s number")),
                (
                    "amount",
                    models.DecimalField(decimal_places=2, max_digits=12, verbose_name="amount"),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("canceled", "Canceled"),
                        ],
                        db_default="open",
                        default="open",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="asked at"
                    ),
                ),
                (
                    "checked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="looked at"),
                ),
            ],
            options={
                "verbose_name": "payment attempt",
                "verbose_name_plural": "payment attempts",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="ProviderEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("provider", models.CharField(max_length=20, verbose_name="provider")),
                ("event_id", models.CharField(max_length=200, verbose_name="provider’s number")),
                ("kind", models.CharField(max_length=60, verbose_name="kind")),
                ("content", models.JSONField(default=dict, verbose_name="content")),
                (
                    "outcome",
                    models.CharField(blank=True, max_length=200, verbose_name="what became of it"),
                ),
                (
                    "needs_attention",
                    models.BooleanField(default=False, verbose_name="needs attention"),
                ),
                (
                    "received_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="received at"
                    ),
                ),
            ],
            options={
                "verbose_name": "provider’s event",
                "verbose_name_plural": "providers’ events",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="RefundRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=230, unique=True, verbose_name="key")),
                (
                    "amount",
                    models.DecimalField(decimal_places=2, max_digits=12, verbose_name="amount"),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                (
                    "status",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")],
                        db_default="waiting",
                        default="waiting",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=500, verbose_name="problem")),
                ("requested_at", models.DateTimeField(verbose_name="requested at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
            ],
            options={
                "verbose_name": "refund request",
                "verbose_name_plural": "refund requests",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Return",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.CharField(
                        default=orders.models.numbers.make_number,
                        max_length=14,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("return", "Return"),
                            ("withdrawal", "Withdrawal from the contract"),
                        ],
                        default="return",
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("received", "Received"),
                            ("refunded", "Refunded"),
                            ("declined", "Declined"),
                        ],
                        default="requested",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="e-mail address"),
                ),
                (
                    "note",
                    models.CharField(blank=True, max_length=500, verbose_name="note of staff"),
                ),
                ("requested_at", models.DateTimeField(verbose_name="requested at")),
                (
                    "received_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="received at"),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
            ],
            options={
                "verbose_name": "return",
                "verbose_name_plural": "returns",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="ReturnLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveSmallIntegerField(verbose_name="quantity")),
                (
                    "restocked_quantity",
                    models.PositiveSmallIntegerField(default=0, verbose_name="back in stock"),
                ),
                (
                    "written_off_quantity",
                    models.PositiveSmallIntegerField(default=0, verbose_name="written off"),
                ),
                (
                    "refund_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        verbose_name="refunded",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of a return",
                "verbose_name_plural": "lines of returns",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Seller",
            fields=[
                (
                    "only",
                    models.BooleanField(
                        default=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "legal_name",
                    models.CharField(blank=True, max_length=200, verbose_name="legal name"),
                ),
                ("address", models.TextField(blank=True, max_length=500, verbose_name="address")),
                (
                    "country",
                    models.CharField(
                        blank=True,
                        help_text="Where tax is due by default.",
                        max_length=2,
                        verbose_name="country",
                    ),
                ),
                (
                    "tax_number",
                    models.CharField(blank=True, max_length=40, verbose_name="tax or VAT number"),
                ),
                (
                    "register_entry",
                    models.CharField(
                        blank=True,
                        help_text="Court and number.",
                        max_length=200,
                        verbose_name="entry in a register",
                    ),
                ),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="e-mail address"),
                ),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="telephone")),
                (
                    "invoice_note",
                    models.TextField(blank=True, max_length=1000, verbose_name="note on invoices"),
                ),
                (
                    "splits_orders",
                    models.BooleanField(
                        default=False,
                        help_text="Otherwise an order is taken only when one place has all of it.",
                        verbose_name="sends one order from several places",
                    ),
                ),
                (
                    "withdrawal_days",
                    models.PositiveSmallIntegerField(
                        default=14,
                        help_text="From delivery on. The European Union asks for at least 14.",
                        verbose_name="days to withdraw",
                    ),
                ),
            ],
            options={
                "verbose_name": "seller",
                "verbose_name_plural": "seller",
            },
        ),
        migrations.CreateModel(
            name="ShippingRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "max_weight_grams",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty: any weight.",
                        null=True,
                        verbose_name="up to grams",
                    ),
                ),
                (
                    "min_value_amount",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=10,
                        verbose_name="from an order value of",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=2, max_digits=10, verbose_name="amount"),
                ),
            ],
            options={
                "verbose_name": "shipping rate",
                "verbose_name_plural": "shipping rates",
                "ordering": (
                    "zone",
                    models.OrderBy(models.F("max_weight_grams"), nulls_last=True),
                    "-min_value_amount",
                ),
            },
        ),
        migrations.CreateModel(
            name="ShippingZone",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2),
                        blank=True,
                        default=list,
                        help_text="Empty: every country that is in no other zone.",
                        size=None,
                        verbose_name="countries",
                    ),
                ),
                ("ordinal", models.PositiveSmallIntegerField(default=1, verbose_name="position")),
            ],
            options={
                "verbose_name": "shipping zone",
                "verbose_name_plural": "shipping zones",
                "ordering": ("ordinal", "id"),
            },
        ),
        migrations.CreateModel(
            name="TaxArea",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "seller_countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2),
                        blank=True,
                        default=list,
                        help_text="Empty: wherever the seller is.",
                        size=None,
                        verbose_name="for sellers in",
                    ),
                ),
                (
                    "countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2),
                        blank=True,
                        default=list,
                        help_text="Empty: everywhere else.",
                        size=None,
                        verbose_name="goods sent to",
                    ),
                ),
                (
                    "treatment",
                    models.CharField(
                        choices=[
                            ("seller", "The seller’s country’s rates"),
                            ("destination", "The rates of the country that it goes to"),
                            ("export", "No tax"),
                        ],
                        max_length=12,
                        verbose_name="taxed by",
                    ),
                ),
                ("ordinal", models.PositiveSmallIntegerField(default=1, verbose_name="position")),
            ],
            options={
                "verbose_name": "tax area",
                "verbose_name_plural": "tax areas",
                "ordering": ("ordinal", "id"),
            },
        ),
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("country", models.CharField(max_length=2, verbose_name="country")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("print", "Printed books"),
                            ("ebook", "E-books"),
                            ("audio", "Audiobooks"),
                            ("gift_card", "Gift cards"),
                            ("other", "Other goods"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "rate",
                    models.DecimalField(decimal_places=2, max_digits=5, verbose_name="percent"),
                ),
                ("valid_from", models.DateField(blank=True, null=True, verbose_name="from")),
                (
                    "valid_to",
                    models.DateField(
                        blank=True, help_text="The last day.", null=True, verbose_name="to"
                    ),
                ),
            ],
            options={
                "verbose_name": "tax rate",
                "verbose_name_plural": "tax rates",
                "ordering": ("country", "kind", "valid_from"),
            },
        ),
        migrations.CreateModel(
            name="Voucher",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="code")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("percentage", "Percentage"),
                            ("amount", "Amount"),
                            ("free_shipping", "Free shipping"),
                        ],
                        max_length=15,
                        verbose_name="kind",
                    ),
                ),
                (
                    "percent",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                        verbose_name="percent",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=10,
                        null=True,
                        verbose_name="amount",
                    ),
                ),
                (
                    "minimum_amount",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=10,
                        verbose_name="from an order value of",
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        blank=True,
                        help_text="Their e-mail address.",
                        max_length=254,
                        verbose_name="for this customer alone",
                    ),
                ),
                ("valid_from", models.DateTimeField(blank=True, null=True, verbose_name="from")),
                ("valid_to", models.DateTimeField(blank=True, null=True, verbose_name="to")),
                (
                    "max_uses",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty: without end.",
                        null=True,
                        verbose_name="uses in all",
                    ),
                ),
                (
                    "max_uses_per_customer",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty: without end.",
                        null=True,
                        verbose_name="uses by one customer",
                    ),
                ),
                (
                    "used_count",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="used"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="in force")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ],
            options={
                "verbose_name": "voucher",
                "verbose_name_plural": "vouchers",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="VoucherUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        help_text="In lower case.", max_length=254, verbose_name="e-mail address"
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=2, max_digits=12, verbose_name="amount"),
                ),
                ("used_at", models.DateTimeField(verbose_name="used at")),
                (
                    "returned_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="given back at"),
                ),
            ],
            options={
                "verbose_name": "use of a voucher",
                "verbose_name_plural": "uses of vouchers",
                "ordering": ("-id",),
            },
        ),
        migrations.RemoveConstraint(
            model_name="order",
            name="order_amounts",
        ),
        migrations.RemoveConstraint(
            model_name="orderline",
            name="order_line_amounts",
        ),
        migrations.RemoveConstraint(
            model_name="ordermessage",
            name="order_message_once",
        ),
        migrations.AddField(
            model_name="basket",
            name="voucher_code",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=40, verbose_name="voucher"
            ),
        ),
        migrations.AddField(
            model_name="basketline",
            name="seen_amount",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=10,
                null=True,
                verbose_name="price of one that the customer saw",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="discount_amount",
            field=models.DecimalField(
                db_default=0, decimal_places=2, default=0, max_digits=12, verbose_name="discount"
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="gift_card_amount",
            field=models.DecimalField(
                db_default=0,
                decimal_places=2,
                default=0,
                max_digits=12,
                verbose_name="paid by gift card",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="ready_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="ready to collect at"),
        ),
        migrations.AddField(
            model_name="order",
            name="tax_country",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=2,
                verbose_name="country whose tax it is",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="voucher_code",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=40, verbose_name="voucher"
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="awaited_quantity",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, verbose_name="copies that have not come yet"
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="canceled_quantity",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, verbose_name="copies canceled"
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="discount_amount",
            field=models.DecimalField(
                db_default=0,
                decimal_places=2,
                default=0,
                max_digits=12,
                verbose_name="share of the discount",
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="promised_date",
            field=models.DateField(blank=True, null=True, verbose_name="promised for"),
        ),
        migrations.AddField(
            model_name="orderline",
            name="supply",
            field=models.CharField(
                choices=[
                    ("stock", "From stock"),
                    ("preorder", "Pre-order"),
                    ("backorder", "Ordered for the customer"),
                ],
                db_default="stock",
                default="stock",
                max_length=10,
                verbose_name="supply",
            ),
        ),
        migrations.AddField(
            model_name="ordermessage",
            name="reference",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=40, verbose_name="about"
            ),
        ),
        migrations.AddField(
            model_name="ordermessage",
            name="sending_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="handed over at"),
        ),
        migrations.AddField(
            model_name="shipment",
            name="delivered_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="delivered at"),
        ),
        migrations.AddField(
            model_name="shipment",
            name="location",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.location",
                verbose_name="packed at",
            ),
        ),
        migrations.AddField(
            model_name="shipment",
            name="ready_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="ready to collect at"),
        ),
        migrations.AddField(
            model_name="shippingmethod",
            name="free_from_amount",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                help_text="After discounts. Empty: never free.",
                max_digits=10,
                null=True,
                verbose_name="free from an order value of",
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
        migrations.AlterField(
            model_name="ordermessage",
            name="sent_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="sent at"),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("discount_amount__gte", 0),
                    ("discount_amount__lte", models.F("subtotal_amount")),
                    ("gift_card_amount__gte", 0),
                    ("gift_card_amount__lte", models.F("total_amount")),
                    ("shipping_amount__gte", 0),
                    ("subtotal_amount__gte", 0),
                    ("tax_amount__gte", 0),
                    ("tax_amount__lte", models.F("total_amount")),
                    (
                        "total_amount",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("subtotal_amount"), "-", models.F("discount_amount")
                            ),
                            "+",
                            models.F("shipping_amount"),
                        ),
                    ),
                ),
                name="order_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("discount_amount__gte", 0),
                    ("discount_amount__lte", models.F("total_amount")),
                    ("tax_amount__gte", 0),
                    ("tax_amount__lte", models.F("total_amount")),
                    (
                        "total_amount",
                        django.db.models.expressions.CombinedExpression(
                            models.F("unit_amount"), "*", models.F("quantity")
                        ),
                    ),
                    ("unit_amount__gte", 0),
                ),
                name="order_line_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "quantity__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("awaited_quantity"), "+", models.F("canceled_quantity")
                        ),
                    )
                ),
                name="order_line_copies",
            ),
        ),
        migrations.AddConstraint(
            model_name="ordermessage",
            constraint=models.UniqueConstraint(
                fields=("order", "kind", "reference"), name="order_message_once"
            ),
        ),
        migrations.AddField(
            model_name="allocation",
            name="order_line",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="allocations",
                to="orders.orderline",
            ),
        ),
        migrations.AddField(
            model_name="allocation",
            name="stock",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="allocations",
                to="catalog.stock",
            ),
        ),
        migrations.AddField(
            model_name="document",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="documents",
                to="orders.order",
            ),
        ),
        migrations.AddField(
            model_name="document",
            name="refund",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="credit_note",
                to="orders.refund",
            ),
        ),
        migrations.AddConstraint(
            model_name="documentcounter",
            constraint=models.UniqueConstraint(
                fields=("kind", "year"), name="document_counter_once"
            ),
        ),
        migrations.AddField(
            model_name="giftcard",
            name="order_line",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="gift_cards",
                to="orders.orderline",
                verbose_name="sold with",
            ),
        ),
        migrations.AddField(
            model_name="giftcardmovement",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="giftcardmovement",
            name="gift_card",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="movements",
                to="orders.giftcard",
            ),
        ),
        migrations.AddField(
            model_name="giftcardmovement",
            name="order",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="gift_card_movements",
                to="orders.order",
            ),
        ),
        migrations.AddField(
            model_name="ordertaxline",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tax_lines",
                to="orders.order",
            ),
        ),
        migrations.AddField(
            model_name="paymentattempt",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payment_attempts",
                to="orders.order",
            ),
        ),
        migrations.AddField(
            model_name="providerevent",
            name="order",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="provider_events",
                to="orders.order",
            ),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refund_requests",
                to="orders.order",
            ),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="payment",
            field=models.ForeignKey(
                blank=True,
                help_text="The payment that it goes back by.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refund_requests",
                to="orders.payment",
            ),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="refund",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="request",
                to="orders.refund",
            ),
        ),
        migrations.AddField(
            model_name="return",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="return",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="returns",
                to="orders.order",
            ),
        ),
        migrations.AddField(
            model_name="return",
            name="refund_request",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="of_return",
                to="orders.refundrequest",
            ),
        ),
        migrations.AddField(
            model_name="returnline",
            name="of_return",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="orders.return",
            ),
        ),
        migrations.AddField(
            model_name="returnline",
            name="order_line",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="return_lines",
                to="orders.orderline",
            ),
        ),
        migrations.AddConstraint(
            model_name="seller",
            constraint=models.CheckConstraint(
                condition=models.Q(("only", True)), name="seller_only_one"
            ),
        ),
        migrations.AddField(
            model_name="shippingrate",
            name="method",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="rates",
                to="orders.shippingmethod",
            ),
        ),
        migrations.AddField(
            model_name="shippingrate",
            name="zone",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="rates",
                to="orders.shippingzone",
                verbose_name="zone",
            ),
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=models.UniqueConstraint(
                fields=("country", "kind", "valid_from"), name="tax_rate_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("rate__range", (0, 100))), name="tax_rate_percent"
            ),
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to", None),
                    ("valid_from", None),
                    ("valid_to__gte", models.F("valid_from")),
                    _connector="OR",
                ),
                name="tax_rate_ends_after_start",
            ),
        ),
        migrations.AddField(
            model_name="voucher",
            name="subject",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: for all books. What is below the subject counts too.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.subject",
                verbose_name="for books on",
            ),
        ),
        migrations.AddField(
            model_name="voucheruse",
            name="order",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="voucher_use",
                to="orders.order",
            ),
        ),
        migrations.AddField(
            model_name="voucheruse",
            name="voucher",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="uses",
                to="orders.voucher",
            ),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.UniqueConstraint(
                fields=("order_line", "stock"), name="allocation_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="allocation_of_some"
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.UniqueConstraint(
                fields=("kind", "year", "sequence"), name="document_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "invoice")),
                fields=("order",),
                name="document_one_invoice_an_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "invoice"), ("refund", None)),
                    models.Q(("kind", "credit_note"), ("refund__isnull", False)),
                    _connector="OR",
                ),
                name="document_credit_note_of_refund",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(("sequence__gt", 0)), name="document_counts_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="giftcard",
            constraint=models.CheckConstraint(
                condition=models.Q(("balance_amount__gte", 0)), name="gift_card_not_overdrawn"
            ),
        ),
        migrations.AddConstraint(
            model_name="giftcard",
            constraint=models.UniqueConstraint(
                fields=("order_line", "ordinal"), name="gift_card_issued_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="giftcardmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount__gt", 0), ("kind__in", ("issue", "give_back"))),
                    models.Q(("amount__lt", 0), ("kind__in", ("redeem", "void"))),
                    models.Q(("kind", "adjust"), models.Q(("amount", 0), _negated=True)),
                    _connector="OR",
                ),
                name="gift_card_movement_fits_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="ordertaxline",
            constraint=models.UniqueConstraint(
                fields=("order", "rate"), name="order_tax_line_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="ordertaxline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("gross_amount__gte", 0),
                    ("tax_amount__gte", 0),
                    ("tax_amount__lte", models.F("gross_amount")),
                ),
                name="order_tax_line_amounts",
            ),
        ),
        migrations.AddIndex(
            model_name="paymentattempt",
            index=models.Index(
                condition=models.Q(("status", "open")),
                fields=["created_at"],
                name="payment_attempt_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentattempt",
            constraint=models.UniqueConstraint(
                fields=("provider", "provider_id"), name="payment_attempt_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="payment_attempt_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="providerevent",
            constraint=models.UniqueConstraint(
                fields=("provider", "event_id"), name="provider_event_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="refund_request_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("refund__isnull", False), ("status", "done")),
                    models.Q(models.Q(("status", "done"), _negated=True), ("refund", None)),
                    _connector="OR",
                ),
                name="refund_request_done_with_refund",
            ),
        ),
        migrations.AddConstraint(
            model_name="returnline",
            constraint=models.UniqueConstraint(
                fields=("of_return", "order_line"), name="return_line_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="returnline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("quantity__gt", 0),
                    (
                        "quantity__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("restocked_quantity"), "+", models.F("written_off_quantity")
                        ),
                    ),
                ),
                name="return_line_quantities",
            ),
        ),
        migrations.AddConstraint(
            model_name="shippingrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0), ("min_value_amount__gte", 0)),
                name="shipping_rate_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="shippingrate",
            constraint=models.UniqueConstraint(
                fields=("method", "zone", "max_weight_grams", "min_value_amount"),
                name="shipping_rate_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("max_uses", None), ("used_count__lte", models.F("max_uses")), _connector="OR"
                ),
                name="voucher_uses",
                violation_error_message="It has been used more often than that.",
            ),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("amount", None),
                        ("kind", "percentage"),
                        ("percent__gt", 0),
                        ("percent__lte", 100),
                    ),
                    models.Q(("amount__gt", 0), ("kind", "amount"), ("percent", None)),
                    models.Q(("amount", None), ("kind", "free_shipping"), ("percent", None)),
                    _connector="OR",
                ),
                name="voucher_worth",
                violation_error_message="Give a percentage or an amount, as the kind says.",
            ),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to", None),
                    ("valid_from", None),
                    ("valid_to__gt", models.F("valid_from")),
                    _connector="OR",
                ),
                name="voucher_ends_after_start",
                violation_error_message="It must end after it begins.",
            ),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.CheckConstraint(
                condition=models.Q(("minimum_amount__gte", 0)), name="voucher_minimum_not_negative"
            ),
        ),
        migrations.AddIndex(
            model_name="voucheruse",
            index=models.Index(fields=["voucher", "email"], name="voucher_use_of_customer"),
        ),
        migrations.AddConstraint(
            model_name="voucheruse",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="voucher_use_not_negative"
            ),
        ),
    ]
