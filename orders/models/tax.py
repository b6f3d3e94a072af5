"""Tax: rates by country and kind of goods, how destinations are taxed, and an order's summary."""

import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog import prepared
from orders.models.seller import Seller


class TaxKind(models.TextChoices):
    """What tax laws tell apart in a bookshop."""

    PRINT = "print", _("Printed books")
    EBOOK = "ebook", _("E-books")
    AUDIO = "audio", _("Audiobooks")
    GIFT_CARD = "gift_card", _("Gift cards")
    OTHER = "other", _("Other goods")


class TaxRateQuerySet(models.QuerySet["TaxRate"]):
    """Selections of tax rates."""

    def of(self, one: str, other: str, *, day: datetime.date) -> "list[TaxRate]":
        """Those of two countries that hold on `day`; those that hold longest first."""
        fitting = """
            WHERE country IN (%(one)s, %(other)s)
                AND (valid_from IS NULL OR valid_from <= %(day)s)
                AND (valid_to IS NULL OR valid_to >= %(day)s)
            ORDER BY valid_from NULLS FIRST
        """
        return prepared.objects(TaxRate, fitting, {"one": one, "other": other, "day": day})


class TaxRate(models.Model):
    """What a country takes of one kind of goods, in percent contained in the price."""

    country = models.CharField(_("country"), max_length=2)
    kind = models.CharField(_("kind"), max_length=10, choices=TaxKind)
    rate = models.DecimalField(_("percent"), max_digits=5, decimal_places=2)
    valid_from = models.DateField(_("from"), null=True, blank=True)
    valid_to = models.DateField(_("to"), null=True, blank=True, help_text=_("The last day."))

    objects = TaxRateQuerySet.as_manager()

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ("country", "kind", "valid_from")
        constraints = (
            models.UniqueConstraint(
                name="tax_rate_once",
                fields=("country", "kind", "valid_from"),
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="tax_rate_percent", condition=Q(rate__range=(0, 100))),
            models.CheckConstraint(
                name="tax_rate_ends_after_start",
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gte=F("valid_from")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.country} {self.get_kind_display()}: {self.rate} %"


class TaxArea(models.Model):
    """How orders to some countries are taxed; the seller's own country needs none."""

    class Treatment(models.TextChoices):
        """Whose rates hold."""

        SELLER = "seller", _("The seller’s country’s rates")
        DESTINATION = "destination", _("The rates of the country that it goes to")
        EXPORT = "export", _("No tax")

    name = models.CharField(_("name"), max_length=100)
    seller_countries = ArrayField(
        models.CharField(max_length=2),
        verbose_name=_("for sellers in"),
        default=list,
        blank=True,
        help_text=_("Empty: wherever the seller is."),
    )
    countries = ArrayField(
        models.CharField(max_length=2),
        verbose_name=_("goods sent to"),
        default=list,
        blank=True,
        help_text=_("Empty: everywhere else."),
    )
    treatment = models.CharField(_("taxed by"), max_length=12, choices=Treatment)
    ordinal = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("tax area")
        verbose_name_plural = _("tax areas")
        ordering = ("ordinal", "id")

    def __str__(self) -> str:
        return self.name

    def is_for(self, seller: Seller) -> bool:
        """Whether it matters to this seller."""
        return not self.seller_countries or seller.country in self.seller_countries


class OrderTaxLine(models.Model):
    """How much of an order is taxed at one rate; its tax summary, kept as it was agreed."""

    order = models.ForeignKey("orders.Order", models.CASCADE, related_name="tax_lines")
    country = models.CharField(_("country"), max_length=2, blank=True)
    rate = models.DecimalField(_("percent"), max_digits=5, decimal_places=2)
    gross_amount = models.DecimalField(_("with tax"), max_digits=12, decimal_places=2)
    tax_amount = models.DecimalField(_("tax contained"), max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = _("order’s tax line")
        verbose_name_plural = _("order’s tax lines")
        ordering = ("order", "-rate")
        constraints = (
            models.UniqueConstraint(name="order_tax_line_once", fields=("order", "rate")),
            models.CheckConstraint(
                name="order_tax_line_amounts",
                condition=Q(gross_amount__gte=0, tax_amount__gte=0)
                & Q(tax_amount__lte=F("gross_amount")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.rate} %: {self.tax_amount}"
