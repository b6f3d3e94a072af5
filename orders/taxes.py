"""Which tax is in a price: by the seller's country, where it goes to, and what it is.

The law stands in tables that staff edits (`TaxArea`, `TaxRate`, `Seller.country`). Where they say
nothing, the rate that stands with the price holds: a shop that fills in none of them is taxed as
its prices say.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from catalog.models import Edition, Format
from orders.models import Seller, TaxArea, TaxRate
from orders.models.tax import TaxKind

Treatment = TaxArea.Treatment

_KINDS = {
    Format.EBOOK: TaxKind.EBOOK,
    Format.AUDIOBOOK: TaxKind.AUDIO,
    Format.AUDIO_CD: TaxKind.AUDIO,
    Format.GIFT_CARD: TaxKind.GIFT_CARD,
    Format.OTHER: TaxKind.OTHER,
}


def kind_of(edition: Edition) -> TaxKind:
    """What tax laws take the edition for."""
    return _KINDS.get(Format(edition.format), TaxKind.PRINT)


@dataclass(frozen=True)
class Taxation:
    """How the goods of one order are taxed."""

    country: str = ""
    """Whose tax it is; empty: nobody's, or that of the country that prices were made for."""

    is_export: bool = False
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """The percentage of each kind of goods, as far as it is known."""

    def rate_of(self, kind: TaxKind, price_rate: Decimal | None) -> Decimal | None:
        """Percent contained in the price of such goods; None: no tax is shown.

        `price_rate` is what stands with the price. A gift card is money for goods that nobody
        knows yet: it is taxed when it is spent.
        """
        if kind == TaxKind.GIFT_CARD:
            return None
        if self.is_export:
            return Decimal("0.00")
        return self.rates.get(kind, price_rate)


@dataclass(frozen=True)
class TaxRules:
    """What the tables say on one day, for one seller."""

    seller_country: str = ""
    areas: Sequence[TaxArea] = ()
    rates: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    """By country, then kind."""

    @classmethod
    def in_force(
        cls, seller: Seller, areas: Iterable[TaxArea], *, destination: str, day: datetime.date
    ) -> "TaxRules":
        """Those for goods that go to `destination` or are handed over at the seller's.

        Of several areas that fit, the first holds. Reads nothing where the seller's country is not
        known: there are no rules then.
        """
        if not seller.country:
            return cls()
        rates: dict[str, dict[str, Decimal]] = {}
        for row in TaxRate.objects.of(seller.country, destination, day=day):  # the latest one holds
            rates.setdefault(row.country, {})[row.kind] = row.rate
        return cls(seller.country, tuple(a for a in areas if a.is_for(seller)), rates)

    @property
    def depends_on_destination(self) -> bool:
        """Whether it matters where the customer is, also when there is nothing to send."""
        return any(area.treatment != Treatment.SELLER for area in self.areas)

    def taxation_of(self, destination: str) -> Taxation:
        """How goods are taxed that go there; empty: that are handed over at the seller's."""
        match self._treatment_of(destination):
            case Treatment.EXPORT:
                return Taxation(is_export=True)
            case Treatment.DESTINATION:
                country = destination
            case _:
                country = self.seller_country
        return Taxation(country, rates=self.rates.get(country, {}))

    def _treatment_of(self, destination: str) -> str:
        if destination in ("", self.seller_country):
            return Treatment.SELLER
        for area in self.areas:
            if not area.countries or destination in area.countries:
                return area.treatment
        return Treatment.SELLER
