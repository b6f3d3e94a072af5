"""Stock: what lies where, and what of it is promised.

The two counters change only through the verbs below. Each makes a list of movements and has them
carried out: the rows are locked in one order, the counters changed with a CHECK constraint behind
them, and the ledger written, in one transaction and a constant number of statements. The counters
therefore always equal the sums of their movements, which the `audit` command proves.
"""

import datetime
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from django.db import models, transaction
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django import app

from catalog.models.location import Location
from catalog.models.stock_movement import StockMovement

if TYPE_CHECKING:
    from accounts.models import User
    from catalog.models.edition import Edition
    from catalog.models.stocktake import Stocktake

Kind = StockMovement.Kind


class InsufficientStock(Exception):
    """A change would leave fewer copies than are promised, or fewer than none.

    `short` says of which rows, and how many copies each would have needed.
    """

    def __init__(self, short: "Mapping[Stock, int]") -> None:
        super().__init__(short)
        self.short = dict(short)
        first, self.wanted = next(iter(self.short.items()))
        self.edition = first.edition

    def __str__(self) -> str:
        editions = "; ".join(dict.fromkeys(str(stock.edition) for stock in self.short))
        return _("There are too few copies of %(edition)s.") % {"edition": editions}


class StockQuerySet(models.QuerySet["Stock"]):
    """Selections of stock, and the verbs that change many rows."""

    def for_customers(self) -> Self:
        """At the locations whose copies a customer can have."""
        return self.filter(location__in=Location.objects.for_customers())

    def in_locking_order(self) -> Self:
        """The one order in which rows are changed, so that no two transactions can deadlock."""
        return self.order_by("edition__isbn13", "location_id")

    def locked(self) -> Self:
        """Locked until the transaction ends, with their editions and what supplies them."""
        rows = self.select_related("edition__supply")
        return rows.select_for_update(of=("self",)).in_locking_order()

    def with_available(self, quantity: int) -> Self:
        """Rows that could promise `quantity` copies."""
        return self.filter(on_hand__gte=F("allocated") + quantity)

    def missing(self, *, since: datetime.datetime) -> Self:
        """Rows of which nothing was found since then, with the copies that are missing there.

        What has come meanwhile is not missing: it may have come after the counting.
        """
        movements = StockMovement.objects.filter(
            stock=OuterRef("pk"), created_at__gte=since, on_hand_change__gt=0
        )
        arrived = (
            movements.order_by()
            .values("stock")
            .annotate(copies=Sum("on_hand_change"))
            .values("copies")
        )
        missing = F("on_hand") - Coalesce(Subquery(arrived), 0)
        return self.annotate(missing_quantity=missing).filter(missing_quantity__gt=0)

    def at(self, places: "Iterable[tuple[Edition, Location]]") -> Self:
        """The rows of these editions at these locations, made where there is none.

        Call it before any row is locked: two transactions that make the same row wait for each
        other, and so must do it in the one order.
        """
        places = sorted(places, key=lambda place: (place[0].isbn13, place[1].pk))
        rows = [Stock(edition=edition, location=location) for edition, location in places]
        self.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
        return self.filter(
            edition__in={edition.pk for edition, _location in places},
            location__in={location.pk for _edition, location in places},
        )

    def allocate_many(
        self,
        copies: "Mapping[Stock, int]",
        *,
        reference: str,
        actor: "User | None" = None,
        are_locked: bool = False,
    ) -> None:
        """Promise these copies to the order `reference`, all or none.

        `are_locked`: the rows come from `locked`, in this transaction, and are not locked again.
        Raises InsufficientStock, with nothing written.
        """
        self._for_order(copies, Kind.ALLOCATE, (0, 1), reference, actor, are_locked)

    def release_many(
        self, copies: "Mapping[Stock, int]", *, reference: str, actor: "User | None" = None
    ) -> None:
        """Take the promise of these copies to the order `reference` back, all or none."""
        self._for_order(copies, Kind.RELEASE, (0, -1), reference, actor)

    def consume_many(
        self, copies: "Mapping[Stock, int]", *, reference: str, actor: "User | None" = None
    ) -> None:
        """Hand out these promised copies: they leave the shop with the order `reference`."""
        self._for_order(copies, Kind.CONSUME, (-1, -1), reference, actor)

    def receive_many(
        self,
        copies: "Mapping[Edition, int]",
        *,
        location: Location,
        reason: str = "",
        actor: "User | None" = None,
    ) -> None:
        """Take these copies in at a location, all or none."""
        self._at_location(copies, Kind.RECEIVE, 1, location, reason, actor)

    def damage_many(
        self,
        copies: "Mapping[Edition, int]",
        *,
        location: Location,
        reason: str,
        actor: "User | None" = None,
    ) -> None:
        """Write off copies at a location that cannot be sold any more, all or none.

        Raises InsufficientStock naming what is short, with nothing written.
        """
        self._at_location(copies, Kind.DAMAGE, -1, location, reason, actor)

    @transaction.atomic
    def transfer(
        self,
        copies: "Mapping[Edition, int]",
        *,
        source: Location,
        target: Location,
        reason: str = "",
        actor: "User | None" = None,
    ) -> None:
        """Carry these copies from one location to another, all or none.

        Copies that are promised to orders stay. Raises InsufficientStock naming what is short,
        with nothing written; ValueError where the two locations are one.
        """
        if source == target:
            raise ValueError("Copies cannot be moved to where they are")
        movements = []
        places = ((edition, location) for edition in copies for location in (source, target))
        for stock in self.at(places).locked():
            leaves = stock.location_id == source.pk
            quantity = _copies(copies[stock.edition])
            movements.append(
                StockMovement(
                    stock=stock,
                    kind=Kind.TRANSFER_OUT if leaves else Kind.TRANSFER_IN,
                    on_hand_change=-quantity if leaves else quantity,
                    allocated_change=0,
                    other_location=target if leaves else source,
                    reason=reason,
                    actor=actor,
                )
            )
        StockMovement.objects.carry_out(movements, are_locked=True)

    @transaction.atomic
    def count_many(
        self,
        counts: "Mapping[Edition, int]",
        *,
        location: Location,
        reason: str,
        actor: "User | None" = None,
    ) -> int:
        """Make the counted numbers the ones on hand; returns how many editions that changed.

        Raises InsufficientStock naming the editions of which more are allocated than counted.
        """
        movements = []
        for row in self.at((edition, location) for edition in counts).locked():
            difference = counts[row.edition] - row.on_hand
            if difference:
                movements.append(row.correction(difference, reason=reason, actor=actor))
        StockMovement.objects.carry_out(movements, are_locked=True)
        return len(movements)

    @transaction.atomic
    def _at_location(
        self,
        copies: "Mapping[Edition, int]",
        kind: StockMovement.Kind,
        direction: int,
        location: Location,
        reason: str,
        actor: "User | None",
    ) -> None:
        movements = [
            StockMovement(
                stock=stock,
                kind=kind,
                on_hand_change=direction * _copies(copies[stock.edition]),
                allocated_change=0,
                reason=reason,
                actor=actor,
            )
            for stock in self.at((edition, location) for edition in copies).locked()
        ]
        StockMovement.objects.carry_out(movements, are_locked=True)

    def _for_order(
        self,
        copies: "Mapping[Stock, int]",
        kind: StockMovement.Kind,
        direction: tuple[int, int],
        reference: str,
        actor: "User | None",
        are_locked: bool = False,
    ) -> None:
        on_hand, allocated = direction
        StockMovement.objects.carry_out(
            [
                StockMovement(
                    stock=stock,
                    kind=kind,
                    on_hand_change=on_hand * _copies(quantity),
                    allocated_change=allocated * quantity,
                    reference=reference,
                    actor=actor,
                )
                for stock, quantity in copies.items()
            ],
            are_locked=are_locked,
        )


