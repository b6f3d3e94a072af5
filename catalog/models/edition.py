"""Edition: one sellable form of a work, known by its number."""

import datetime
from decimal import Decimal
from types import EllipsisType
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, Sum, Value, When
from django.db.models.functions import Cast, Coalesce, Mod, Substr
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from caching import store
from catalog import formats, isbn, languages
from catalog.formats import DIGITAL_FORMATS, Format
from catalog.models import generations, slugs
from catalog.models.availability import Availability
from catalog.models.trade_facts import TradeFacts, forthcoming

if TYPE_CHECKING:
    from catalog.models.contributor import Contribution
    from catalog.models.cover import Cover
    from catalog.models.supply import Supply
    from catalog.models.work import Work


def _weighted_digit_sum_ends_in_zero() -> Q:
    """The GS1 check of a 13-digit number, computed by the database."""
    digits = (
        Cast(Substr("isbn13", place, 1), models.IntegerField()) * Value(1 if place % 2 else 3)
        for place in range(1, 14)
    )
    total = next(digits)
    for digit in digits:
        total = total + digit
    return Q(Exact(Mod(total, Value(10)), Value(0)))


def check_number(number: str) -> None:
    """Validate a model field: raises ValidationError unless it is a sound number."""
    if not isbn.is_edition_number(number):
        raise ValidationError(
            _("%(number)s is not a valid ISBN, ISMN, GTIN-13 or in-store number (20–29)."),
            params={"number": number},
        )


def _copies_for_customers(counted: models.expressions.Combinable) -> Coalesce:
    """`counted` of the edition's stock, summed up over the locations that serve customers."""
    from catalog.models.stock import Stock

    sums = Stock.objects.for_customers().filter(edition=OuterRef("pk")).order_by()
    total = sums.values("edition").annotate(total=Sum(counted)).values("total")
    return Coalesce(models.Subquery(total), 0)


AVAILABLE = F("on_hand") - F("allocated")


def _awaited() -> Coalesce:
    """Copies of the edition that customers wait for."""
    from catalog.models.supply import Supply

    awaited = Supply.objects.filter(edition=OuterRef("pk")).values("awaited")
    return Coalesce(models.Subquery(awaited), 0)


def _in_stock() -> Q:
    """Copies are left that nobody was promised, and nobody waits for; needs `free_quantity`."""
    from catalog.models.stock import Stock
    from catalog.models.supply import Supply

    left = Stock.objects.for_customers().filter(edition=OuterRef("pk"), on_hand__gt=F("allocated"))
    waiting = Supply.objects.filter(edition=OuterRef("pk"), awaited__gt=0)
    # Summing up is dear, and few editions are waited for: they alone are summed up.
    return Q(Exists(left)) & (~Q(Exists(waiting)) | Q(free_quantity__gt=0))


class EditionQuerySet(models.QuerySet["Edition"]):
    """Selections of editions."""

    def offered(self) -> Self:
        """Those that the shop shows."""
        return self.filter(is_offered=True)

    def of_outer_work(self) -> Self:
        """For a subquery of works: the editions of the work outside."""
        return self.filter(work=OuterRef("pk"))

    def published(self) -> Self:
        """Those that are out."""
        return self.exclude(forthcoming(timezone.localdate()))

    def available(self) -> Self:
        """Those that a customer could have at once: out, and in stock or a file.

        What can be pre-ordered or is ordered for the customer is not among them.
        """
        here = self._with_free().published()
        return here.filter(_in_stock() | Q(format__in=DIGITAL_FORMATS))

    def sold_out(self) -> Self:
        """Those that are out, and no copy of which could be promised."""
        physical = self._with_free().published().exclude(format__in=DIGITAL_FORMATS)
        return physical.exclude(_in_stock())

    def _with_free(self) -> Self:
        return self.alias(free_quantity=_copies_for_customers(AVAILABLE) - _awaited())

    def next_own_number(self) -> str:
        """The number after the highest of the shop's own in use; empty once all are used up."""
        own = self.filter(isbn13__gte="20", isbn13__lt="21").order_by("-isbn13")
        last = own.values_list("isbn13", flat=True).first() or "200000000000"
        twelve = str(int(last[:12]) + 1)
        return twelve + isbn.check_digit(twelve) if twelve.startswith("20") else ""

    def with_price(self, *, on: datetime.date | None = None) -> Self:
        """Annotate `price_amount`, the price in the shop's currency that holds `on` that day."""
        from catalog.models.price import Price

        prices = Price.objects.in_force(on or timezone.localdate())
        return self.annotate(
            price_amount=models.Subquery(prices.filter(edition=OuterRef("pk")).values("amount")[:1])
        )

    def with_available(self) -> Self:
        """Annotate `available_quantity`, what locations that serve customers could promise."""
        return self.annotate(available_quantity=_copies_for_customers(AVAILABLE))

    def with_availability(self) -> Self:
        """With all that `availability` needs, `available_quantity` included."""
        from catalog.models.stock import Stock

        held = Stock.objects.filter(edition=OuterRef("pk")).order_by().values("edition")
        total = models.Subquery(held.annotate(total=Sum("allocated")).values("total"))
        held_quantity = Coalesce(total, 0)
        return self.with_available().annotate(held_quantity=held_quantity).select_related("supply")


