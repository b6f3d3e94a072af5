"""Voucher: a code that makes an order cheaper, so often and no oftener."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Voucher(models.Model):
    """What a code is worth, to whom and when. `used_count` changes only by conditional updates."""

    class Kind(models.TextChoices):
        """How it makes an order cheaper."""

        PERCENTAGE = "percentage", _("Percentage")
        AMOUNT = "amount", _("Amount")
        FREE_SHIPPING = "free_shipping", _("Free shipping")

    code = models.CharField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=15, choices=Kind)
    percent = models.DecimalField(
        _("percent"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    amount = models.DecimalField(
        _("amount"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    minimum_amount = models.DecimalField(
        _("from an order value of"), max_digits=10, decimal_places=2, default=Decimal("0.00")
    )
    subject = models.ForeignKey(
        "catalog.Subject",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("for books on"),
        help_text=_("Empty: for all books. What is below the subject counts too."),
    )
    email = models.EmailField(
        _("for this customer alone"), blank=True, help_text=_("Their e-mail address.")
    )
    valid_from = models.DateTimeField(_("from"), null=True, blank=True)
    valid_to = models.DateTimeField(_("to"), null=True, blank=True)
    max_uses = models.PositiveIntegerField(
        _("uses in all"), null=True, blank=True, help_text=_("Empty: without end.")
    )
    max_uses_per_customer = models.PositiveIntegerField(
        _("uses by one customer"), null=True, blank=True, help_text=_("Empty: without end.")
    )
    used_count = models.PositiveIntegerField(_("used"), default=0, editable=False)
    is_active = models.BooleanField(_("in force"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                name="voucher_uses",
                condition=Q(max_uses=None) | Q(used_count__lte=F("max_uses")),
                violation_error_message=_("It has been used more often than that."),
            ),
            models.CheckConstraint(
                name="voucher_worth",
                condition=Q(kind="percentage", percent__gt=0, percent__lte=100, amount=None)
                | Q(kind="amount", amount__gt=0, percent=None)
                | Q(kind="free_shipping", amount=None, percent=None),
                violation_error_message=_("Give a percentage or an amount, as the kind says."),
            ),
            models.CheckConstraint(
                name="voucher_ends_after_start",
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gt=F("valid_from")),
                violation_error_message=_("It must end after it begins."),
            ),
            models.CheckConstraint(
                name="voucher_minimum_not_negative", condition=Q(minimum_amount__gte=0)
            ),
        )

    def __str__(self) -> str:
        return self.code


class VoucherUse(models.Model):
    """An order that a voucher made cheaper; given back when the order is canceled."""

    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="uses")
    order = models.OneToOneField("orders.Order", models.CASCADE, related_name="voucher_use")
    email = models.EmailField(_("e-mail address"), help_text=_("In lower case."))
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    used_at = models.DateTimeField(_("used at"))
    returned_at = models.DateTimeField(_("given back at"), null=True, blank=True)

    class Meta:
        verbose_name = _("use of a voucher")
        verbose_name_plural = _("uses of vouchers")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(name="voucher_use_not_negative", condition=Q(amount__gte=0)),
        )
        indexes = (models.Index(fields=("voucher", "email"), name="voucher_use_of_customer"),)

    def __str__(self) -> str:
        return f"{self.voucher}: {self.order}"
