"""Basket: what a customer intends to buy. It takes no stock and promises no price."""

import datetime
import functools
import uuid
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Edition
from orders.models import basket_rows, basket_words

if TYPE_CHECKING:
    from accounts.models import User

MAX_LINES = 100
MAX_QUANTITY = 50  # of one edition


class BasketError(Exception):
    """The basket cannot be changed like this; the message is for the customer."""


class BasketFull(BasketError):
    """The basket has all the lines that it may have."""

    def __init__(self) -> None:
        super().__init__(
            _("A basket holds at most %(lines)d different titles.") % {"lines": MAX_LINES}
        )


class QuantityOutOfRange(BasketError):
    """A line would have too few or too many copies."""

    def __init__(self) -> None:
        super().__init__(
            _("Choose a quantity from 1 to %(most)d of each title.") % {"most": MAX_QUANTITY}
        )


class NotForSale(BasketError):
    """The shop does not sell the edition, or not yet."""

    def __init__(self, edition: Edition) -> None:
        super().__init__(_("“%(title)s” is not for sale.") % {"title": edition.display_title})
        self.edition = edition


class BasketGone(BasketError):
    """The basket has become an order, or was given up."""

    def __init__(self) -> None:
        super().__init__(_("This basket is gone: it has been ordered already."))


class BasketQuerySet(models.QuerySet["Basket"]):
    """Selections of baskets."""

    def of_user(self, user: "User") -> "Basket":
        """The one basket of a customer who is signed in; made when there is none."""
        return self.get_or_create(user=user)[0]

    def start(self, isbn13: str, quantity: int) -> "BasketLine":
        """A guest's basket with copies of the offered edition with this number in it, which nobody
        else knows yet.

        Raises Edition.DoesNotExist, NotForSale or QuantityOutOfRange.
        """
        if not 1 <= quantity <= MAX_QUANTITY:
            raise QuantityOutOfRange
        at = timezone.now()
        basket = Basket(created_at=at, updated_at=at)
        started = basket_rows.start(basket.pk, isbn13, quantity, day=timezone.localdate(), at=at)
        if started is None:
            raise Edition.DoesNotExist
        line_id, edition = started
        if not edition.is_for_sale:  # asked last: nearly all are, and who waits, waits once
            basket_rows.discard(basket.pk)
            raise NotForSale(edition)
        line = BasketLine(
            id=line_id, basket=basket, edition=edition, quantity=quantity,
            seen_amount=edition.price_amount, added_at=at,
        )  # fmt: skip
        basket._state.adding = line._state.adding = False
        basket._known_quantity = quantity
        return line

    def of_guest(self, basket_id: uuid.UUID) -> "Basket | None":
        """The basket with this id, if it is a guest's."""
        found = basket_rows.of_guest(basket_id)
        return Basket.from_db(self.db, basket_rows.BASKET, found) if found else None

    def filled(self, *, with_beside: bool = False, **whose: Any) -> "Basket | None":
        """That of the guest who knows its id, `basket`, or of the `user`, by that one's id; with
        its priced lines, in one statement. `with_beside` has it know what stands beside them.
        """
        read = basket_rows.filled(day=timezone.localdate(), with_beside=with_beside, **whose)
        if read is None:
            return None
        row, lines, found = read
        basket = Basket.from_db(self.db, basket_rows.BASKET, row)
        basket._priced_lines = basket._as_lines(lines)
        basket.found_beside = found
        return basket

    def given_up(self, before: datetime.datetime) -> Self:
        """Those of guests that nobody has touched since."""
        return self.filter(user=None, updated_at__lt=before)


