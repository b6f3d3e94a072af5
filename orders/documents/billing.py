"""What an order's invoice and a refund's credit note say, taken from the rows once."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog import isbn
from orders import countries, gateways
from orders.documents.contents import Bill, BillLine, Means, Party, TaxRow
from orders.models import Order, OrderLine, Payment, Refund, RefundLine, Seller
from orders.pricing import share

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
Rate = Decimal | None
"""Percent; None for what is not taxed at all, as a gift card."""


def local_date(at: datetime.datetime) -> datetime.date:
    """The day it is in the shop's time zone."""
    return timezone.localtime(at, timezone.get_default_timezone()).date()


def language() -> str:
    """The language that papers are in: the reader's, or the shop's in a job."""
    return get_language() or settings.LANGUAGE_CODE


def seller_party() -> Party:
    """The seller, by the shop's name until staff has filled in more."""
    seller = Seller.objects.current()
    country = countries.name_of(seller.country) if seller.country else ""
    return Party(
        name=seller.legal_name or settings.SHOP_NAME,
        address=tuple(filter(None, (*seller.address.splitlines(), country))),
        tax_number=seller.tax_number,
        register_entry=seller.register_entry,
        email=seller.email,
        phone=seller.phone,
    )


def customer_party(order: Order) -> Party:
    """Whom the order is for; without an address (collected, files) by name and e-mail address."""
    *lines, country = order.address_lines or [""]
    if lines:
        return Party(name=lines[0], address=(*lines[1:], countries.name_of(country)))
    name = order.shipping_name or (order.user.name if order.user else "")
    return Party(name=name or order.email, address=(order.email,) if name else ())


def details(line: OrderLine) -> tuple[str, ...]:
    """What stands below a title."""
    return (line.byline, line.get_format_display(), isbn.hyphenated(line.isbn13))


def invoice(order: Order, *, number: str, at: datetime.datetime) -> Bill:
    """The invoice of an order that is paid."""
    seller = Seller.objects.current()
    return Bill(
        kind="invoice",
        language=language(),
        number=number,
        issued_on=local_date(at),
        shop=settings.SHOP_NAME,
        seller=seller_party(),
        customer=customer_party(order),
        order_number=order.number,
        ordered_on=local_date(order.placed_at),
        currency=order.currency,
        lines=tuple(
            BillLine(
                title=line.title,
                details=details(line),
                quantity=line.quantity,
                unit_amount=line.unit_amount,
                amount=line.total_amount,
                tax_rate=line.tax_rate,
            )
            for line in order.lines.all()
        ),
        subtotal_amount=order.subtotal_amount,
        discount_amount=order.discount_amount,
        shipping_name=order.shipping_method_name,
        shipping_amount=order.shipping_amount,
        total_amount=order.total_amount,
        taxes=_taxes(order),
        means=tuple(map(_payment_means, order.payments.filter(currency=order.currency))),
        supplied_on=local_date(order.shipped_at) if order.shipped_at else None,
        note=seller.invoice_note,
    )


def credit_note(
    refund: Refund, *, amount: Decimal, corrected: Bill, earlier: Sequence[Bill], number: str,
    at: datetime.datetime,
) -> Bill:  # fmt: skip
    """The credit note over `amount`, which the refund takes off the invoice `corrected`."""
    order = refund.order
    rows = _credited_rows(refund, amount)
    return Bill(
        kind="credit_note",
        language=language(),
        number=number,
        issued_on=local_date(at),
        shop=settings.SHOP_NAME,
        seller=seller_party(),
        customer=corrected.customer,
        order_number=order.number,
        ordered_on=corrected.ordered_on,
        currency=order.currency,
        lines=_credited_lines(order, rows, amount),
        total_amount=amount,
        taxes=_credited_taxes(corrected, earlier, _wanted(order, corrected, rows), amount),
        means=(
            Means(
                name=gateways.name_of(refund.provider),
                amount=refund.amount,
                on=local_date(refund.refunded_at),
            ),
        ),
        invoice_number=corrected.number,
        invoiced_on=corrected.issued_on,
        reason=refund.reason,
        note=Seller.objects.current().invoice_note,
    )


def _payment_means(payment: Payment) -> Means:
    return Means(
        name=gateways.name_of(payment.provider),
        amount=payment.amount,
        on=local_date(payment.received_at),
    )


def _taxes(order: Order) -> tuple[TaxRow, ...]:
    """The order's tax summary."""
    return tuple(
        TaxRow(rate=row.rate, gross_amount=row.gross_amount, tax_amount=row.tax_amount)
        for row in order.tax_lines.all()
    ) or _taxes_by_lines(order.lines.all())


