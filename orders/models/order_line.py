"""OrderLine: some copies of one edition in an order, as they were agreed."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from catalog import formats, isbn
from catalog.formats import DIGITAL_FORMATS
from catalog.models import Format
from catalog.models import Supply as EditionSupply
from orders.models.allocation import Allocation
from orders.models.shipment import ShipmentLine

if TYPE_CHECKING:
    from accounts.models import User


class OrderLineQuerySet(models.QuerySet["OrderLine"]):
    """Selections of order lines."""

    def with_promises(self) -> Self:
        """With the copies that are promised, and where they lie; in a fixed number of queries."""
        places = Prefetch("allocations", Allocation.objects.with_places())
        return self.select_related("edition").prefetch_related(places)

    def awaiting(self) -> Self:
        """Those that copies have yet to come for."""
        return self.filter(awaited_quantity__gt=0, order__canceled_at=None)

    def with_shipped(self) -> Self:
        """Annotate `shipped_quantity`, how many copies have left."""
        shipped = (
            ShipmentLine.objects.filter(
                order_line=OuterRef("pk"), shipment__shipped_at__isnull=False
            )
            .values("order_line")
            .annotate(total=Sum("quantity"))
            .values("total")
        )
        return self.annotate(shipped_quantity=Coalesce(Subquery(shipped), 0))

    def holding_promises(self) -> Self:
        """Those for which copies are allocated, or awaited."""
        allocations = Allocation.objects.filter(order_line=OuterRef("pk"))
        awaiting = Q(awaited_quantity__gt=0, order__canceled_at=None)
        return self.filter(Q(Exists(allocations)) | awaiting)

    @transaction.atomic
    def give_up(
        self, copies: "Mapping[OrderLine, int]", *, reference: str, actor: "User | None" = None
    ) -> None:
        """Promise these copies to the order `reference` no more, which is locked.

        Those that have yet to come go first, then those at the last places by priority. Raises
        ValueError for more than is promised. The lines come from `with_promises`.
        """
        allocated: dict[Allocation, int] = {}
        awaited: dict[OrderLine, int] = {}
        for line, quantity in copies.items():
            if come_later := min(quantity, line.awaited_quantity):
                awaited[line] = come_later
            left = quantity - come_later
            for allocation in reversed(line.allocations.all()):
                if taken := min(left, allocation.quantity):
                    allocated[allocation] = taken
                    left -= taken
            if left:
                raise ValueError(f"{quantity} copies are not promised to {line}")
        Allocation.objects.all().release(allocated, reference=reference, actor=actor)
        self.withdraw(awaited)

    def withdraw(self, copies: "Mapping[OrderLine, int]") -> None:
        """Await these copies no more: they came, or are wanted no more."""
        EditionSupply.objects.all().withdraw_many(
            {line.edition: quantity for line, quantity in copies.items() if line.edition}
        )
        for line, quantity in copies.items():
            line.awaited_quantity -= quantity
        self.bulk_update(list(copies), ["awaited_quantity"])


class OrderLine(models.Model):
    """What was agreed about one edition; it stays when the edition changes or goes."""

    class Supply(models.TextChoices):
        """Where its copies come from, as the customer was told."""

        STOCK = "stock", _("From stock")
        PREORDER = "preorder", _("Pre-order")
        BACKORDER = "backorder", _("Ordered for the customer")

    order = models.ForeignKey("orders.Order", models.CASCADE, related_name="lines")
    edition = models.ForeignKey(
        "catalog.Edition", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    isbn13 = models.CharField(_("ISBN-13 or SKU"), max_length=13)
    title = models.CharField(_("title"), max_length=500)
    byline = models.CharField(_("by"), max_length=1000, blank=True)
    format = models.CharField(_("format"), max_length=20, choices=Format)
    unit_amount = models.DecimalField(_("amount of one"), max_digits=10, decimal_places=2)
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    tax_rate = models.DecimalField(
        _("tax rate"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    tax_amount = models.DecimalField(_("tax contained"), max_digits=12, decimal_places=2)
    total_amount = models.DecimalField(_("total"), max_digits=12, decimal_places=2)
    discount_amount = models.DecimalField(
        _("share of the discount"), max_digits=12, decimal_places=2, default=0, db_default=0
    )
    supply = models.CharField(
        _("supply"), max_length=10, choices=Supply, default=Supply.STOCK, db_default="stock"
    )
    awaited_quantity = models.PositiveSmallIntegerField(
        _("copies that have not come yet"), default=0, db_default=0
    )
    canceled_quantity = models.PositiveSmallIntegerField(
        _("copies canceled"), default=0, db_default=0
    )
    promised_date = models.DateField(_("promised for"), null=True, blank=True)

    objects = OrderLineQuerySet.as_manager()

    shipped_quantity: int
    """How many copies have left; set by `with_shipped`."""

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(name="order_line_once", fields=("order", "isbn13")),
            models.CheckConstraint(
                name="order_line_quantity_positive", condition=Q(quantity__gt=0)
            ),
            models.CheckConstraint(
                name="order_line_amounts",
                condition=Q(
                    unit_amount__gte=0,
                    tax_amount__gte=0,
                    tax_amount__lte=F("total_amount"),
                    total_amount=F("unit_amount") * F("quantity"),
                    discount_amount__gte=0,
                    discount_amount__lte=F("total_amount"),
                ),
            ),
            models.CheckConstraint(
                name="order_line_copies",
                condition=Q(
                    quantity__gte=F("awaited_quantity") + F("canceled_quantity"),
                ),
            ),
        )
        indexes = (
            models.Index(fields=("isbn13",), name="order_line_by_number"),
            models.Index(
                fields=("isbn13",), name="order_line_awaiting", condition=Q(awaited_quantity__gt=0)
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title} ({self.isbn13})"

    @property
    def format_label(self) -> str:
        """The format's name; `get_format_display` makes a table of all of them at each call."""
        return formats.label(self.format)

    @property
    def described(self) -> str:
        """Title, format and number, which tell it from all other lines of the order."""
        return ", ".join((self.title, str(self.format_label), isbn.hyphenated(self.isbn13)))

    @property
    def is_digital(self) -> bool:
        """Whether it is a file, with nothing to pack."""
        return self.format in DIGITAL_FORMATS

    @property
    def is_gift_card(self) -> bool:
        """Whether it is money on a card, sent by e-mail."""
        return self.format == Format.GIFT_CARD

    @property
    def charged_amount(self) -> Decimal:
        """What the customer pays for it: the total less its share of the discount."""
        return self.total_amount - self.discount_amount

    def is_before_its_day(self, day: datetime.date) -> bool:
        """Whether it was pre-ordered, and is promised for later than `day`."""
        is_preorder = self.supply == OrderLine.Supply.PREORDER and self.kept_quantity > 0
        return is_preorder and self.promised_date is not None and self.promised_date > day

    @property
    def is_promised_for_embargo_end(self) -> bool:
        """Whether its day is the first on which an embargo lets it be sold, not its publication."""
        edition = self.edition
        if edition is None or not edition.is_embargoed:
            return False
        return self.promised_date == edition.embargo_date

    @property
    def kept_quantity(self) -> int:
        """How many copies were agreed and not canceled."""
        return self.quantity - self.canceled_quantity

    @property
    def allocated_quantity(self) -> int:
        """How many copies lie somewhere for it; free with `with_promises`."""
        return sum(allocation.quantity for allocation in self.allocations.all())

    @property
    def promised_quantity(self) -> int:
        """How many copies the customer is still to get: those that lie there, and those to come."""
        return self.allocated_quantity + self.awaited_quantity
