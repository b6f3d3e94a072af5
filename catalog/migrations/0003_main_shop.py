"""Every shop has at least one location, where stock lies and customers collect."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def create_main_shop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("catalog", "Location").objects.get_or_create(
        code="main", defaults={"name": "Main shop", "offers_collection": True, "priority": 1}
    )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_append_only")]

    operations = [migrations.RunPython(create_main_shop, migrations.RunPython.noop)]
