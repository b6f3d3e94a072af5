"""Vouchers: whether a code holds for a basket, what it is worth there, and that it is used once.

A discount is worked out without a lock, for pages and checkouts alike. Only `redeem` binds: its
conditional UPDATE locks the voucher's row, so that checkouts that race pass it one by one.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import Edition, Subject, Work
from catalog.money import format_money
from orders import pricing
from orders.models import Basket, Order, Voucher, VoucherUse, numbers
from orders.models.voucher import normalize_code

MOST_AT_ONCE = 5000
"""How many vouchers can be made at once."""


class VoucherError(Exception):
    """The voucher does not hold for this basket; the message is for the customer."""


class UnknownVoucher(VoucherError):
    """There is no voucher of that code, or it was taken out of force."""

    def __init__(self) -> None:
        super().__init__(_("We know no voucher of this code. Please check how you typed it."))


class VoucherNotBegun(VoucherError):
    """Its time is to come."""

    def __init__(self, voucher: Voucher) -> None:
        super().__init__(
            _("This voucher can be used from %(day)s on.") % {"day": _day(voucher.valid_from)}
        )


class VoucherExpired(VoucherError):
    """Its time is over."""

    def __init__(self, voucher: Voucher) -> None:
        super().__init__(
            _("This voucher ended on %(day)s. Please order without it.")
            % {"day": _day(voucher.valid_to)}
        )


class VoucherExhausted(VoucherError):
    """It has been used as often as it may be."""

    def __init__(self) -> None:
        super().__init__(_("This voucher has been used up. Please order without it."))


class VoucherUsedBefore(VoucherError):
    """The customer has used it as often as one customer may."""

    def __init__(self) -> None:
        super().__init__(_("You have used this voucher before. Please order without it."))


class VoucherOfSomeoneElse(VoucherError):
    """It is one customer's, and this is another."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This voucher belongs to another e-mail address."
                " Use the address that it was sent to, or order without it."
            )
        )


class MinimumNotReached(VoucherError):
    """The basket is worth too little; `missing_amount` says by how much."""

    def __init__(self, missing_amount: Decimal) -> None:
        super().__init__(
            _("Add books for another %(amount)s to use this voucher.")
            % {"amount": format_money(missing_amount, settings.SHOP_CURRENCY)}
        )
        self.missing_amount = missing_amount


class NothingEligible(VoucherError):
    """Nothing in the basket is what the voucher is for."""

    def __init__(self, voucher: Voucher) -> None:
        super().__init__(
            _("This voucher is for books on “%(subject)s”, and none is in your basket.")
            % {"subject": voucher.subject}
            if voucher.subject
            else _("This voucher does not pay for gift cards, and nothing else is in your basket.")
        )


class NothingToShip(VoucherError):
    """Free shipping, and all that is bought comes by e-mail."""

    def __init__(self) -> None:
        super().__init__(_("This voucher is for free shipping, and nothing here is shipped."))


class Goods(Protocol):
    """What a discount is worked out for: a line of a basket, or of a quote."""

    @property
    def edition(self) -> Edition:
        """What is bought."""

    @property
    def total_amount(self) -> Decimal:
        """What it costs without the discount."""


@dataclass(frozen=True)
class Discount:
    """What a voucher is worth for a basket; `shares`: the lines' parts, by their edition's id."""

    voucher: Voucher
    shares: Mapping[int, Decimal] = field(default_factory=dict)
    frees_shipping: bool = False

    @property
    def code(self) -> str:
        """The voucher's."""
        return self.voucher.code

    @property
    def amount(self) -> Decimal:
        """How much cheaper the goods become; 0 when it is the shipping."""
        return sum(self.shares.values(), start=pricing.ZERO)


@transaction.atomic
def create_many(
    pattern: Voucher, *, number: int, prefix: str = "", batch: str = ""
) -> list[Voucher]:
    """Make `number` vouchers like `pattern`, each with a code of its own and for one use.

    They can be found again by the name of their `batch`.
    """
    values = {
        column.attname: getattr(pattern, column.attname)
        for column in Voucher._meta.concrete_fields
        if column.name not in ("id", "code", "max_uses", "used_count", "batch", "created_at")
    }
    codes: set[str] = set()
    while len(codes) < number:
        codes.add(normalize_code(prefix) + numbers.make_voucher_code())
    return Voucher.objects.bulk_create(
        Voucher(**values, code=code, max_uses=1, batch=batch) for code in sorted(codes)
    )


def find(code: str) -> Voucher:
    """The voucher of that code. Raises UnknownVoucher."""
    try:
        voucher = Voucher.objects.select_related("subject").by_code(
            code[: 2 * numbers.LONGEST_CODE]
        )
    except Voucher.DoesNotExist:
        raise UnknownVoucher from None
    if not voucher.is_active:
        raise UnknownVoucher
    return voucher


