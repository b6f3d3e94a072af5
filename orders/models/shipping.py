"""ShippingMethod: a way for an order to reach its customer; PostalAddress: where to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Edition, Format
from orders import countries
from orders.models.basket import BasketLine, are_all_digital

TYPICAL_GRAMS: Mapping[str, int] = {
    Format.HARDBACK: 600,
    Format.PAPERBACK: 350,
    Format.LARGE_PRINT: 600,
    Format.BOARD_BOOK: 400,
    Format.AUDIO_CD: 150,
    Format.MAP: 150,
    Format.SHEET_MUSIC: 250,
    Format.OTHER: 600,
}
"""What a copy weighs where nobody has said it; rather too much than too little."""


def weight_of(edition: Edition) -> int:
    """What one copy weighs in grams, as it is known or as its format usually does; files: 0."""
    if edition.is_digital:
        return 0
    return edition.weight_grams or TYPICAL_GRAMS[edition.format]


@dataclass(frozen=True, kw_only=True)
class PostalAddress:
    """Where a parcel goes."""

    name: str
    line1: str
    line2: str = ""
    city: str
    postcode: str
    country: str
    """ISO 3166 code, two letters."""


@dataclass(frozen=True, kw_only=True)
class Consignment:
    """What an order sends where, as far as shipping rates ask for it."""

    zone: "ShippingZone | None"
    weight_grams: int
    value_amount: Decimal
    """What the customer pays for all lines, after discounts."""


class ShippingMethodQuerySet(models.QuerySet["ShippingMethod"]):
    """Selections of shipping methods."""

    def offered(self) -> Self:
        """Those that customers may choose."""
        return self.filter(is_active=True)

    def with_rates(self) -> Self:
        """With all that pricing them asks for, in two statements."""
        return self.select_related("location").prefetch_related("rates")


class ShippingMethod(models.Model):
    """A way to the customer, at its own amount or by its rates."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    amount = models.DecimalField(
        _("amount"), max_digits=10, decimal_places=2, default=Decimal("0.00")
    )
    requires_address = models.BooleanField(_("needs an address"), default=True)
    location = models.ForeignKey(
        "catalog.Location",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("collected at"),
        help_text=_("Orders are then served from this place alone."),
    )
    for_digital = models.BooleanField(
        _("for files alone"), default=False, help_text=_("For orders with nothing to send.")
    )
    free_from_amount = models.DecimalField(
        _("free from an order value of"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("After discounts. Empty: never free."),
    )
    is_active = models.BooleanField(_("offered"), default=True)
    ordinal = models.PositiveSmallIntegerField(_("position"), default=1)

    objects = ShippingMethodQuerySet.as_manager()

    class Meta:
        verbose_name = _("shipping method")
        verbose_name_plural = _("shipping methods")
        ordering = ("ordinal", "id")
        constraints = (
            models.CheckConstraint(
                name="shipping_method_amount_not_negative", condition=Q(amount__gte=0)
            ),
        )

    def __str__(self) -> str:
        return self.name

    def suits(self, lines: Iterable[BasketLine]) -> bool:
        """Whether it is offered for these, as `Tables.suiting` finds it."""
        return self.is_active and self.for_digital == are_all_digital(lines)

    @property
    def is_collection(self) -> bool:
        """Whether the customer comes to the shop for it."""
        return self.location_id is not None

    def amount_for(self, consignment: Consignment) -> Decimal | None:
        """What sending it costs; None: this way does not go there, or does not take so much.

        Reads `rates`, which a caller with several methods should have prefetched.
        """
        amount: Decimal | None = self.amount
        if self.requires_address and (rates := self.rates.all()):
            fitting = (rate.amount for rate in rates if rate.fits(consignment))
            amount = next(fitting, None)
        if amount is not None and self._is_free(consignment):
            return Decimal("0.00")
        return amount

    def serves(self, zone: "ShippingZone | None") -> bool:
        """Whether any of its rates is for the zone."""
        return zone is not None and any(rate.zone_id == zone.pk for rate in self.rates.all())

    def _is_free(self, consignment: Consignment) -> bool:
        threshold = self.free_from_amount
        return threshold is not None and consignment.value_amount >= threshold


class ShippingZone(models.Model):
    """Countries that cost the same to send to."""

    name = models.CharField(_("name"), max_length=100)
    countries = ArrayField(
        models.CharField(max_length=2),
        verbose_name=_("countries"),
        default=list,
        blank=True,
        help_text=_("Empty: every country that is in no other zone."),
    )
    ordinal = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("shipping zone")
        verbose_name_plural = _("shipping zones")
        ordering = ("ordinal", "id")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Let no country be in two zones. Raises ValidationError."""
        others = ShippingZone.objects.exclude(pk=self.pk)
        if not self.countries and (rest := others.filter(countries=[]).first()):
            text = _("“%(zone)s” is for all other countries already: please choose some.")
            raise ValidationError({"countries": text % {"zone": rest}})
        if other := others.filter(countries__overlap=self.countries).first():
            twice = sorted(set(other.countries) & set(self.countries))
            names = ", ".join(countries.name_of(code) for code in twice)
            text = _("“%(zone)s” has this already: %(countries)s.")
            raise ValidationError({"countries": text % {"zone": other, "countries": names}})


class ShippingRate(models.Model):
    """What a method costs to a zone, by weight and order value; the first that fits holds.

    A method without any rate costs its own `amount` everywhere; one with rates serves only what
    they cover.
    """

    method = models.ForeignKey(ShippingMethod, models.CASCADE, related_name="rates")
    zone = models.ForeignKey(
        ShippingZone, models.CASCADE, related_name="rates", verbose_name=_("zone")
    )
    max_weight_grams = models.PositiveIntegerField(
        _("up to grams"), null=True, blank=True, help_text=_("Empty: any weight.")
    )
    min_value_amount = models.DecimalField(
        _("from an order value of"), max_digits=10, decimal_places=2, default=Decimal("0.00")
    )
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)

    class Meta:
        verbose_name = _("shipping rate")
        verbose_name_plural = _("shipping rates")
        ordering = ("zone", models.F("max_weight_grams").asc(nulls_last=True), "-min_value_amount")
        constraints = (
            models.CheckConstraint(
                name="shipping_rate_not_negative",
                condition=Q(amount__gte=0, min_value_amount__gte=0),
            ),
            models.UniqueConstraint(
                name="shipping_rate_once",
                fields=("method", "zone", "max_weight_grams", "min_value_amount"),
                nulls_distinct=False,
            ),
        )

    def __str__(self) -> str:
        return f"{self.method}, {self.zone}: {self.amount}"

    def fits(self, consignment: Consignment) -> bool:
        """Whether it holds for what is to be sent."""
        zone, most = consignment.zone, self.max_weight_grams
        return (
            zone is not None
            and self.zone_id == zone.pk
            and (most is None or consignment.weight_grams <= most)
            and consignment.value_amount >= self.min_value_amount
        )
