"""StockMovement: the ledger of stock, one line a change."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q, Sum, Window
from django.utils.translation import gettext_lazy as _

from catalog import prepared
from catalog.models.search_entry import SearchEntry
from catalog.models.supply import serve_waiting

if TYPE_CHECKING:
    from catalog.models.stock import Stock


MOVE = """
UPDATE catalog_stock AS stock
SET on_hand = stock.on_hand + change.on_hand, allocated = stock.allocated + change.allocated
FROM unnest(%(stocks)s::bigint[], %(on_hand)s::int[], %(allocated)s::int[])
    AS change (id, on_hand, allocated)
WHERE stock.id = change.id RETURNING stock.id
"""
"""One statement however many rows; the CHECK constraint stands behind it."""


class StockMovementQuerySet(models.QuerySet["StockMovement"]):
    """Selections of movements, and what carries them out."""

    def carry_out(self, movements: "Sequence[StockMovement]", *, are_locked: bool = False) -> None:
        """Carry out these movements, which are not saved yet: all of them, or none.

        At most one for each row of stock. `are_locked`: the rows come from `locked`. Raises
        InsufficientStock, with nothing written: the transaction around it may go on.
        """
        from catalog.models.stock import InsufficientStock, Stock

        if not movements:
            return
        by_stock = {movement.stock_id: movement for movement in movements}
        if len(by_stock) != len(movements):
            raise ValueError("A row of stock moves once at a time")
        short: dict[Stock, int] = {}
        with transaction.atomic(savepoint=False):
            rows = (
                [copy(movement.stock) for movement in movements]
                if are_locked
                else list(Stock.objects.filter(pk__in=by_stock).locked())
            )
            for row in rows:
                movement = by_stock[row.pk]
                row.on_hand += movement.on_hand_change
                row.allocated += movement.allocated_change
                if row.available < 0 or row.allocated < 0:
                    short[movement.stock] = max(movement.allocated_change, -movement.on_hand_change)
            if not short:
                _write(movements)
                _mark(rows, by_stock)
                _tell(rows, by_stock)
        if short:
            raise InsufficientStock(short)
        for row in rows:
            stock = by_stock[row.pk].stock
            stock.on_hand, stock.allocated = row.on_hand, row.allocated

    def with_balances(self) -> Self:
        """Annotate `on_hand_after` and `allocated_after`, the sums of these and all before them.

        Of the whole ledger of what is selected; cut pages out of it afterwards.
        """
        return self.annotate(
            on_hand_after=Window(Sum("on_hand_change"), order_by=F("id").asc()),
            allocated_after=Window(Sum("allocated_change"), order_by=F("id").asc()),
        )


class StockMovement(models.Model):
    """One line of the ledger: never changed, never deleted (a trigger refuses it)."""

    class Kind(models.TextChoices):
        """Why copies moved."""

        RECEIVE = "receive", _("Received")
        ADJUST = "adjust", _("Adjusted")
        DAMAGE = "damage", _("Damaged")
        RETURN = "return", _("Returned by a customer")
        TRANSFER_OUT = "transfer_out", _("Moved away")
        TRANSFER_IN = "transfer_in", _("Moved here")
        ALLOCATE = "allocate", _("Allocated")
        RELEASE = "release", _("Released")
        CONSUME = "consume", _("Handed out")

    stock = models.ForeignKey("catalog.Stock", models.CASCADE, related_name="movements")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    on_hand_change = models.IntegerField(_("change of on hand"))
    allocated_change = models.IntegerField(_("change of allocated"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    reference = models.CharField(
        _("reference"),
        max_length=40,
        blank=True,
        help_text=_("The order’s number."),
    )
    other_location = models.ForeignKey(
        "catalog.Location",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("other location"),
        help_text=_("Where a transfer went, or came from."),
    )
    stocktake = models.ForeignKey(
        "catalog.Stocktake",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="movements",
        verbose_name=_("stocktake"),
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    objects = StockMovementQuerySet.as_manager()

    on_hand_after: int
    """Copies that were on hand afterwards; set by `with_balances`."""
    allocated_after: int
    """Copies that were promised afterwards; set by `with_balances`."""

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                name="stock_movement_fits_kind",
                condition=(
                    Q(kind__in=("receive", "return"), on_hand_change__gt=0, allocated_change=0)
                    | Q(kind="adjust", allocated_change=0) & ~Q(on_hand_change=0)
                    | Q(kind="damage", on_hand_change__lt=0, allocated_change=0)
                    | Q(
                        kind="transfer_out",
                        on_hand_change__lt=0,
                        allocated_change=0,
                        other_location__isnull=False,
                    )
                    | Q(
                        kind="transfer_in",
                        on_hand_change__gt=0,
                        allocated_change=0,
                        other_location__isnull=False,
                    )
                    | Q(kind="allocate", on_hand_change=0, allocated_change__gt=0)
                    | Q(kind="release", on_hand_change=0, allocated_change__lt=0)
                    | Q(kind="consume", on_hand_change__lt=0, allocated_change=F("on_hand_change"))
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.on_hand_change:+} / {self.allocated_change:+}"


def _write(movements: "Sequence[StockMovement]") -> None:
    changes = {
        "stocks": prepared.array(each.stock_id for each in movements),
        "on_hand": prepared.array(each.on_hand_change for each in movements),
        "allocated": prepared.array(each.allocated_change for each in movements),
    }
    prepared.rows(MOVE, changes)
    prepared.insert(movements)


def _mark(rows: "list[Stock]", by_stock: "Mapping[int, StockMovement]") -> None:
    """Have search know of what had no copy left and has one now."""
    changes = {pk: each.on_hand_change - each.allocated_change for pk, each in by_stock.items()}
    here = [row.edition_id for row in rows if 0 < row.available <= changes[row.pk]]
    if here:
        SearchEntry.objects.mark_copies(here)


def _tell(rows: "list[Stock]", by_stock: "Mapping[int, StockMovement]") -> None:
    """Have the worker renew the live stock, and serve who waits for copies that are free now."""
    from catalog.models.stock import publish_stock

    publish_stock(dict.fromkeys(row.edition.isbn13 for row in rows))
    freed = (
        row.edition.isbn13
        for row in rows
        if row.edition.own_supply
        and by_stock[row.pk].on_hand_change > by_stock[row.pk].allocated_change
    )
    serve_waiting(dict.fromkeys(freed))
