"""Files are sent by e-mail: the method that shops start with says so, unless staff renamed it."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def rename_download(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    methods = apps.get_model("orders", "ShippingMethod").objects
    methods.filter(code="download", name="Download").update(name="By e-mail")


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_shipping_methods")]

    operations = [migrations.RunPython(rename_download, migrations.RunPython.noop)]