class Edition(TradeFacts):
    """One sellable form of a work. Its number is an ISBN-13, or an in-store SKU without one."""

    isbn13 = models.CharField(
        _("ISBN-13 or SKU"), max_length=13, unique=True, validators=[check_number]
    )
    work = models.ForeignKey(
        "catalog.Work", models.PROTECT, related_name="editions", verbose_name=_("work")
    )
    format = models.CharField(_("format"), max_length=20, choices=Format)
    language = models.CharField(_("language"), max_length=3, choices=languages.CHOICES)
    title = models.CharField(
        _("title"), max_length=500, blank=True, help_text=_("Only where the work’s does not fit.")
    )
    subtitle = models.CharField(_("subtitle"), max_length=500, blank=True)
    imprint = models.ForeignKey(
        "catalog.Imprint", models.PROTECT, related_name="editions", verbose_name=_("imprint")
    )
    publication_date = models.DateField(_("publication date"), null=True, blank=True)
    pages = models.PositiveIntegerField(_("pages"), null=True, blank=True)
    duration_minutes = models.PositiveIntegerField(_("duration in minutes"), null=True, blank=True)
    weight_grams = models.PositiveIntegerField(_("weight in grams"), null=True, blank=True)
    is_offered = models.BooleanField(
        _("offered"), default=True, help_text=_("Shown and sold in the shop.")
    )
    is_sample = models.BooleanField(_("sample"), default=False, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = EditionQuerySet.as_manager()

    price_amount: Decimal | None
    """The price in force; set by `with_price`."""
    available_quantity: int
    """What could still be promised; set by `with_available`."""
    held_quantity: int
    """Copies that are promised to orders, wherever they lie; set by `with_availability`."""

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        ordering = ("work", "format", "id")
        constraints = (
            models.CheckConstraint(
                name="edition_number_sound",
                # CASE, because only 13 digits can be summed up.
                condition=Case(
                    When(isbn13__regex=isbn.PATTERN, then=_weighted_digit_sum_ends_in_zero()),
                    default=Value(False),
                    output_field=models.BooleanField(),
                ),
                violation_error_message=_("This is not a valid number: please compare it."),
            ),
        )
        indexes = (
            models.Index(fields=("-publication_date", "id"), name="edition_by_publication_date"),
            models.Index(fields=("work", "is_offered"), name="edition_of_work"),
            models.Index(
                fields=("embargo_date",),
                name="edition_by_embargo",
                condition=Q(embargo_date__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.display_title} ({self.get_format_display()}, {self.isbn13})"

    def get_absolute_url(self) -> str:
        """The page of the book, with its readable part."""
        return self.address(self.isbn13, self.title, self.work.title)

    @staticmethod
    def address(isbn13: str, title: str, work_title: str) -> str:
        """The same, where there is no object; `title` is the edition's own, or empty."""
        return f"/books/{isbn13}/{slugs.readable(title or work_title, fallback='book')}/"

    @property
    def format_label(self) -> str:
        """The format's name; `get_format_display` makes a table of all of them at each call."""
        return formats.label(self.format)

    @property
    def slug(self) -> str:
        """The readable part of the address."""
        return slugs.readable(self.display_title, fallback="book")

    @property
    def display_title(self) -> str:
        """The edition's own title, or else the work's."""
        return self.title or self.work.title

    @property
    def display_subtitle(self) -> str:
        """The subtitle that goes with the title."""
        return self.subtitle if self.title else self.subtitle or self.work.subtitle

    @property
    def has_isbn(self) -> bool:
        """Whether the number is a book's."""
        return isbn.is_isbn13(self.isbn13)

    @property
    def number_name(self) -> str:
        """What the number is called."""
        return isbn.name(self.isbn13)

    @property
    def display_number(self) -> str:
        """The number as printed."""
        return isbn.hyphenated(self.isbn13)

    @property
    def is_digital(self) -> bool:
        """Whether it comes by e-mail: it takes no stock and needs no parcel."""
        return self.format in DIGITAL_FORMATS

    @property
    def is_gift_card(self) -> bool:
        """Whether it is money for later, and no book."""
        return self.format == Format.GIFT_CARD

    @property
    def is_forthcoming(self) -> bool:
        """Whether its release lies ahead."""
        return self.is_forthcoming_on(timezone.localdate())

    def is_forthcoming_on(self, day: datetime.date) -> bool:
        """Whether its release lies ahead on that day."""
        return self.release_date is not None and self.release_date > day

    @property
    def release_date(self) -> datetime.date | None:
        """From when it may be sold: its publication, or the end of an embargo that is later."""
        return max(filter(None, (self.publication_date, self.embargo_date)), default=None)

    @property
    def is_unpublished(self) -> bool:
        """Whether its publication lies ahead; an embargo may last longer."""
        published = self.publication_date
        return published is not None and published > timezone.localdate()

    @property
    def is_embargoed(self) -> bool:
        """Whether it may be sold only some time after its publication, or without one."""
        return self.embargo_date is not None and self.embargo_date == self.release_date != (
            self.publication_date
        )

    @property
    def own_supply(self) -> "Supply | None":
        """How it is had while no copy is there, if something was said about that."""
        return getattr(self, "supply", None)

    @property
    def own_cover(self) -> "Cover | None":
        """The picture on it, if there is one to show; else its cover is drawn."""
        cover: Cover | None = getattr(self, "cover", None)
        return cover if cover is not None and cover.is_shown else None

    @property
    def is_for_sale(self) -> bool:
        """Whether customers can order it today, from stock or not; needs `with_price`.

        A forthcoming edition is for sale where pre-orders are accepted. Whether copies are left
        is another question: `availability`.
        """
        if not self.is_offered or self.price_amount is None:
            return False
        return not self.is_forthcoming or self.promise_kind is not None

    @property
    def promise_kind(self) -> "Supply.Kind | None":
        """How copies that are not there can be promised today: as a pre-order, ordered, or not."""
        return self.own_supply.kind(timezone.localdate()) if self.own_supply else None

    @property
    def availability(self) -> Availability:
        """Whether and how customers can have it; needs `with_availability`."""
        supply = self.own_supply
        if supply is None:
            free = None if self.is_digital else self.available_quantity
            return Availability(free, self.release_date)
        supply.held_quantity = self.held_quantity
        return Availability(
            free=None if self.is_digital else self.available_quantity - supply.awaited,
            publication_date=self.release_date,
            preorder_date=supply.preorder_date if supply.accepts_preorders else None,
            preorders_full=supply.is_full and not self.is_digital,
            backorder_days=supply.backorder_days if supply.accepts_backorders else None,
        )

    @property
    def list_rank(self) -> tuple[bool, bool, Decimal, int]:
        """Sorts a work's editions for a list: print first, out before forthcoming, the cheapest."""
        amount = self.price_amount if self.price_amount is not None else Decimal("Infinity")
        return (self.is_digital, self.is_forthcoming, amount, self.pk)

    @cached_property
    def own_contributions(self) -> "list[Contribution]":
        """Everyone who had a part in this edition: the work's people, then its own."""
        works = [c for c in self.work.contributions.all() if c.edition_id is None]
        return works + [c for c in self.work.contributions.all() if c.edition_id == self.pk]

    @property
    def duration(self) -> str:
        """How long it takes to listen to, as hours and minutes: 11:05."""
        minutes = self.duration_minutes or 0
        return f"{minutes // 60}:{minutes % 60:02}"

    def move_to(self, work: "Work") -> None:
        """Make this an edition of `work`, and take the people of its own along.

        Call inside a transaction; both works are then to be indexed anew.
        """
        left = Edition.objects.values_list("work", flat=True).get(pk=self.pk)
        store.bump_after_commit(generations.showing([left, work.pk]))
        self.work = work
        self.save(update_fields=["work"])
        self.contributions.update(work=work)

    @transaction.atomic
    def set_price(
        self,
        amount: Decimal,
        *,
        valid_from: datetime.date,
        tax_rate: Decimal | EllipsisType | None = ...,
    ) -> None:
        """From `valid_from` on the edition costs `amount`, in the shop's currency.

        Prices that begin that day or later are replaced; an earlier one ends the day before, and
        hands its tax rate on unless another is given.
        """
        Edition.objects.select_for_update().get(pk=self.pk)  # one price after the other
        running = self.prices.in_force(valid_from)
        if isinstance(tax_rate, EllipsisType):
            tax_rate = running.values_list("tax_rate", flat=True).first()
        later = self.prices.filter(currency=settings.SHOP_CURRENCY, valid_from__gte=valid_from)
        later.delete()
        running.update(valid_to=valid_from - datetime.timedelta(days=1))
        self.prices.create(
            amount=amount,
            currency=settings.SHOP_CURRENCY,
            valid_from=valid_from,
            tax_rate=tax_rate,
        )
        self.went_stale()

    def went_stale(self) -> None:
        """Make every page that shows this edition be computed anew after the commit."""
        store.bump_after_commit(generations.showing([self.work_id]))
