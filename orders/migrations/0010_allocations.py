"""A line's copies may lie at several places, or have yet to come.

`OrderLine.stock` goes at once and not in a later release, as no release ever had it.
"""

import django.db.models.deletion
from django.db import migrations, models

ALLOCATE = """
INSERT INTO orders_allocation (order_line_id, stock_id, quantity)
SELECT line.id, line.stock_id, line.quantity - coalesce(shipped.quantity, 0)
FROM orders_orderline AS line
JOIN orders_order AS bought ON bought.id = line.order_id AND bought.canceled_at IS NULL
LEFT JOIN (
    SELECT order_line_id, sum(quantity) AS quantity
    FROM orders_shipmentline
    JOIN orders_shipment ON orders_shipment.id = shipment_id AND shipped_at IS NOT NULL
    GROUP BY order_line_id
) AS shipped ON shipped.order_line_id = line.id
WHERE line.stock_id IS NOT NULL AND line.quantity > coalesce(shipped.quantity, 0)
"""
COLLECT = """
UPDATE orders_order SET location_id = method.location_id
FROM orders_shippingmethod AS method
WHERE method.code = orders_order.shipping_method AND orders_order.collection_point <> ''
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_stock_by_location"), ("orders", "0009_gift_cards")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="location",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.location",
                verbose_name="served from this place alone",
            ),
        ),
        migrations.RunSQL(ALLOCATE, "DELETE FROM orders_allocation"),
        migrations.RunSQL(COLLECT, migrations.RunSQL.noop),
        # A table that was written to is altered only once its checks have run.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveField(model_name="orderline", name="stock"),
    ]
