"""Stock: what lies where, what of it is promised, and the ledger of every change.

The two counters change only through the verbs below: each is one conditional UPDATE, with a CHECK
constraint behind it, and writes its StockMovement in the same transaction. The counters therefore
always equal the sums of their movements, which the `audit` command proves.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

if TYPE_CHECKING:
    from accounts.models import User
    from catalog.models.edition import Edition


class InsufficientStock(Exception):
    """A change would leave fewer copies than are promised, or fewer than none."""

    def __init__(self, edition: "Edition", *, wanted: int) -> None:
        super().__init__(edition, wanted)
        self.edition = edition
        self.wanted = wanted

    def __str__(self) -> str:
        return _("There are too few copies of %(edition)s.") % {"edition": self.edition}


class Location(models.Model):
    """A shop or a store room."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    address = models.TextField(_("address"), blank=True, max_length=500)
    offers_collection = models.BooleanField(_("customers can collect here"), default=False)
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        default=1,
        help_text=_("Orders are served from the lowest first."),
    )

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ("priority", "id")

    def __str__(self) -> str:
        return self.name


class StockQuerySet(models.QuerySet["Stock"]):
    """Selections of stock."""

    def in_locking_order(self) -> Self:
        """The one order in which rows are changed, so that no two transactions can deadlock."""
        return self.order_by("edition__isbn13", "location_id")

    def with_available(self, quantity: int) -> Self:
        """Rows that could promise `quantity` copies."""
        return self.filter(on_hand__gte=F("allocated") + quantity)

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

        Raises InsufficientStock for the first edition of which more are allocated than counted.
        """
        self.bulk_create(
            [Stock(edition=edition, location=location) for edition in counts],
            ignore_conflicts=True,
        )
        wanted = {edition.pk: (edition, count) for edition, count in counts.items()}
        rows = self.filter(edition__in=wanted, location=location).select_for_update(of=("self",))
        changed: list[Stock] = []
        movements: list[StockMovement] = []
        for row in rows.in_locking_order():
            edition, count = wanted[row.edition_id]
            if count < row.allocated:
                raise InsufficientStock(edition, wanted=row.allocated)
            if count != row.on_hand:
                movements.append(row.movement_to(count, reason=reason, actor=actor))
                row.on_hand = count
                changed.append(row)
        self.bulk_update(changed, ["on_hand"], batch_size=500)
        StockMovement.objects.bulk_create(movements, batch_size=500)
        if changed:
            publish_stock(wanted[row.edition_id][0].isbn13 for row in changed)
        return len(changed)


class Stock(models.Model):
    """The copies of an edition at a location: `on_hand` there, `allocated` to orders."""

    edition = models.ForeignKey("catalog.Edition", models.CASCADE, related_name="stocks")
    location = models.ForeignKey(Location, models.PROTECT, related_name="stocks")
    on_hand = models.IntegerField(_("on hand"), default=0)
    allocated = models.IntegerField(_("allocated"), default=0)

    objects = StockQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock")
        verbose_name_plural = _("stock")
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

    def receive(self, quantity: int, *, reason: str = "", actor: "User | None" = None) -> None:
        """Take `quantity` copies in."""
        self._change(StockMovement.Kind.RECEIVE, _copies(quantity), 0, reason=reason, actor=actor)

    def adjust(self, difference: int, *, reason: str, actor: "User | None" = None) -> None:
        """Correct the count by `difference`, for a reason.

        Raises InsufficientStock when fewer would be left than are allocated.
        """
        if not difference:
            raise ValueError("A difference of 0 is no adjustment")
        self._change(StockMovement.Kind.ADJUST, difference, 0, reason=reason, actor=actor)

    def count(self, on_hand: int, *, reason: str, actor: "User | None" = None) -> None:
        """Make `on_hand` the number that was counted; nothing happens if it is that already."""
        Stock.objects.all().count_many(
            {self.edition: on_hand}, location=self.location, reason=reason, actor=actor
        )
        self.refresh_from_db(fields=["on_hand", "allocated"])

    def allocate(self, quantity: int, *, reference: str) -> None:
        """Promise `quantity` copies to the order `reference`."""
        self._change(StockMovement.Kind.ALLOCATE, 0, _copies(quantity), reference=reference)

    def release(self, quantity: int, *, reference: str) -> None:
        """Take the promise of `quantity` copies to the order `reference` back."""
        self._change(StockMovement.Kind.RELEASE, 0, -_copies(quantity), reference=reference)

    def consume(self, quantity: int, *, reference: str, actor: "User | None" = None) -> None:
        """Hand out `quantity` promised copies: they leave the shop with the order `reference`."""
        change = -_copies(quantity)
        self._change(StockMovement.Kind.CONSUME, change, change, reference=reference, actor=actor)

    def movement_to(self, count: int, *, reason: str, actor: "User | None") -> "StockMovement":
        """The movement, not saved yet, that makes `count` the number on hand.

        Where nothing lay, the copies came in; else the count before was wrong.
        """
        kind = StockMovement.Kind.ADJUST if self.on_hand else StockMovement.Kind.RECEIVE
        return StockMovement(
            stock=self,
            kind=kind,
            on_hand_change=count - self.on_hand,
            allocated_change=0,
            reason=reason,
            actor=actor,
        )

    def _change(
        self,
        kind: "StockMovement.Kind",
        on_hand: int,
        allocated: int,
        *,
        reason: str = "",
        reference: str = "",
        actor: "User | None" = None,
    ) -> None:
        with transaction.atomic():
            possible = Stock.objects.filter(
                pk=self.pk,
                on_hand__gte=F("allocated") + (allocated - on_hand),
                allocated__gte=-allocated,
            )
            changed = possible.update(
                on_hand=F("on_hand") + on_hand, allocated=F("allocated") + allocated
            )
            if not changed:
                raise InsufficientStock(self.edition, wanted=max(allocated, -on_hand))
            StockMovement.objects.create(
                stock=self,
                kind=kind,
                on_hand_change=on_hand,
                allocated_change=allocated,
                reason=reason,
                reference=reference,
                actor=actor,
            )
            publish_stock([self.edition.isbn13])
        self.refresh_from_db(fields=["on_hand", "allocated"])


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


class StockMovement(models.Model):
    """One line of the ledger: never changed, never deleted (a trigger refuses it)."""

    class Kind(models.TextChoices):
        """Why copies moved."""

        RECEIVE = "receive", _("Received")
        ADJUST = "adjust", _("Adjusted")
        ALLOCATE = "allocate", _("Allocated")
        RELEASE = "release", _("Released")
        CONSUME = "consume", _("Handed out")

    stock = models.ForeignKey(Stock, models.CASCADE, related_name="movements")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    on_hand_change = models.IntegerField(_("change of on hand"))
    allocated_change = models.IntegerField(_("change of allocated"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    reference = models.CharField(
        _("reference"),
        max_length=40,
        blank=True,
        help_text=_("The order’s number."),
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                name="stock_movement_fits_kind",
                condition=Q(kind="receive", on_hand_change__gt=0, allocated_change=0)
                | Q(kind="adjust", allocated_change=0) & ~Q(on_hand_change=0)
                | Q(kind="allocate", on_hand_change=0, allocated_change__gt=0)
                | Q(kind="release", on_hand_change=0, allocated_change__lt=0)
                | Q(kind="consume", on_hand_change__lt=0, allocated_change=F("on_hand_change")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.on_hand_change:+} / {self.allocated_change:+}"
