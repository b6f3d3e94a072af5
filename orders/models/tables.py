"""What staff has written down of selling: who sells, how it is sent, and how that is taxed.

A checkout asks for all of it, each time anew, so that it holds as soon as it was saved; the tables
are small, and come by one statement.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from catalog import prepared
from catalog.models import Location
from orders.models.basket import BasketLine, are_all_digital
from orders.models.seller import Seller
from orders.models.shipping import ShippingMethod, ShippingRate, ShippingZone
from orders.models.tax import TaxArea

_OF_METHODS = "IN (SELECT {} FROM orders_shippingmethod WHERE is_active)"
_LOCATIONS = f"WHERE id {_OF_METHODS.format('location_id')}"
_RATES = f"""WHERE method_id {_OF_METHODS.format("id")}
ORDER BY zone_id, max_weight_grams NULLS LAST, min_value_amount DESC
"""


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The tables, as they are now."""

    seller: Seller
    methods: list[ShippingMethod]
    """Those that customers may choose, with all that pricing them asks for."""

    zones: list[ShippingZone]
    areas: list[TaxArea]

    def suiting(self, lines: Iterable[BasketLine]) -> list[ShippingMethod]:
        """The ways of shipping for files alone, or those for all else."""
        is_digital = are_all_digital(lines)
        return [method for method in self.methods if method.for_digital == is_digital]

    def zone_of(self, country: str) -> ShippingZone | None:
        """The zone that names the country, or else the one for all others, if there is one."""
        fitting = (zone for zone in self.zones if not zone.countries or country in zone.countries)
        return next(fitting, None)


def read() -> Tables:
    """All of it."""
    found = prepared.several(
        seller=(Seller, "LIMIT 1"),
        methods=(ShippingMethod, "WHERE is_active ORDER BY ordinal, id"),
        locations=(Location, _LOCATIONS),
        rates=(ShippingRate, _RATES),
        zones=(ShippingZone, "ORDER BY countries = '{}', ordinal, id"),
        areas=(TaxArea, "ORDER BY ordinal, id"),
    )
    locations = {location.pk: location for location in found["locations"]}
    rates: dict[int, list[ShippingRate]] = {method.pk: [] for method in found["methods"]}
    for rate in found["rates"]:
        rates[rate.method_id].append(rate)
    for method in found["methods"]:
        method._state.fields_cache["location"] = locations.get(method.location_id)
        prepared.remember(method, rates=rates[method.pk])
    return Tables(
        seller=next(iter(found["seller"]), None) or Seller(),
        methods=found["methods"],
        zones=found["zones"],
        areas=found["areas"],
    )
