"""Roles to begin with: groups that a superuser gives to staff, changes, renames or deletes.

A group that has the name already stays as it is. Django writes permissions only after the last
migration, so those that are needed are written here; it leaves them alone then.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import migrations

Powers = dict[str, set[str]]
"""Of each model, what may be done."""


def _powers(app: str, actions: str, *models: str) -> Powers:
    return {f"{app}.{model}": set(actions.split()) for model in models}


def _together(parts: Iterable[Powers]) -> Powers:
    all_of_them: Powers = defaultdict(set)
    for part in parts:
        for model, actions in part.items():
            all_of_them[model] |= actions
    return all_of_them


EVERYTHING = "view add change delete"
LOOK_UP = (
    *("edition", "work", "price", "supply", "stock", "stockmovement", "location"),
    *("contribution", "seriesmembership"),
)
MONEY = (
    *("payment", "paymentattempt", "providerevent", "refund", "refundrequest", "document"),
    *("giftcard", "voucher", "voucheruse"),
)
ORDERS = [
    _powers("catalog", "view", *LOOK_UP),
    _powers("orders", "view", "basket", "basketline", "orderevent", "returnline", *MONEY),
    _powers("orders", "view change", "order", "ordermessage"),
    _powers("orders", "view add change", "return"),
    _powers("orders", "add", "refund"),
    _powers("accounts", "view", "user", "address"),
    _powers("account", "view", "emailaddress"),
]
STOCK = [
    _powers("catalog", "view", *LOOK_UP),
    _powers("catalog", "change", "stock"),
    _powers("catalog", EVERYTHING, "stocktake"),
]
CATALOGUE = [
    _powers("catalog", "view", *LOOK_UP, "unansweredquery"),
    _powers("catalog", EVERYTHING, "edition", "work", "contribution", "seriesmembership"),
    _powers("catalog", EVERYTHING, "contributor", "imprint", "publisher", "series", "subject"),
    _powers("catalog", EVERYTHING, "stafflist", "stafflistentry", "curation", "cover"),
    _powers("catalog", "view add change", "supply", "supplier", "importrun"),
    _powers("catalog", "view change", "matchreview", "regrouping"),
]
MANAGER = [
    *(*ORDERS, *STOCK, *CATALOGUE),
    _powers("catalog", "add change", "location"),
    _powers("orders", "add change", "giftcard", "seller"),
    _powers("orders", "view", "seller", "giftcardmovement"),
    _powers("orders", EVERYTHING, "voucher", "shippingmethod", "shippingrate", "shippingzone"),
    _powers("orders", EVERYTHING, "taxrate", "taxarea"),
    _powers("accounts", EVERYTHING, "user", "address"),
    _powers("accounts", "view change", "apitoken"),
    _powers("account", EVERYTHING, "emailaddress"),
    _powers("procrastinate", "view change", "procrastinatejob"),
]
ROLES = {"Manager": MANAGER, "Orders": ORDERS, "Stock": STOCK, "Catalogue": CATALOGUE}


def make(apps: Any, schema_editor: Any) -> None:
    for name, parts in ROLES.items():
        group, is_new = apps.get_model("auth.Group").objects.get_or_create(name=name)
        if is_new:
            powers = _together(parts).items()
            group.permissions.add(
                *(
                    _permission(apps, model, action)
                    for model, actions in powers
                    for action in actions
                )
            )


def _permission(apps: Any, label: str, action: str) -> Any:
    model = apps.get_model(label)
    content_type, _is_new = apps.get_model("contenttypes.ContentType").objects.get_or_create(
        app_label=model._meta.app_label, model=model._meta.model_name
    )
    permission, _is_new = apps.get_model("auth.Permission").objects.get_or_create(
        content_type=content_type,
        codename=f"{action}_{model._meta.model_name}",
        defaults={"name": f"Can {action} {model._meta.verbose_name_raw}"},
    )
    return permission


class Migration(migrations.Migration):
    dependencies = [
        ("bookstore", "0001_job_failure"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("accounts", "0002_api_token"),
        ("catalog", "0021_embargoes"),
        ("orders", "0019_lines_by_number"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
