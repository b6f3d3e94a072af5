"""Tax rates and areas that a shop can start with: the European Union, Britain, Switzerland, Norway.

The rates stand in `tax_rates.csv` as they were known on AS_OF. They are no advice: whoever sells
must check them. What could not be told for sure is left out; the price's own rate holds there.
"""

import csv
import datetime
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from orders.models import TaxArea, TaxRate

AS_OF = datetime.date(2025, 8, 1)
FILE = Path(__file__).with_name("tax_rates.csv")
UNION = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
NEIGHBORS = ("GB", "CH", "NO")


@transaction.atomic
def load() -> tuple[int, int]:
    """Add the rates and areas that are missing; how many of each. What is there stays as it is.

    A country and kind of which any rate is known is staff's: nothing is added to it.
    """
    known = set(TaxRate.objects.values_list("country", "kind"))
    rates = [rate for rate in _rates() if (rate.country, rate.kind) not in known]
    TaxRate.objects.bulk_create(rates)
    areas = [] if TaxArea.objects.exists() else _areas()
    TaxArea.objects.bulk_create(areas)
    return len(rates), len(areas)


def _rates() -> Iterator[TaxRate]:
    with FILE.open(encoding="ascii", newline="") as lines:
        for row in csv.DictReader(lines):
            yield TaxRate(
                country=row["country"],
                kind=row["kind"],
                rate=Decimal(row["rate"]),
                valid_from=_day(row["valid_from"]),
                valid_to=_day(row["valid_to"]),
            )


def _day(text: str) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def _areas() -> list[TaxArea]:
    return [
        TaxArea(
            name=_("European Union, one-stop shop"),
            seller_countries=list(UNION),
            countries=list(UNION),
            treatment=TaxArea.Treatment.DESTINATION,
            ordinal=1,
        ),
        TaxArea(
            name=_("Exports"),
            seller_countries=[*UNION, *NEIGHBORS],
            countries=[],
            treatment=TaxArea.Treatment.EXPORT,
            ordinal=2,
        ),
    ]
