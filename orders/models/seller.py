"""Seller: who sells, as the law wants it on an invoice, and how this shop likes to sell."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog import prepared

SHOWN = ("legal_name", "address", "tax_number", "register_entry", "email", "phone")
"""What the shop says of itself to everyone: of this table the public pages may read no more."""


class SellerQuerySet(models.QuerySet["Seller"]):
    """The one row, found."""

    def as_shown(self) -> "Seller":
        """What everyone may know of the seller; nothing before staff filled it in."""
        return self.only(*SHOWN).first() or Seller()

    def current(self) -> "Seller":
        """The seller; with nothing filled in before staff did."""
        return next(iter(prepared.objects(Seller, "LIMIT 1", {})), None) or Seller()


class Seller(models.Model):
    """One row that staff edits: the shop as a party to a contract."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    legal_name = models.CharField(_("legal name"), max_length=200, blank=True)
    address = models.TextField(_("address"), max_length=500, blank=True)
    country = models.CharField(
        _("country"), max_length=2, blank=True, help_text=_("Where tax is due by default.")
    )
    tax_number = models.CharField(_("tax or VAT number"), max_length=40, blank=True)
    register_entry = models.CharField(
        _("entry in a register"), max_length=200, blank=True, help_text=_("Court and number.")
    )
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    invoice_note = models.TextField(_("note on invoices"), max_length=1000, blank=True)
    invoice_prefix = models.CharField(
        _("prefix of invoice numbers"), max_length=10, blank=True, default="", db_default=""
    )
    credit_note_prefix = models.CharField(
        _("prefix of credit notes’ numbers"),
        max_length=10,
        blank=True,
        default="C",
        db_default="C",
        help_text=_("Another one than that of invoices."),
    )
    splits_orders = models.BooleanField(
        _("sends one order from several places"),
        default=False,
        help_text=_("Otherwise an order is taken only when one place has all of it."),
    )
    withdrawal_days = models.PositiveSmallIntegerField(
        _("days to withdraw"),
        default=14,
        help_text=_("From delivery on. The European Union asks for at least 14."),
    )

    objects = SellerQuerySet.as_manager()

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("seller")
        constraints = (
            models.CheckConstraint(name="seller_only_one", condition=Q(only=True)),
            models.CheckConstraint(
                name="seller_prefixes_differ",
                condition=~Q(invoice_prefix=F("credit_note_prefix")),
                violation_error_message=_("Invoices and credit notes need different prefixes."),
            ),
        )

    @property
    def can_be_named(self) -> bool:
        """Whether an invoice can say who sells and where, and a customer can write to them."""
        return all(said.strip() for said in (self.legal_name, self.address, self.email))

    def __str__(self) -> str:
        return self.legal_name or str(_("Seller"))
