import uuid
from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import orders.models.numbers


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0003_main_shop"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Basket",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed at")),
                (
                    "user",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="basket",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "basket",
                "verbose_name_plural": "baskets",
            },
        ),
        migrations.CreateModel(
            name="BasketLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveSmallIntegerField(verbose_name="quantity")),
                ("added_at", models.DateTimeField(auto_now_add=True, verbose_name="added at")),
                (
                    "basket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="orders.basket",
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.edition",
                    ),
                ),
            ],
            options={
                "verbose_name": "basket line",
                "verbose_name_plural": "basket lines",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Order",
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
                    "token",
                    models.CharField(
                        default=orders.models.numbers.make_token, editable=False, max_length=40
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("awaiting_payment", "Awaiting payment"),
                            ("paid", "Paid"),
                            ("shipped", "Shipped"),
                            ("completed", "Completed"),
                            ("canceled", "Canceled"),
                        ],
                        default="awaiting_payment",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                (
                    "needs_attention",
                    models.BooleanField(
                        default=False,
                        help_text="Staff should look at it; the events say why.",
                        verbose_name="needs attention",
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                ("basket_id", models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                (
                    "idempotency_key",
                    models.CharField(
                        blank=True, editable=False, max_length=200, null=True, unique=True
                    ),
                ),
                ("request_digest", models.CharField(blank=True, editable=False, max_length=128)),
                (
                    "shipping_name",
                    models.CharField(blank=True, max_length=200, verbose_name="name"),
                ),
                (
                    "shipping_line1",
                    models.CharField(blank=True, max_length=200, verbose_name="address"),
                ),
                (
                    "shipping_line2",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="address, second line"
                    ),
                ),
                (
                    "shipping_city",
                    models.CharField(blank=True, max_length=100, verbose_name="city"),
                ),
                (
                    "shipping_postcode",
                    models.CharField(blank=True, max_length=20, verbose_name="postcode"),
                ),
                (
                    "shipping_country",
                    models.CharField(blank=True, max_length=2, verbose_name="country"),
                ),
                (
                    "shipping_method",
                    models.CharField(max_length=40, verbose_name="shipping method"),
                ),
                (
                    "shipping_method_name",
                    models.CharField(max_length=100, verbose_name="name of the shipping method"),
                ),
                (
                    "collection_point",
                    models.TextField(blank=True, max_length=800, verbose_name="collected at"),
                ),
                ("payment_method", models.CharField(max_length=20, verbose_name="payment method")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "subtotal_amount",
                    models.DecimalField(decimal_places=2, max_digits=12, verbose_name="subtotal"),
                ),
                (
                    "shipping_amount",
                    models.DecimalField(decimal_places=2, max_digits=10, verbose_name="shipping"),
                ),
                (
                    "tax_amount",
                    models.DecimalField(
                        decimal_places=2, max_digits=12, verbose_name="tax contained"
                    ),
                ),
                (
                    "total_amount",
                    models.DecimalField(decimal_places=2, max_digits=12, verbose_name="total"),
                ),
                ("placed_at", models.DateTimeField(verbose_name="placed at")),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="pay until"),
                ),
                ("paid_at", models.DateTimeField(blank=True, null=True, verbose_name="paid at")),
                (
                    "packed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="packed at"),
                ),
                (
                    "shipped_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="shipped at"),
                ),
                (
                    "completed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="completed at"),
                ),
                (
                    "canceled_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="canceled at"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="orders",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "order",
                "verbose_name_plural": "orders",
                "ordering": ("-placed_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="OrderEvent",
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
                            ("refund_due", "Money to be returned"),
                            ("refunded", "Refunded"),
                            ("settled", "Settled by staff"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                (
                    "reference",
                    models.CharField(blank=True, max_length=230, verbose_name="provider's event"),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="at"),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "order event",
                "verbose_name_plural": "order events",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("isbn13", models.CharField(max_length=13, verbose_name="ISBN-13 or SKU")),
                ("title", models.CharField(max_length=500, verbose_name="title")),
                ("byline", models.CharField(blank=True, max_length=1000, verbose_name="by")),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("hardback", "Hardback"),
                            ("paperback", "Paperback"),
                            ("large_print", "Large print"),
                            ("board_book", "Board book"),
                            ("ebook", "E-book"),
                            ("audiobook", "Audiobook"),
                        ],
                        max_length=20,
                        verbose_name="format",
                    ),
                ),
                (
                    "unit_amount",
                    models.DecimalField(
                        decimal_places=2, max_digits=10, verbose_name="amount of one"
                    ),
                ),
                ("quantity", models.PositiveSmallIntegerField(verbose_name="quantity")),
                (
                    "tax_rate",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                        verbose_name="tax rate",
                    ),
                ),
                (
                    "tax_amount",
                    models.DecimalField(
                        decimal_places=2, max_digits=12, verbose_name="tax contained"
                    ),
                ),
                (
                    "total_amount",
                    models.DecimalField(decimal_places=2, max_digits=12, verbose_name="total"),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="catalog.edition",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="orders.order",
                    ),
                ),
                (
                    "stock",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="order_lines",
                        to="catalog.stock",
                        verbose_name="allocated at",
                    ),
                ),
            ],
            options={
                "verbose_name": "order line",
                "verbose_name_plural": "order lines",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="OrderMessage",
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
                            ("placed", "Confirmation"),
                            ("paid", "Payment received"),
                            ("shipped", "On its way"),
                            ("canceled", "Canceled"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("sent_at", models.DateTimeField(verbose_name="sent at")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "order e-mail",
                "verbose_name_plural": "order e-mails",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("provider", models.CharField(max_length=20, verbose_name="provider")),
                ("event_id", models.CharField(max_length=200, verbose_name="provider's event")),
                (
                    "amount",
                    models.DecimalField(decimal_places=2, max_digits=10, verbose_name="amount"),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("received_at", models.DateTimeField(verbose_name="received at")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="recorded at")),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "payment",
                "verbose_name_plural": "payments",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("provider", models.CharField(max_length=20, verbose_name="provider")),
                ("event_id", models.CharField(max_length=200, verbose_name="provider's event")),
                (
                    "amount",
                    models.DecimalField(decimal_places=2, max_digits=10, verbose_name="amount"),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("refunded_at", models.DateTimeField(verbose_name="refunded at")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="recorded at")),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "refund",
                "verbose_name_plural": "refunds",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Shipment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("carrier", models.CharField(blank=True, max_length=100, verbose_name="carrier")),
                (
                    "tracking",
                    models.CharField(blank=True, max_length=100, verbose_name="tracking number"),
                ),
                ("packed_at", models.DateTimeField(verbose_name="packed at")),
                (
                    "shipped_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="shipped at"),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shipments",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "shipment",
                "verbose_name_plural": "shipments",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="ShipmentLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveSmallIntegerField(verbose_name="quantity")),
                (
                    "order_line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shipment_lines",
                        to="orders.orderline",
                    ),
                ),
                (
                    "shipment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="orders.shipment",
                    ),
                ),
            ],
            options={
                "verbose_name": "shipment line",
                "verbose_name_plural": "shipment lines",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="ShippingMethod",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=10,
                        verbose_name="amount",
                    ),
                ),
                (
                    "requires_address",
                    models.BooleanField(default=True, verbose_name="needs an address"),
                ),
                (
                    "for_digital",
                    models.BooleanField(
                        default=False,
                        help_text="For orders with nothing to send.",
                        verbose_name="for files alone",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="offered")),
                ("ordinal", models.PositiveSmallIntegerField(default=1, verbose_name="position")),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        help_text="Orders are then served from this place alone.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.location",
                        verbose_name="collected at",
                    ),
                ),
            ],
            options={
                "verbose_name": "shipping method",
                "verbose_name_plural": "shipping methods",
                "ordering": ("ordinal", "id"),
            },
        ),
        migrations.AddIndex(
            model_name="basket",
            index=models.Index(fields=["updated_at"], name="basket_by_age"),
        ),
        migrations.AddConstraint(
            model_name="basketline",
            constraint=models.UniqueConstraint(
                fields=("basket", "edition"), name="basket_line_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="basketline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__range", (1, 50))), name="basket_line_quantity"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status", "awaiting_payment")),
                fields=["expires_at"],
                name="order_awaiting_by_expiry",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["user", "-placed_at"], name="order_of_user"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["status", "-placed_at"], name="order_by_status"),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("shipping_amount__gte", 0),
                    ("subtotal_amount__gte", 0),
                    ("tax_amount__gte", 0),
                    ("tax_amount__lte", models.F("total_amount")),
                    (
                        "total_amount",
                        django.db.models.expressions.CombinedExpression(
                            models.F("subtotal_amount"), "+", models.F("shipping_amount")
                        ),
                    ),
                ),
                name="order_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("canceled_at", None), ("paid_at", None), ("status", "awaiting_payment")
                    ),
                    models.Q(
                        ("canceled_at", None),
                        ("paid_at__isnull", False),
                        ("shipped_at", None),
                        ("status", "paid"),
                    ),
                    models.Q(
                        ("canceled_at", None), ("shipped_at__isnull", False), ("status", "shipped")
                    ),
                    models.Q(
                        ("canceled_at", None),
                        ("completed_at__isnull", False),
                        ("status", "completed"),
                    ),
                    models.Q(("canceled_at__isnull", False), ("status", "canceled")),
                    _connector="OR",
                ),
                name="order_status_dated",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderevent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                fields=("order", "kind", "reference"),
                name="order_event_reference_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.UniqueConstraint(fields=("order", "isbn13"), name="order_line_once"),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="order_line_quantity_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
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
            model_name="ordermessage",
            constraint=models.UniqueConstraint(fields=("order", "kind"), name="order_message_once"),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                fields=("provider", "event_id"), name="payment_event_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="payment_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(
                fields=("provider", "event_id"), name="refund_event_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="refund_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="shipmentline",
            constraint=models.UniqueConstraint(
                fields=("shipment", "order_line"), name="shipment_line_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="shipmentline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="shipment_line_quantity_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="shippingmethod",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="shipping_method_amount_not_negative"
            ),
        ),
    ]
