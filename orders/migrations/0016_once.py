"""Gift cards and batches of vouchers are found again by the form that made them."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("orders", "0015_refund_lines")]

    operations = [
        migrations.AddField(
            model_name="giftcard",
            name="key",
            field=models.CharField(
                blank=True, editable=False, max_length=64, null=True, unique=True
            ),
        ),
        migrations.AddField(
            model_name="voucher",
            name="batch",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=64
            ),
        ),
        migrations.AddIndex(
            model_name="voucher",
            index=models.Index(fields=["batch"], name="voucher_of_batch", condition=~Q(batch="")),
        ),
    ]
