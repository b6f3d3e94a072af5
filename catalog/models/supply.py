"""Supply: how copies of an edition are had while none is there."""

import datetime
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, F, Q, Sum, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django import app

if TYPE_CHECKING:
    from catalog.models.edition import Edition


class NotPromised(Exception):
    """Copies that are not there cannot be promised; `short` says of what, and how many could be."""

    def __init__(self, short: "Mapping[Edition, int]") -> None:
        super().__init__(short)
        self.short = dict(short)

    def __str__(self) -> str:
        editions = "; ".join(str(edition) for edition in self.short)
        return _("We cannot promise that many copies of %(edition)s.") % {"edition": editions}


class SupplyQuerySet(models.QuerySet["Supply"]):
    """The verbs of promises, for many editions at once.

    Whoever locks stock as well does that first, so that no two transactions can deadlock.
    """

    def promise_many(self, copies: "Mapping[Edition, int]", *, on: datetime.date) -> None:
        """Promise customers these copies that have yet to come; all, or none.

        Raises NotPromised naming each edition of which that many are not to be had this way on
        that day, with nothing written.
        """
        if not copies:
            return
        if min(copies.values()) < 1:
            raise ValueError("Less than one copy cannot be promised")
        with transaction.atomic(savepoint=False):
            rows = {row.edition: row for row in self._locked(copies).with_held()}
            rooms = {each: rows[each].room(on) if each in rows else 0 for each in copies}
            short = {
                edition: room
                for edition, room in rooms.items()
                if room is not None and room < copies[edition]
            }
            if not short:
                self._change({rows[edition]: copies[edition] for edition in copies})
        if short:
            raise NotPromised(short)

    def withdraw_many(self, copies: "Mapping[Edition, int]") -> None:
        """Take back promises, because they were kept or are wanted no more.

        A CHECK refuses more than was promised.
        """
        if not copies:
            return
        if min(copies.values()) < 1:
            raise ValueError("The promise of less than one copy cannot be taken back")
        with transaction.atomic(savepoint=False):
            rows = list(self._locked(copies))
            self._change({row: -copies[row.edition] for row in rows})

    def with_held(self) -> Self:
        """Annotate `held_quantity`: copies that are there and promised to orders."""
        return self.annotate(held_quantity=Sum("edition__stocks__allocated", default=0))

    def _locked(self, copies: "Mapping[Edition, int]") -> Self:
        # Locked by one statement and read by the next, which sees what others did meanwhile.
        rows = self.filter(edition__in=copies).order_by("edition__isbn13")
        list(rows.select_for_update(of=("self",)).values_list("pk"))
        return rows.select_related("edition")

    def _change(self, copies: "Mapping[Supply, int]") -> None:
        differences = Case(*(When(pk=row.pk, then=Value(n)) for row, n in copies.items()))
        Supply.objects.filter(pk__in=[row.pk for row in copies]).update(
            awaited=F("awaited") + differences
        )
        numbers = [row.edition.isbn13 for row in copies]
        app.configure_task("catalog.publish_stock").defer(numbers=list[Any](numbers))
        serve_waiting(row.edition.isbn13 for row, n in copies.items() if n > 0)


