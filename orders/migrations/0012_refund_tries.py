"""How often a refund was tried; providers' events that staff has to look at are found quickly."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0011_parcels_and_returns")]

    operations = [
        migrations.AddField(
            model_name="refundrequest",
            name="tries",
            field=models.PositiveSmallIntegerField(
                db_default=1,
                default=1,
                help_text="How often staff had it tried.",
                verbose_name="tries",
            ),
        ),
        migrations.AddIndex(
            model_name="providerevent",
            index=models.Index(
                condition=models.Q(("needs_attention", True)),
                fields=["provider"],
                name="provider_event_unclear",
            ),
        ),
    ]
