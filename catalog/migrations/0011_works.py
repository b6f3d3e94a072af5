from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_suppliers")]

    operations = [
        migrations.AddField(
            model_name="work",
            name="match_key",
            field=models.CharField(
                db_default="",
                default="",
                editable=False,
                help_text="The title, normalized: what new editions’ works are looked up by.",
                max_length=200,
            ),
        ),
    ]