class Supply(models.Model):
    """How an edition is had while no copy is there, and how many are promised that have to come.

    An edition without this row is sold from stock alone, and not before it is out.
    """

    class Kind(models.TextChoices):
        """How copies that are not there are promised."""

        PREORDER = "preorder", gettext_lazy("Pre-order")
        BACKORDER = "backorder", gettext_lazy("Ordered for the customer")

    edition = models.OneToOneField("catalog.Edition", models.CASCADE, related_name="supply")
    accepts_preorders = models.BooleanField(
        gettext_lazy("customers can pre-order it"),
        default=False,
        help_text=gettext_lazy("Until it may be sold; it then sells like any other book."),
    )
    preorder_cap = models.PositiveIntegerField(
        gettext_lazy("most pre-orders"),
        null=True,
        blank=True,
        help_text=gettext_lazy("Copies in all, of every customer. Empty: as many as are wanted."),
    )
    promised_date = models.DateField(
        gettext_lazy("promised for"),
        null=True,
        blank=True,
        help_text=gettext_lazy(
            "What customers are told. Empty: the day from which it may be sold."
        ),
    )
    accepts_backorders = models.BooleanField(
        gettext_lazy("we order it for customers"),
        default=False,
        help_text=gettext_lazy("When it is out and no copy is left, customers can still buy it."),
    )
    backorder_days = models.PositiveSmallIntegerField(
        gettext_lazy("which usually takes (days)"),
        default=14,
        help_text=gettext_lazy("What customers are told: “usually 14 days”."),
    )
    awaited = models.IntegerField(gettext_lazy("promised, still to come"), default=0)

    objects = SupplyQuerySet.as_manager()

    held_quantity: int
    """Copies that are there and promised to orders; set by `with_held`."""

    class Meta:
        verbose_name = gettext_lazy("pre-orders and ordering for customers")
        verbose_name_plural = gettext_lazy("pre-orders and ordering for customers")
        constraints = (
            models.CheckConstraint(name="supply_awaited", condition=Q(awaited__gte=0)),
            models.CheckConstraint(
                name="supply_backorder_days",
                condition=Q(backorder_days__range=(1, 365)),
                violation_error_message=gettext_lazy("Say in how many days it comes: 1 to 365."),
            ),
        )

    def __str__(self) -> str:
        return str(self.edition)

    def clean(self) -> None:
        """Refuse to promise a book for a day on which it is not out yet."""
        out = self.edition.release_date
        if self.promised_date and out and self.promised_date < out:
            raise ValidationError({"promised_date": _("That day it may not be sold yet.")})

    def kind(self, on: datetime.date) -> "Supply.Kind | None":
        """How copies that are not there are promised on that day; None: not at all.

        A file is never ordered for customers: once it is out it is there.
        """
        if self.edition.is_forthcoming_on(on):
            return Supply.Kind.PREORDER if self.accepts_preorders else None
        ordered = self.accepts_backorders and not self.edition.is_digital
        return Supply.Kind.BACKORDER if ordered else None

    def expected_date(self, on: datetime.date) -> datetime.date | None:
        """The day for which copies are promised to who orders `on` that day."""
        match self.kind(on):
            case Supply.Kind.PREORDER:
                return self.preorder_date
            case Supply.Kind.BACKORDER:
                return on + datetime.timedelta(days=self.backorder_days)
            case _:
                return None

    def room(self, on: datetime.date) -> int | None:
        """How many copies more can be promised on that day; None: as many as are wanted.

        Of a forthcoming edition every copy that is promised was pre-ordered, whether it has come
        already or not; so both count against the cap. Needs `with_held`.
        """
        kind = self.kind(on)
        if kind is None:
            return 0
        if kind is Supply.Kind.BACKORDER or self.preorder_cap is None:
            return None
        return self._room_below(self.preorder_cap)

    @property
    def preorder_date(self) -> datetime.date | None:
        """The day for which pre-orders are promised."""
        return self.promised_date or self.edition.release_date

    @property
    def is_full(self) -> bool:
        """Whether as many copies are pre-ordered as may be; needs `with_held`."""
        return self.preorder_cap is not None and not self._room_below(self.preorder_cap)

    def _room_below(self, cap: int) -> int:
        return max(0, cap - self.awaited - self.held_quantity)

    def promise(self, quantity: int, *, on: datetime.date) -> None:
        """Promise `quantity` copies that have yet to come. Raises NotPromised."""
        Supply.objects.all().promise_many({self.edition: quantity}, on=on)
        self.refresh_from_db(fields=["awaited"])

    def withdraw(self, quantity: int) -> None:
        """Take the promise of `quantity` copies back: it was kept, or is wanted no more."""
        Supply.objects.all().withdraw_many({self.edition: quantity})
        self.refresh_from_db(fields=["awaited"])


def serve_waiting(numbers: Iterable[str]) -> None:
    """Have the worker give free copies of these editions to the orders that wait for them.

    Deferred whether somebody waits or not: the job looks when it runs, and so sees what another
    transaction promised at the same moment. Named and not imported: orders stand above.
    """
    if numbers := list(numbers):
        app.configure_task("orders.serve_waiting").defer(numbers=list[Any](numbers))