class Stock(models.Model):
    """The copies of an edition at a location: `on_hand` there, `allocated` to orders."""

    edition = models.ForeignKey("catalog.Edition", models.CASCADE, related_name="stocks")
    location = models.ForeignKey(Location, models.PROTECT, related_name="stocks")
    on_hand = models.IntegerField(gettext_lazy("on hand"), default=0)
    allocated = models.IntegerField(gettext_lazy("allocated"), default=0)

    objects = StockQuerySet.as_manager()

    missing_quantity: int
    """Copies that a complete stocktake did not find; set by `missing`."""

    class Meta:
        verbose_name = gettext_lazy("stock")
        verbose_name_plural = gettext_lazy("stock")
        ordering = ("edition", "location")
        constraints = (
            models.UniqueConstraint(name="stock_of_edition", fields=("edition", "location")),
            models.CheckConstraint(
                name="stock_promises_kept",
                condition=Q(allocated__gte=0) & Q(on_hand__gte=F("allocated")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.edition} @ {self.location}: {self.on_hand} − {self.allocated}"

    @property
    def available(self) -> int:
        """What could still be promised."""
        return self.on_hand - self.allocated

    @property
    def left_quantity(self) -> int:
        """Copies that a complete stocktake leaves; needs `missing`."""
        return self.on_hand - self.missing_quantity

    def receive(self, quantity: int, *, reason: str = "", actor: "User | None" = None) -> None:
        """Take `quantity` copies in."""
        self._change(Kind.RECEIVE, _copies(quantity), reason=reason, actor=actor)

    def adjust(self, difference: int, *, reason: str, actor: "User | None" = None) -> None:
        """Correct the count by `difference`, for a reason.

        Raises InsufficientStock when fewer would be left than are allocated.
        """
        if not difference:
            raise ValueError("A difference of 0 is no adjustment")
        self._change(Kind.ADJUST, difference, reason=reason, actor=actor)

    def damage(
        self, quantity: int, *, reason: str, reference: str = "", actor: "User | None" = None
    ) -> None:
        """Write off `quantity` copies that cannot be sold any more.

        Raises InsufficientStock when fewer would be left than are allocated.
        """
        self._change(
            Kind.DAMAGE, -_copies(quantity), reason=reason, reference=reference, actor=actor
        )

    def take_back(
        self, quantity: int, *, reference: str, reason: str = "", actor: "User | None" = None
    ) -> None:
        """Put `quantity` copies back on the shelf that a customer returned of order `reference`."""
        self._change(
            Kind.RETURN, _copies(quantity), reason=reason, reference=reference, actor=actor
        )

    def count(self, on_hand: int, *, reason: str, actor: "User | None" = None) -> None:
        """Make `on_hand` the number that was counted; nothing happens if it is that already."""
        Stock.objects.all().count_many(
            {self.edition: on_hand}, location=self.location, reason=reason, actor=actor
        )
        self.refresh_from_db(fields=["on_hand", "allocated"])

    def correction(
        self,
        difference: int,
        *,
        reason: str,
        actor: "User | None",
        stocktake: "Stocktake | None" = None,
    ) -> StockMovement:
        """The movement, not carried out yet, that changes the number on hand by `difference`.

        Where nothing lay, the copies came in; else the number before was wrong.
        """
        return StockMovement(
            stock=self,
            kind=Kind.ADJUST if self.on_hand else Kind.RECEIVE,
            on_hand_change=difference,
            allocated_change=0,
            reason=reason,
            actor=actor,
            stocktake=stocktake,
        )

    def _change(
        self,
        kind: StockMovement.Kind,
        on_hand: int,
        *,
        reason: str,
        reference: str = "",
        actor: "User | None",
    ) -> None:
        movement = StockMovement(
            stock=self,
            kind=kind,
            on_hand_change=on_hand,
            allocated_change=0,
            reason=reason,
            reference=reference,
            actor=actor,
        )
        StockMovement.objects.carry_out([movement])


def _copies(quantity: int) -> int:
    """`quantity`, which a verb is to move. Raises ValueError for less than one copy."""
    if quantity < 1:
        raise ValueError(f"{quantity} copies cannot be moved")
    return quantity


def publish_stock(numbers: Iterable[str]) -> None:
    """Have the worker renew the live stock of these editions as soon as this transaction commits.

    Named and not imported, because jobs stand above models.
    """
    app.configure_task("catalog.publish_stock").defer(numbers=list[Any](numbers))
