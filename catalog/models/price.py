"""Price: what an edition costs, in one currency, over a period."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models, transaction
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from caching import store
from catalog.models import generations

if TYPE_CHECKING:
    from catalog.models.edition import Edition

EARLIEST_DAY = datetime.date(1990, 1, 1)
"""From which a price can hold; an earlier day has a slip in its year."""
_DAY = datetime.timedelta(days=1)

IN_FORCE = """price.edition_id = edition.id AND price.currency = %(currency)s
    AND price.valid_from <= %(today)s AND (price.valid_to IS NULL OR price.valid_to >= %(today)s)"""
"""`PriceQuerySet.in_force` in SQL: which row `price` is that of the row `edition` on `today`."""
AMOUNT = f"(SELECT price.amount FROM catalog_price AS price WHERE {IN_FORCE} LIMIT 1)"  # noqa: S608 - names of our own
"""What the row `edition` costs, in SQL."""


class _Period(Func):
    """The days of a price as a range, both ends included."""

    function = "DATERANGE"
    output_field = DateRangeField()


class NewPrice(NamedTuple):
    """What an edition, by its key, costs from a day on: to `valid_to`, or until further notice."""

    edition_id: int
    valid_from: datetime.date
    amount: Decimal
    valid_to: datetime.date | None = None
    tax_rate: Decimal | None = None
    """None: that of the price before goes on."""
    unless_equal: bool = False
    """Where the edition costs as much on that day already, nothing changes, later prices neither.
    """

    def effective_from(self, today: datetime.date) -> datetime.date | None:
        """From when it can hold where the days before `today` keep theirs; None: it is over."""
        first = max(self.valid_from, today)
        return first if self.valid_to is None or self.valid_to >= first else None


class PriceQuerySet(models.QuerySet["Price"]):
    """Selections of prices."""

    def in_force(self, day: datetime.date) -> Self:
        """Those that hold on `day`, in the shop's currency: at most one for each edition."""
        return self.filter(
            Q(valid_to=None) | Q(valid_to__gte=day),
            currency=settings.SHOP_CURRENCY,
            valid_from__lte=day,
        )

    def beginning_after(self, day: datetime.date) -> Self:
        """Those that begin later than `day`, in the shop's currency, the earliest first."""
        later = self.filter(currency=settings.SHOP_CURRENCY, valid_from__gt=day)
        return later.order_by("valid_from")

    @transaction.atomic
    def set_tax_rate(
        self, edition: "Edition", rate: Decimal | None, *, valid_from: datetime.date
    ) -> int:
        """From `valid_from` on, the price that holds on that day contains another rate.

        So do those planned after it with the rate that it had, and how many is returned; amounts
        and days stay. Raises Price.DoesNotExist where no price holds on that day.
        """
        list(type(edition).objects.select_for_update().filter(pk=edition.pk).values_list("pk"))
        price = self.in_force(valid_from).get(edition=edition)
        planned = self.beginning_after(valid_from).filter(edition=edition, tax_rate=price.tax_rate)
        changed = planned.update(tax_rate=rate)
        if price.valid_from < valid_from:
            rest = _copy(price, valid_from=valid_from, tax_rate=rate)
            price.valid_to = valid_from - _DAY
            price.save(update_fields=["valid_to"])
            rest.save()
        else:
            price.tax_rate = rate
            price.save(update_fields=["tax_rate"])
        edition.went_stale()
        return changed

    @transaction.atomic
    def set_many(
        self, wanted: Iterable[NewPrice], *, today: datetime.date = datetime.date.min
    ) -> set[int]:
        """Set these prices, in the shop's currency, as `Edition.set_price` does one by one.

        Those of an edition in the order of their days. One without an end replaces all that begin
        that day or later; one with an end only cuts its own days out of the others. What an edition
        cost before `today` stays, and so does what would not change. Returns the ids of the
        editions whose prices changed; a fixed number of statements. Raises
        django.db.utils.DataError for too large an amount.
        """
        from catalog.models.edition import Edition

        by_edition: dict[int, list[NewPrice]] = defaultdict(list)
        for new in wanted:
            by_edition[new.edition_id].append(new)
        editions = Edition.objects.filter(pk__in=by_edition).order_by("isbn13")
        works = dict(editions.select_for_update(of=("self",)).values_list("pk", "work_id"))
        known: dict[int, list[Price]] = defaultdict(list)
        for price in self.filter(edition__in=by_edition, currency=settings.SHOP_CURRENCY):
            known[price.edition_id].append(price)
        changes = _Changes()
        for edition_id, news in by_edition.items():
            changes.compare(known[edition_id], timeline(known[edition_id], news, today=today))
        changes.write()
        if stale := {work for edition, work in works.items() if edition in changes.editions}:
            store.bump_after_commit(generations.showing(stale))
        return set(changes.editions)


