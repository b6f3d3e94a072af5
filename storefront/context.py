"""What every template of the shop knows, in every role: nothing that needs a visitor or a store."""

from django.conf import settings
from django.http import HttpRequest

from orders.models.basket import MAX_QUANTITY
from storefront import paths

_PATHS = paths.for_templates()
_SAID_BY_FEW = {
    "search_query": "", "series": None, "dated": False, "is_coming": False, "words": (),
}  # fmt: skip
"""What the header and lists of books ask on every page, and few say: a name that is not there takes
Django ten microseconds to look for in vain.
"""


def shop(request: HttpRequest) -> dict[str, object]:
    """The shop's name and what else it says of itself, the addresses of the other roles, and
    nothing for what only few pages say.
    """
    return {
        **_SAID_BY_FEW,
        "shop": {
            "name": settings.SHOP_NAME,
            "currency": settings.SHOP_CURRENCY,
            "bank_account": settings.SHOP_BANK_ACCOUNT,
            "max_quantity": MAX_QUANTITY,
        },
        "paths": _PATHS,
    }
