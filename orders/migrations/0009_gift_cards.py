"""Gift cards are sold; their codes make themselves."""

from django.db import migrations, models

import orders.models.numbers


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_messages_and_numbers")]

    operations = [
        migrations.AlterField(
            model_name="giftcard",
            name="code",
            field=models.CharField(
                default=orders.models.numbers.make_gift_card_code,
                max_length=19,
                unique=True,
                verbose_name="code",
            ),
        ),
        migrations.AlterField(
            model_name="orderline",
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
