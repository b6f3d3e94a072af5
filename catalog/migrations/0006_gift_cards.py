"""Gift cards are sold like any edition."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_stock_by_location")]

    operations = [
        migrations.AlterField(
            model_name="edition",
            name="format",
            field=models.CharField(
                choices=[
                    ("hardback", "Hardback"),
                    ("paperback", "Paperback"),
                    ("large_print", "Large print"),
                    ("board_book", "Board book"),
                    ("ebook", "E-book"),
                    ("audiobook", "Audiobook"),
                    ("gift_card", "Gift card"),
                ],
                max_length=20,
                verbose_name="format",
            ),
        ),
    ]
