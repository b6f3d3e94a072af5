"""What every template of the shop knows, in every role: nothing that needs a visitor or a store."""

from django.conf import settings
from django.http import HttpRequest

from orders.models.basket import MAX_QUANTITY
from storefront import paths

_PATHS = paths.for_templates()


def shop(request: HttpRequest) -> dict[str, object]:
    """The shop's name and what else it says of itself, and the addresses of the other roles."""
    return {
        "shop": {
            "name": settings.SHOP_NAME,
            "currency": settings.SHOP_CURRENCY,
            "bank_account": settings.SHOP_BANK_ACCOUNT,
            "max_quantity": MAX_QUANTITY,
        },
        "paths": _PATHS,
    }
