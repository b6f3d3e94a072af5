"""Ways to the customer that a shop can start with; staff changes them in the back office."""

from decimal import Decimal

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

METHODS: tuple[tuple[str, str, str, dict[str, bool]], ...] = (
    ("standard", "Standard delivery", "4.50", {}),
    ("express", "Express delivery", "9.50", {}),
    ("collection", "Collection at the shop", "0.00", {"requires_address": False}),
    ("download", "Download", "0.00", {"requires_address": False, "for_digital": True}),
)


def create_methods(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    location = apps.get_model("catalog", "Location").objects.get(code="main")
    shipping_methods = apps.get_model("orders", "ShippingMethod").objects
    for ordinal, (code, name, amount, fields) in enumerate(METHODS, start=1):
        shipping_methods.create(
            code=code,
            name=name,
            amount=Decimal(amount),
            ordinal=ordinal,
            location=location if code == "collection" else None,
            **fields,
        )


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_append_only"), ("catalog", "0003_main_shop")]

    operations = [migrations.RunPython(create_methods, migrations.RunPython.noop)]
