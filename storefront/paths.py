"""Addresses that public pages link to but another role answers.

A process of the role `frontend` does not know the URLs of `rds` and `redis`, so it cannot reverse
them; all roles share one host, so a path is enough. A test compares each with `reverse()` in the
role `all`, which knows every address.
"""

from typing import Final

BASKET: Final = "/basket/"
BASKET_LINES: Final = "/basket/lines/"
CHECKOUT: Final = "/checkout/"
GIFT_CARD: Final = "/orders/gift-card/"
WITHDRAWAL: Final = "/orders/withdrawal/"
ACCOUNT: Final = "/account/"
LOGIN: Final = "/account/login/"
LIVE_VISITOR: Final = "/live/visitor"
LIVE_SUGGEST: Final = "/live/suggest"
LIVE_STOCK: Final = "/live/stock"
LIVE_CARDS: Final = "/live/cards"
LIVE_TRENDING: Final = "/live/trending"

RDS_READY: Final = "/api/ready"
REDIS_READY: Final = "/live/ready"
FRONTEND_READY: Final = "/ready"


def for_templates() -> dict[str, str]:
    """All of them by their name in lower case, as templates use them: `paths.basket`."""
    return {name.lower(): path for name, path in globals().items() if name.isupper()}
