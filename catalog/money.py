"""How amounts of money are written, by currency and by the reader's language."""

import functools
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import get_language

MOST_AMOUNT = Decimal(99_999)
"""That anybody may enter for one copy, in a form or a list; more is a slip of the finger."""
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CAD": "CA$", "AUD": "A$"}
WITHOUT_MINOR_UNIT = frozenset({"JPY", "KRW", "ISK", "CLP", "VND"})
SYMBOL_FIRST = frozenset({"en", "ga", "ja", "ko", "nl", "th", "tr", "zh"})
"""Languages that write $12.50; the others write 12,50 $."""


def format_money(amount: Decimal, currency: str, language: str | None = None) -> str:
    """12.5 as $12.50 or 12,50 $, by the active language, which who writes many may look up once."""
    return _written(amount, currency, language or get_language() or "en")


@functools.lru_cache(maxsize=4_096)  # lists write the same prices again and again
def _written(amount: Decimal, currency: str, language: str) -> str:
    places = 0 if currency in WITHOUT_MINOR_UNIT else 2
    figures = number_format(abs(amount), decimal_pos=places, use_l10n=True, force_grouping=True)
    sign = "−" if amount < 0 else ""
    symbol = SYMBOLS.get(currency, currency)
    if language.partition("-")[0] not in SYMBOL_FIRST:
        return f"{sign}{figures}\N{NO-BREAK SPACE}{symbol}"
    gap = "" if currency in SYMBOLS else "\N{NO-BREAK SPACE}"
    return f"{sign}{symbol}{gap}{figures}"