class Price(models.Model):
    """An amount, tax included, from a day on and maybe to a day."""

    edition = models.ForeignKey("catalog.Edition", models.CASCADE, related_name="prices")
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, help_text=_("ISO 4217 code"))
    tax_rate = models.DecimalField(
        _("tax rate"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Percent contained in the amount; empty: no tax is shown."),
    )
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("to"), null=True, blank=True, help_text=_("The last day."))

    objects = PriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ("edition", "-valid_from")
        constraints = (
            models.CheckConstraint(name="price_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(
                name="price_tax_rate_percent",
                condition=Q(tax_rate=None) | Q(tax_rate__range=(0, 100)),
            ),
            models.CheckConstraint(
                name="price_ends_after_start",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
            ),
            ExclusionConstraint(
                name="price_one_a_day",
                expressions=[
                    ("edition", RangeOperators.EQUAL),
                    ("currency", RangeOperators.EQUAL),
                    (
                        _Period(
                            "valid_from",
                            "valid_to",
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_("Another price holds on some of these days."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def holds_on(self, day: datetime.date) -> bool:
        """Whether `day` is one of its days."""
        return self.valid_from <= day and (self.valid_to is None or self.valid_to >= day)

    def says(self, new: NewPrice, rate: Decimal | None) -> bool:
        """Whether it is this price already, on all its days."""
        if (self.amount, self.tax_rate) != (new.amount, rate):
            return False
        if new.unless_equal or self.valid_to is None:
            return True
        return new.valid_to is not None and self.valid_to >= new.valid_to


def holding_on(day: datetime.date, prices: Iterable[Price]) -> Price | None:
    """The one of an edition's prices that holds on `day`."""
    return next((price for price in prices if price.holds_on(day)), None)


def timeline(
    known: Sequence[Price], news: Iterable[NewPrice], *, today: datetime.date
) -> list[Price]:
    """The prices of an edition, not saved, once `news` hold; the earliest first.

    Days before `today` keep the price that they had; news fill only those without one.
    """
    line = [_copy(price) for price in sorted(known, key=attrgetter("valid_from"))]
    for new in sorted(news, key=attrgetter("valid_from")):
        before = holding_on(new.valid_from, line)
        rate = new.tax_rate
        if rate is None:
            # Of the price that it really follows: what a day that is over cost stays.
            followed = holding_on(new.effective_from(today) or new.valid_from, line) or before
            rate = followed.tax_rate if followed else None
        if before is not None and before.says(new, rate):
            continue
        kept = []
        for price in line:
            kept += _outside(price, new.valid_from, new.valid_to)
        price = Price(
            edition_id=new.edition_id,
            amount=new.amount,
            currency=settings.SHOP_CURRENCY,
            tax_rate=rate,
            valid_from=new.valid_from,
            valid_to=new.valid_to,
        )
        line = sorted([*kept, price], key=attrgetter("valid_from"))
    return _with_past(line, known, today)


def _with_past(line: list[Price], known: Sequence[Price], today: datetime.date) -> list[Price]:
    """The prices in `line`, except that each day before `today` keeps the price known of it."""
    for price in known:
        if price.valid_from >= today:
            continue
        last = today - _DAY if price.valid_to is None else min(price.valid_to, today - _DAY)
        if not any(_covers(each, price, last) for each in line):
            kept = [left for each in line for left in _outside(each, price.valid_from, last)]
            line = [*kept, _copy(price, valid_to=last)]
    return sorted(line, key=attrgetter("valid_from"))


def _covers(price: Price, known: Price, last: datetime.date) -> bool:
    """Whether it is what is known, from its first day to `last` at least."""
    same = (known.valid_from, known.amount, known.tax_rate)
    is_same = (price.valid_from, price.amount, price.tax_rate) == same
    return is_same and (price.valid_to is None or price.valid_to >= last)


def _copy(price: Price, **changes: Any) -> Price:
    names = ("edition_id", "amount", "currency", "tax_rate", "valid_from", "valid_to")
    return Price(**{name: getattr(price, name) for name in names} | changes)


def _outside(price: Price, first: datetime.date, last: datetime.date | None) -> list[Price]:
    """What of a price is left outside these days; without a last day, nothing comes after them."""
    if price.valid_to is not None and price.valid_to < first:
        return [price]
    if last is not None and price.valid_from > last:
        return [price]
    left = []
    if price.valid_from < first:
        left.append(_copy(price, valid_to=first - _DAY))
    if last is not None and (price.valid_to is None or price.valid_to > last):
        left.append(_copy(price, valid_from=last + _DAY))
    return left


class _Changes:
    """The difference between what is there and what is wanted."""

    def __init__(self) -> None:
        self.gone: list[int] = []
        self.ended: list[Price] = []
        self.new: list[Price] = []
        self.editions: set[int] = set()

    def compare(self, known: Sequence[Price], wanted: Sequence[Price]) -> None:
        """Note what has to go, to end another day, or to come."""
        starts = {price.valid_from: price for price in known}
        for price in wanted:
            same = starts.pop(price.valid_from, None)
            if same is None or (same.amount, same.tax_rate) != (price.amount, price.tax_rate):
                self.gone += [same.pk] if same else []
                self.new.append(price)
            elif same.valid_to != price.valid_to:
                same.valid_to = price.valid_to
                self.ended.append(same)
            else:
                continue
            self.editions.add(price.edition_id)
        for price in starts.values():
            self.gone.append(price.pk)
            self.editions.add(price.edition_id)

    def write(self) -> None:
        """In an order in which no two prices ever hold on one day."""
        if self.gone:
            Price.objects.filter(pk__in=self.gone).delete()
        if self.ended:
            Price.objects.bulk_update(self.ended, ["valid_to"], batch_size=1000)
        if self.new:
            Price.objects.bulk_create(self.new, batch_size=1000)
