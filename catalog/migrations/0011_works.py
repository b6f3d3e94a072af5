import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0010_import_core"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

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
        migrations.CreateModel(
            name="FormerAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("contributor", "contributor"),
                            ("series", "series"),
                            ("imprint", "imprint"),
                            ("subject", "subject"),
                            ("list", "staff list"),
                            ("edition", "edition"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "slug",
                    models.CharField(
                        help_text="Of an edition, its number.", max_length=100, verbose_name="slug"
                    ),
                ),
                ("target_id", models.BigIntegerField()),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ],
            options={
                "verbose_name": "former address",
                "verbose_name_plural": "former addresses",
                "indexes": [models.Index(fields=["kind", "target_id"], name="former_address_of")],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "slug"), name="former_address_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Regrouping",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("work", "work"),
                            ("contributor", "contributor"),
                            ("series", "series"),
                            ("imprint", "imprint"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[("merged", "merged"), ("split", "split")],
                        default="merged",
                        max_length=10,
                        verbose_name="action",
                    ),
                ),
                ("kept_id", models.BigIntegerField()),
                ("kept_name", models.CharField(max_length=500, verbose_name="stays")),
                ("other_id", models.BigIntegerField()),
                ("other_name", models.CharField(max_length=500, verbose_name="gone, or new")),
                (
                    "other_key",
                    models.CharField(
                        blank=True,
                        help_text="Of a work that is gone: files may still name it.",
                        max_length=200,
                    ),
                ),
                (
                    "content",
                    models.JSONField(
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        help_text="What undoing it takes.",
                    ),
                ),
                ("done_at", models.DateTimeField(verbose_name="done at")),
                (
                    "undone_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="undone at"),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "merge or split",
                "verbose_name_plural": "merges and splits",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("other_key", ""), _negated=True),
                        fields=["other_key"],
                        name="regrouping_by_key",
                    ),
                    models.Index(fields=["kind", "other_id"], name="regrouping_of_other"),
                ],
            },
        ),
    ]