def _taxes_by_lines(lines: Iterable[OrderLine]) -> tuple[TaxRow, ...]:
    """The tax summary of an order from before summaries were kept."""
    sums: dict[Decimal, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for line in lines:
        if line.tax_rate is not None:
            sums[line.tax_rate][0] += line.charged_amount
            sums[line.tax_rate][1] += line.tax_amount
    return tuple(
        TaxRow(rate=rate, gross_amount=gross, tax_amount=tax)
        for rate, (gross, tax) in sorted(sums.items(), reverse=True)
    )


def _credited_rows(refund: Refund, amount: Decimal) -> list[RefundLine]:
    """What the refund is for; nothing where it gives back some of the order as a whole."""
    request = getattr(refund, "request", None)
    rows = list(request.lines.select_related("order_line")) if request else []
    # Where a part of it was money that came in too much, the rest is of no line in particular.
    return rows if sum((row.amount for row in rows), ZERO) == amount else []


def _credited_lines(
    order: Order, rows: Sequence[RefundLine], amount: Decimal
) -> tuple[BillLine, ...]:
    if not rows:
        return (BillLine(title=_("Of order %(number)s") % {"number": order.number}, amount=amount),)
    return tuple(map(_credited_line, rows))


def _credited_line(row: RefundLine) -> BillLine:
    line = row.order_line
    if line is None:
        is_shipping = row.kind == RefundLine.Kind.SHIPPING
        return BillLine(title=_("Shipping") if is_shipping else _("Deduction"), amount=row.amount)
    title = line.title if row.quantity else _("%(title)s, the rest") % {"title": line.title}
    return BillLine(
        title=title,
        details=details(line),
        quantity=row.quantity or 1,
        amount=row.amount,
        tax_rate=line.tax_rate,
    )


def _wanted(order: Order, corrected: Bill, rows: Iterable[RefundLine]) -> dict[Rate, Decimal]:
    """How much the rows take off each rate: goods off their own, shipping as it was shared by the
    rates of the goods, and a deduction off what the goods take.
    """
    taken: dict[Rate, Decimal] = defaultdict(lambda: ZERO)
    deduction = ZERO
    for row in rows:
        if row.order_line:
            taken[row.order_line.tax_rate] += row.amount
        elif row.kind == RefundLine.Kind.SHIPPING:
            of_shipping = _shipping_by_rate(order, corrected)
            parts = share(row.amount, list(of_shipping.values()))
            for rate, part in zip(of_shipping, parts, strict=True):
                taken[rate] += part
        else:
            deduction += row.amount
    shares = share(deduction, list(taken.values()))
    return {rate: taken[rate] + part for rate, part in zip(list(taken), shares, strict=True)}


def _shipping_by_rate(order: Order, corrected: Bill) -> dict[Rate, Decimal]:
    """What the summary holds of each rate besides the goods."""
    amounts: dict[Rate, Decimal] = {row.rate: row.gross_amount for row in corrected.taxes}
    amounts[None] = _untaxed(corrected)
    for line in order.lines.all():
        if line.tax_rate in amounts:
            amounts[line.tax_rate] -= line.charged_amount
    return {rate: max(amount, ZERO) for rate, amount in amounts.items()}


def _untaxed(bill: Bill) -> Decimal:
    return bill.total_amount - sum((row.gross_amount for row in bill.taxes), ZERO)


def _credited_taxes(
    corrected: Bill, earlier: Sequence[Bill], wanted: Mapping[Rate, Decimal], amount: Decimal
) -> tuple[TaxRow, ...]:
    """How the tax summary shrinks: by what is wanted of each rate, the rest in proportion.

    Each rate gives no more than is left of it, and the last cent of tax with the last cent of it,
    so that all credit notes over a whole invoice take back exactly its tax.
    """
    left = [_left(row, earlier) for row in corrected.taxes]
    untaxed = _untaxed(corrected) - sum(map(_untaxed, earlier), ZERO)
    most = [*((row.rate, row.gross_amount) for row in left), (None, max(untaxed, ZERO))]
    parts = [min(room, wanted.get(rate, ZERO)) for rate, room in most]
    room = [amount - part for (_rate, amount), part in zip(most, parts, strict=True)]
    shares = _spread(amount - sum(parts, ZERO), room)
    credited = []
    for row, part, more in zip(left, parts, shares, strict=False):
        gross = part + more
        if not gross:
            continue
        tax = row.tax_amount
        if gross < row.gross_amount:
            tax = (tax * gross / row.gross_amount).quantize(CENT, rounding=ROUND_HALF_UP)
        credited.append(TaxRow(rate=row.rate, gross_amount=gross, tax_amount=tax))
    return tuple(credited)


def _left(row: TaxRow, earlier: Sequence[Bill]) -> TaxRow:
    """What earlier credit notes have left of a rate."""
    gone = [each for bill in earlier for each in bill.taxes if each.rate == row.rate]
    return TaxRow(
        rate=row.rate,
        gross_amount=row.gross_amount - sum((each.gross_amount for each in gone), ZERO),
        tax_amount=row.tax_amount - sum((each.tax_amount for each in gone), ZERO),
    )


def _spread(amount: Decimal, room: Sequence[Decimal]) -> list[Decimal]:
    """`amount` in whole cents over places by how much room each has; what is too much stays out."""
    shares = []
    whole = sum(room, ZERO)
    for place in room:
        share = (amount * place / whole).quantize(CENT, rounding=ROUND_HALF_UP) if whole else ZERO
        share = min(share, place, amount)
        shares.append(share)
        amount, whole = amount - share, whole - place
    return shares