def discount(
    voucher: Voucher,
    lines: Sequence[Goods],
    *,
    at: datetime.datetime,
    email: str = "",
    user: User | None = None,
) -> Discount:
    """What the voucher is worth for these lines then.

    Without `email` and `user` nobody knows yet who the customer is: what depends on that is left
    for later. Raises a VoucherError when it does not hold.
    """
    _check_voucher(voucher, at)
    _check_customer(voucher, email=email, user=user)
    # A gift card is money, not goods: it is not discounted and helps to reach no minimum.
    goods = [line for line in lines if not line.edition.is_gift_card and line.total_amount > 0]
    eligible = _eligible(voucher, goods)
    if not eligible:
        raise NothingEligible(voucher)
    value = sum((line.total_amount for line in goods), start=pricing.ZERO)
    if value < voucher.minimum_amount:
        raise MinimumNotReached(voucher.minimum_amount - value)
    if voucher.kind == Voucher.Kind.FREE_SHIPPING:
        if all(line.edition.is_digital for line in eligible):
            raise NothingToShip
        return Discount(voucher, frees_shipping=True)
    return Discount(voucher, _shares(voucher, eligible))


def redeem(
    found: Discount, order: Order, *, saved_amount: Decimal, at: datetime.datetime
) -> VoucherUse:
    """Use the voucher for the order, in the transaction that places it, after its stock.

    `saved_amount` is the discount, or the shipping that became free. Raises VoucherExhausted,
    VoucherUsedBefore or another VoucherError when it does not hold any more; the transaction must
    end then.
    """
    voucher = found.voucher
    if not voucher.count_use(at):
        voucher.refresh_from_db()
        _check_voucher(voucher, at)
        raise VoucherExhausted
    # Under the row's lock: another order of the same customer waits until this one is committed.
    _check_customer(voucher, email=order.email, user=order.user)
    return VoucherUse.objects.create(
        voucher=voucher,
        order=order,
        email=order.email.lower(),
        amount=saved_amount,
        used_at=at,
    )


def take_again(order: Order) -> None:
    """Use the voucher of an order once more that was canceled and goes on after all.

    Its dates do not matter then, as the customer kept to them. Raises VoucherExhausted when others
    have used it up meanwhile, or VoucherUsedBefore when the customer has; the transaction must end
    then.
    """
    use = VoucherUse.objects.filter(order=order).select_related("voucher").first()
    if use is None or use.returned_at is None:
        return
    if not use.voucher.count_use():
        raise VoucherExhausted
    _check_customer(use.voucher, email=order.email, user=order.user)
    VoucherUse.objects.filter(pk=use.pk).update(returned_at=None)


def _check_voucher(voucher: Voucher, at: datetime.datetime) -> None:
    if not voucher.is_active:
        raise UnknownVoucher
    if voucher.valid_from and at < voucher.valid_from:
        raise VoucherNotBegun(voucher)
    if voucher.valid_to and at >= voucher.valid_to:
        raise VoucherExpired(voucher)
    if voucher.max_uses is not None and voucher.used_count >= voucher.max_uses:
        raise VoucherExhausted


def _check_customer(voucher: Voucher, *, email: str, user: User | None) -> None:
    addresses = {address.lower() for address in (email, user.email if user else "") if address}
    if not addresses:
        return
    if voucher.email and voucher.email.lower() not in addresses:
        raise VoucherOfSomeoneElse
    if voucher.max_uses_per_customer is None:
        return
    theirs = Q(email__in=addresses) | Q(order__user__email__in=addresses)
    uses = voucher.uses.filter(theirs, returned_at=None).count()
    if uses >= voucher.max_uses_per_customer:
        raise VoucherUsedBefore


def _eligible(voucher: Voucher, goods: Sequence[Goods]) -> list[Goods]:
    if voucher.subject is None:
        return list(goods)
    subjects = Subject.objects.holding(voucher.subject.slug)  # with what a shelf gathers
    works = Work.objects.filter(
        pk__in=[line.edition.work_id for line in goods], subjects__in=subjects
    )
    on_subject = set(works.values_list("pk", flat=True))
    return [line for line in goods if line.edition.work_id in on_subject]


def _shares(voucher: Voucher, eligible: Sequence[Goods]) -> dict[int, Decimal]:
    weights = [line.total_amount for line in eligible]
    value = sum(weights, start=pricing.ZERO)
    if voucher.kind == Voucher.Kind.PERCENTAGE:
        worth = pricing.rounded(value * (voucher.percent or 0) / 100)
    else:
        worth = min(voucher.amount or pricing.ZERO, value)
    shares = pricing.share(worth, weights)
    return {
        line.edition.pk: amount for line, amount in zip(eligible, shares, strict=True) if amount > 0
    }


def _day(moment: datetime.datetime | None) -> str:
    return date_format(timezone.localtime(moment)) if moment else ""


def keep(basket: Basket, code: str) -> None:
    """Remember a voucher's code with the basket; "" forgets it.

    One that does not hold yet is kept: what the basket still lacks is told with it.
    Raises UnknownVoucher or BasketGone.
    """
    kept = find(code).code if code else ""
    if kept != basket.voucher_code:
        basket.set_voucher_code(kept)
