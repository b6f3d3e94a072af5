"""Stock by location: kinds of places, more kinds of movements, supply and stocktakes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_rules_of_ledger_and_tree"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Stocktake",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "note",
                    models.CharField(
                        blank=True,
                        help_text="For example the shelves that are counted.",
                        max_length=200,
                        verbose_name="note",
                    ),
                ),
                (
                    "is_complete",
                    models.BooleanField(
                        default=False,
                        help_text="If so, what was not counted is not there: it is set to zero.",
                        verbose_name="everything here is counted",
                    ),
                ),
                ("started_at", models.DateTimeField(verbose_name="started at")),
                (
                    "posted_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="posted at"),
                ),
            ],
            options={
                "verbose_name": "stocktake",
                "verbose_name_plural": "stocktakes",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="StocktakeLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("counted", models.PositiveIntegerField(verbose_name="counted")),
                ("expected", models.IntegerField(verbose_name="on hand when it was counted")),
            ],
            options={
                "verbose_name": "line of a stocktake",
                "verbose_name_plural": "lines of stocktakes",
                "ordering": ("edition__isbn13",),
            },
        ),
        migrations.CreateModel(
            name="Supply",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "accepts_preorders",
                    models.BooleanField(
                        default=False,
                        help_text="Until it is published; it then sells like any other book.",
                        verbose_name="customers can pre-order it",
                    ),
                ),
                (
                    "preorder_cap",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Copies in all, of every customer. Empty: as many as are wanted.",
                        null=True,
                        verbose_name="most pre-orders",
                    ),
                ),
                (
                    "promised_date",
                    models.DateField(
                        blank=True,
                        help_text="What customers are told. Empty: the publication date.",
                        null=True,
                        verbose_name="promised for",
                    ),
                ),
                (
                    "accepts_backorders",
                    models.BooleanField(
                        default=False,
                        help_text="When it is out and no copy is left, customers can still buy it.",
                        verbose_name="we order it for customers",
                    ),
                ),
                (
                    "backorder_days",
                    models.PositiveSmallIntegerField(
                        default=14,
                        help_text="What customers are told: “usually 14 days”.",
                        verbose_name="which usually takes (days)",
                    ),
                ),
                ("awaited", models.IntegerField(default=0, verbose_name="promised, still to come")),
            ],
            options={
                "verbose_name": "pre-orders and ordering for customers",
                "verbose_name_plural": "pre-orders and ordering for customers",
            },
        ),
        migrations.RemoveConstraint(
            model_name="stockmovement",
            name="stock_movement_fits_kind",
        ),
        migrations.AddField(
            model_name="location",
            name="kind",
            field=models.CharField(
                choices=[("shop", "Shop"), ("store_room", "Store room")],
                db_default="shop",
                default="shop",
                max_length=10,
                verbose_name="kind",
            ),
        ),
        migrations.AddField(
            model_name="location",
            name="serves_shipping",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Where neither is ticked, the copies are kept from the customers.",
                verbose_name="orders are sent from here",
            ),
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="other_location",
            field=models.ForeignKey(
                blank=True,
                help_text="Where a transfer went, or came from.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.location",
                verbose_name="other location",
            ),
        ),
        migrations.AlterField(
            model_name="stockmovement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("receive", "Received"),
                    ("adjust", "Adjusted"),
                    ("damage", "Damaged"),
                    ("return", "Returned by a customer"),
                    ("transfer_out", "Moved away"),
                    ("transfer_in", "Moved here"),
                    ("allocate", "Allocated"),
                    ("release", "Released"),
                    ("consume", "Handed out"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AddField(
            model_name="stocktake",
            name="location",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stocktakes",
                to="catalog.location",
                verbose_name="location",
            ),
        ),
        migrations.AddField(
            model_name="stocktake",
            name="posted_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="stocktake",
            name="started_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="stocktake",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="movements",
                to="catalog.stocktake",
                verbose_name="stocktake",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("allocated_change", 0),
                        ("kind__in", ("receive", "return")),
                        ("on_hand_change__gt", 0),
                    ),
                    models.Q(
                        ("allocated_change", 0),
                        ("kind", "adjust"),
                        models.Q(("on_hand_change", 0), _negated=True),
                    ),
                    models.Q(
                        ("allocated_change", 0), ("kind", "damage"), ("on_hand_change__lt", 0)
                    ),
                    models.Q(
                        ("allocated_change", 0),
                        ("kind", "transfer_out"),
                        ("on_hand_change__lt", 0),
                        ("other_location__isnull", False),
                    ),
                    models.Q(
                        ("allocated_change", 0),
                        ("kind", "transfer_in"),
                        ("on_hand_change__gt", 0),
                        ("other_location__isnull", False),
                    ),
                    models.Q(
                        ("allocated_change__gt", 0), ("kind", "allocate"), ("on_hand_change", 0)
                    ),
                    models.Q(
                        ("allocated_change__lt", 0), ("kind", "release"), ("on_hand_change", 0)
                    ),
                    models.Q(
                        ("allocated_change", models.F("on_hand_change")),
                        ("kind", "consume"),
                        ("on_hand_change__lt", 0),
                    ),
                    _connector="OR",
                ),
                name="stock_movement_fits_kind",
            ),
        ),
        migrations.AddField(
            model_name="stocktakeline",
            name="edition",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.edition"
            ),
        ),
        migrations.AddField(
            model_name="stocktakeline",
            name="stocktake",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="catalog.stocktake",
            ),
        ),
        migrations.AddField(
            model_name="supply",
            name="edition",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="supply",
                to="catalog.edition",
            ),
        ),
        migrations.AddConstraint(
            model_name="stocktakeline",
            constraint=models.UniqueConstraint(
                fields=("stocktake", "edition"), name="stocktake_line_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="supply",
            constraint=models.CheckConstraint(
                condition=models.Q(("awaited__gte", 0)), name="supply_awaited"
            ),
        ),
        migrations.AddConstraint(
            model_name="supply",
            constraint=models.CheckConstraint(
                condition=models.Q(("backorder_days__range", (1, 365))),
                name="supply_backorder_days",
            ),
        ),
    ]
