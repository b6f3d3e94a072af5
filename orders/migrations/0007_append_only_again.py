"""What gift cards did and what was issued on paper is append-only, too."""

from django.db import migrations

LEDGERS = ("orders_giftcardmovement", "orders_document")
CREATE_TRIGGER = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION bookstore_append_only('actor_id')
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_selling_in_full"), ("catalog", "0002_append_only")]

    operations = [
        migrations.RunSQL(
            CREATE_TRIGGER.format(table=table), f"DROP TRIGGER append_only ON {table}"
        )
        for table in LEDGERS
    ]
