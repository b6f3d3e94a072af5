"""TradeFacts: what the trade's records say of an edition beside what every shop needs of it."""

import datetime

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def forthcoming(day: datetime.date) -> Q:
    """Of editions those that may not be sold yet on that day: `release_date` lies ahead."""
    return Q(publication_date__gt=day) | Q(embargo_date__gt=day)


class TradeFacts(models.Model):
    """The columns of an edition that suppliers' records fill; staff rarely writes them."""

    height_mm = models.PositiveSmallIntegerField(_("height in mm"), null=True, blank=True)
    width_mm = models.PositiveSmallIntegerField(_("width in mm"), null=True, blank=True)
    thickness_mm = models.PositiveSmallIntegerField(_("thickness in mm"), null=True, blank=True)
    edition_number = models.PositiveSmallIntegerField(_("edition number"), null=True, blank=True)
    edition_statement = models.CharField(
        _("edition statement"), max_length=200, blank=True, default="", db_default=""
    )
    embargo_date = models.DateField(
        _("embargo"), null=True, blank=True, help_text=_("Must not be sold before this day.")
    )
    product_form = models.CharField(
        _("product form"),
        max_length=2,
        blank=True,
        default="",
        db_default="",
        help_text=_("Code of ONIX list 150."),
    )
    publishing_status = models.CharField(
        _("publishing status"),
        max_length=2,
        blank=True,
        default="",
        db_default="",
        help_text=_("Code of ONIX list 64."),
    )
    supplier_availability = models.CharField(
        _("availability at the supplier’s"),
        max_length=2,
        blank=True,
        default="",
        db_default="",
        help_text=_("Code of ONIX list 65."),
    )
    replaced_by = models.ForeignKey(
        "catalog.Edition",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="replaces",
        verbose_name=_("replaced by"),
    )
    cover_url = models.CharField(
        _("cover at the publisher’s"),
        max_length=500,
        blank=True,
        default="",
        db_default="",
        validators=[URLValidator(schemes=["http", "https"])],
    )

    class Meta:
        abstract = True
