"""Money and history are append-only: the database itself refuses to change or delete their rows."""

from django.db import migrations

LEDGERS = ("orders_payment", "orders_refund", "orders_orderevent")
CREATE_TRIGGER = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION bookstore_append_only('actor_id')
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("catalog", "0002_append_only")]

    operations = [
        migrations.RunSQL(
            CREATE_TRIGGER.format(table=table), f"DROP TRIGGER append_only ON {table}"
        )
        for table in LEDGERS
    ]
