"""Price: what an edition costs, in one currency, over a period."""

import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _


class _Period(Func):
    """The days of a price as a range, both ends included."""

    function = "DATERANGE"
    output_field = DateRangeField()


class PriceQuerySet(models.QuerySet["Price"]):
    """Selections of prices."""

    def in_force(self, day: datetime.date) -> Self:
        """Those that hold on `day`, in the shop's currency: at most one for each edition."""
        return self.filter(
            Q(valid_to=None) | Q(valid_to__gte=day),
            currency=settings.SHOP_CURRENCY,
            valid_from__lte=day,
        )


class Price(models.Model):
    """An amount, tax included, from a day on and maybe to a day."""

    edition = models.ForeignKey("catalog.Edition", models.CASCADE, related_name="prices")
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, help_text=_("ISO 4217 code"))
    tax_rate = models.DecimalField(
        _("tax rate"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Percent contained in the amount; empty: no tax is shown."),
    )
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("to"), null=True, blank=True, help_text=_("The last day."))

    objects = PriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ("edition", "-valid_from")
        constraints = (
            models.CheckConstraint(name="price_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(
                name="price_tax_rate_percent",
                condition=Q(tax_rate=None) | Q(tax_rate__range=(0, 100)),
            ),
            models.CheckConstraint(
                name="price_ends_after_start",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
            ),
            ExclusionConstraint(
                name="price_one_a_day",
                expressions=[
                    ("edition", RangeOperators.EQUAL),
                    ("currency", RangeOperators.EQUAL),
                    (
                        _Period(
                            "valid_from",
                            "valid_to",
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_("Another price holds on some of these days."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