class Basket(models.Model):
    """A customer's or guest's choice; gone when `orders.checkout` has made it an order."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="basket",
        verbose_name=gettext_lazy("customer"),
    )
    voucher_code = models.CharField(
        gettext_lazy("voucher"), max_length=40, blank=True, default="", db_default=""
    )
    created_at = models.DateTimeField(gettext_lazy("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(gettext_lazy("changed at"), auto_now=True)

    objects = BasketQuerySet.as_manager()

    found_beside: "Sequence[basket_rows.Row]" = ()
    """What `catalog.recommending` has to show beside the lines; read only `with_beside`."""
    _priced_lines: "list[BasketLine] | None" = None
    _known_quantity: int | None = None
    """Of a basket that nobody else knows yet."""

    class Meta:
        verbose_name = gettext_lazy("basket")
        verbose_name_plural = gettext_lazy("baskets")
        indexes = (models.Index(fields=("updated_at",), name="basket_by_age"),)

    def __str__(self) -> str:
        return str(self.id)

    @property
    def quantity(self) -> int:
        """How many copies are in it, of all titles together."""
        known = self._known_quantity
        return basket_rows.quantity(self.pk) if known is None else known

    @property
    def subtotal_amount(self) -> Decimal:
        """What the lines cost today, without shipping."""
        return sum((line.total_amount for line in self.priced_lines()), start=Decimal("0.00"))

    def lock(self) -> None:
        """Let no one else change the basket until the running transaction ends.

        Raises BasketGone when there is none any more.
        """
        self._priced_lines = self._known_quantity = None
        found = basket_rows.locked(self.pk)
        if found is None:
            raise BasketGone
        for name, value in zip(basket_rows.BASKET, found, strict=True):
            setattr(self, name, value)

    @transaction.atomic
    def add(self, edition: Edition, quantity: int = 1) -> "BasketLine":
        """Put `quantity` more copies in.

        Raises NotForSale, QuantityOutOfRange, BasketFull or BasketGone.
        """
        if quantity < 1:
            raise QuantityOutOfRange
        self._touch()
        lines = list(self.lines.all())
        there = sum(line.quantity for line in lines if line.edition_id == edition.pk)
        return self._put(edition, lines, quantity + there)

    @transaction.atomic
    def set_quantity(self, edition: Edition, quantity: int) -> "BasketLine | None":
        """Have exactly `quantity` copies in; with 0 the line goes.

        Raises NotForSale, QuantityOutOfRange, BasketFull or BasketGone.
        """
        self._touch()
        if quantity != 0:
            return self._put(edition, list(self.lines.all()), quantity)
        self.lines.filter(edition=edition).delete()
        return None

    @transaction.atomic
    def set_quantities(self, quantities: "Mapping[str, int]") -> None:
        """Have exactly so many copies of what is in it, by isbn13; with 0 a line goes.

        All of it or nothing. Raises NotForSale, QuantityOutOfRange or BasketGone.
        """
        self._touch()
        lines = list(self.lines.select_related("edition__work"))
        for line in lines:
            quantity = quantities.get(line.edition.isbn13, line.quantity)
            if quantity == 0:
                line.delete()
            elif quantity != line.quantity:
                self._put(line.edition, lines, quantity)

    def set_voucher_code(self, code: str) -> None:
        """Have this voucher used once it is ordered; none for "". Raises BasketGone."""
        now = timezone.now()
        mine = type(self).objects.filter(pk=self.pk)
        if not mine.update(voucher_code=code, updated_at=now):
            raise BasketGone
        self.voucher_code, self.updated_at = code, now

    @transaction.atomic
    def absorb(self, other: "Basket") -> "list[BasketLine]":
        """Take over all that is in `other`, which is then gone; the lines that grew or are new.

        Quantities are added up, no further than the limits of a basket.
        """
        if other.pk == self.pk:
            return []
        for basket in sorted((self, other), key=lambda basket: basket.pk):
            basket.lock()
        mine = {line.edition_id: line for line in self.lines.all()}
        changed = []
        for theirs in other.lines.select_related("edition__work"):
            line = mine.get(theirs.edition_id)
            if line is None and len(mine) >= MAX_LINES:
                continue
            line = line or BasketLine(
                basket=self, edition=theirs.edition, quantity=0, seen_amount=theirs.seen_amount
            )
            before = line.quantity
            line.quantity = min(before + theirs.quantity, MAX_QUANTITY)
            if line.quantity > before:
                line.save()
                mine[line.edition_id] = line
                changed.append(line)
        other.delete()
        self._touch()
        return changed

    def priced_lines(self, *, day: datetime.date | None = None) -> "list[BasketLine]":
        """The lines in the order they were added, each with its price and its problem.

        Prices are today's, or those of `day`. Read once; a verb of this object makes it read them
        again.
        """
        if self._priced_lines is not None:
            return self._priced_lines
        self._priced_lines = self._read_lines(day or timezone.localdate(), with_stock=True)
        return self._priced_lines

    def lines_to_order(self, *, day: datetime.date) -> "list[BasketLine]":
        """The lines with all that an order copies of them, at the prices of `day`.

        What lies where is not among it: that is asked once it is locked.
        """
        return self._read_lines(day, with_stock=False)

    def _read_lines(self, day: datetime.date, *, with_stock: bool) -> "list[BasketLine]":
        return self._as_lines(basket_rows.lines(self.pk, day=day, with_stock=with_stock))

    def _as_lines(self, found: "Iterable[tuple[basket_rows.Row, Edition]]") -> "list[BasketLine]":
        lines = []
        for row, edition in found:
            line = BasketLine(*row)  # in the order of its columns
            line._state.adding = False
            line._state.fields_cache |= {"basket": self, "edition": edition}
            lines.append(line)
        return lines

    def _put(self, edition: Edition, lines: "Sequence[BasketLine]", quantity: int) -> "BasketLine":
        """Have so many copies in, where `lines` are all that the basket has."""
        seen_amount = _price_of(edition)
        if not 1 <= quantity <= MAX_QUANTITY:
            raise QuantityOutOfRange
        line = next((each for each in lines if each.edition_id == edition.pk), None)
        if line is None:
            if len(lines) >= MAX_LINES:
                raise BasketFull
            line = BasketLine(basket=self)
        line.edition = edition  # as it was read, perhaps with what lies there of it
        line.quantity, line.seen_amount = quantity, seen_amount
        line.save()
        return line

    def discard(self) -> None:
        """Delete it with all that is in it, because it has become an order."""
        basket_rows.discard(self.pk)

    def _touch(self) -> None:
        """Note that it was changed, and let no one else change it until the transaction ends.

        Raises BasketGone when there is none any more.
        """
        self._priced_lines = self._known_quantity = None
        self.updated_at = timezone.now()
        if not basket_rows.touch(self.pk, at=self.updated_at):
            raise BasketGone


def _price_of(edition: Edition) -> Decimal | None:
    """What one copy costs today; one that was read for it needs not be read again.

    Raises NotForSale.
    """
    is_priced = "price_amount" in vars(edition)
    found = edition if is_priced else basket_rows.known(edition.pk, day=timezone.localdate())
    if found is None or not found.is_for_sale:
        raise NotForSale(edition)
    return found.price_amount


class BasketLine(models.Model):
    """Some copies of one edition in a basket."""

    basket = models.ForeignKey(Basket, models.CASCADE, related_name="lines")
    edition = models.ForeignKey("catalog.Edition", models.CASCADE, related_name="+")
    quantity = models.PositiveSmallIntegerField(gettext_lazy("quantity"))
    seen_amount = models.DecimalField(
        gettext_lazy("price of one that the customer saw"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
    )
    added_at = models.DateTimeField(gettext_lazy("added at"), auto_now_add=True)

    class Meta:
        verbose_name = gettext_lazy("basket line")
        verbose_name_plural = gettext_lazy("basket lines")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(name="basket_line_once", fields=("basket", "edition")),
            models.CheckConstraint(
                name="basket_line_quantity", condition=Q(quantity__range=(1, MAX_QUANTITY))
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.edition}"

    @property
    def unit_amount(self) -> Decimal | None:
        """What one copy costs today; None: it has no price. Needs `Basket.priced_lines`."""
        return self.edition.price_amount

    @property
    def tax_rate(self) -> Decimal | None:
        """The percentage that stands with the price. Needs `Basket.priced_lines`."""
        rate: Decimal | None = getattr(self.edition, "price_tax_rate", None)
        return rate

    @property
    def total_amount(self) -> Decimal:
        """What the line costs today; 0 when it cannot be bought."""
        return self.quantity * (self.unit_amount or Decimal("0.00"))

    @property
    def previous_amount(self) -> Decimal | None:
        """What one copy cost when the customer put it in, if it costs something else now."""
        has_changed = self.seen_amount is not None and self.seen_amount != self.unit_amount
        return self.seen_amount if has_changed else None

    @property
    def here_quantity(self) -> int:
        """How many of the copies an order could have at once; needs `Basket.priced_lines`."""
        if self.edition.is_digital:
            return self.quantity
        most: int = getattr(self.edition, "most_for_one_order", None) or 0
        supply = self.edition.own_supply
        free = self.edition.available_quantity - (supply.awaited if supply else 0)
        return max(0, min(self.quantity, most, free))

    @functools.cached_property
    def problem(self) -> str:
        """Why the line cannot be ordered as it is, in words for the customer; empty: it can."""
        return basket_words.problem(self)

    @functools.cached_property
    def promise(self) -> str:
        """When copies come that are not there, in words for the customer; empty: all are there."""
        return basket_words.promise(self)


def are_all_digital(lines: Iterable[BasketLine]) -> bool:
    """Whether the lines, at least one, are files alone, so that there is nothing to send."""
    digital = [line.edition.is_digital for line in lines]
    return bool(digital) and all(digital)
