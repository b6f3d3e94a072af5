"""Voucher: a code that makes an order cheaper, so often and no oftener."""

import datetime
from decimal import Decimal
from typing import Self

from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


def normalize_code(text: str) -> str:
    """The code that someone meant who typed it in small letters or with spaces."""
    return "".join(letter for letter in text if letter.isprintable() and letter != " ").upper()


class VoucherQuerySet(models.QuerySet["Voucher"]):
    """Selections of vouchers."""

    def by_code(self, text: str) -> "Voucher":
        """The voucher whose code someone typed. Raises Voucher.DoesNotExist."""
        return self.get(code=normalize_code(text))

    def in_force(self, at: datetime.datetime) -> Self:
        """Those that are valid then."""
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=at),
            Q(valid_to=None) | Q(valid_to__gt=at),
            is_active=True,
        )

    def with_uses_left(self) -> Self:
        """Those that can be used once more."""
        return self.filter(Q(max_uses=None) | Q(used_count__lt=F("max_uses")))


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
    batch = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    """The form that made it together with others; empty for one that was made alone."""
    is_active = models.BooleanField(_("in force"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = VoucherQuerySet.as_manager()

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
                # Without the first words a missing number would make it unknown, which is allowed.
                condition=Q(
                    kind="percentage",
                    percent__isnull=False,
                    percent__gt=0,
                    percent__lte=100,
                    amount=None,
                )
                | Q(kind="amount", amount__isnull=False, amount__gt=0, percent=None)
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
        indexes = (
            models.Index(fields=("batch",), name="voucher_of_batch", condition=~Q(batch="")),
        )

    def __str__(self) -> str:
        return self.code

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the code as it is looked for."""
        self.code = normalize_code(self.code)
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def count_use(self, at: datetime.datetime | None = None) -> bool:
        """Use it once, if it has a use left and is valid `at` that time; whether it was so.

        Its row stays locked until the transaction ends: checkouts that race pass one by one.
        """
        vouchers = Voucher.objects.in_force(at) if at else Voucher.objects.all()
        counted = (
            vouchers.with_uses_left().filter(pk=self.pk).update(used_count=F("used_count") + 1)
        )
        return counted == 1


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

    @transaction.atomic
    def give_back(self, *, at: datetime.datetime) -> None:
        """Let the voucher be used once more; nothing happens if that was done before."""
        if VoucherUse.objects.filter(pk=self.pk, returned_at=None).update(returned_at=at):
            Voucher.objects.filter(pk=self.voucher_id).update(used_count=F("used_count") - 1)
