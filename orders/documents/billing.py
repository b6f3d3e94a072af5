"""What an order's invoice and a refund's credit note say, taken from the rows once."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog import isbn
from orders import countries, gateways
from orders.documents.contents import Bill, BillLine, Means, Party, TaxRow
from orders.models import Order, OrderLine, Payment, Refund, Seller

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


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
    lines = _returned_lines(refund, amount)
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
        lines=lines,
        total_amount=amount,
        taxes=_credited_taxes(corrected, earlier, lines, amount),
        means=(
            Means(
                name=_provider_name(refund.provider),
                amount=refund.amount,
                on=local_date(refund.refunded_at),
            ),
        ),
        invoice_number=corrected.number,
        invoiced_on=corrected.issued_on,
        reason=refund.reason,
        note=Seller.objects.current().invoice_note,
    )


def _provider_name(code: str) -> str:
    if code == "gift_card":
        return _("Gift card")
    gateway = gateways.find(code)
    return str(gateway.method.name) if gateway else code.capitalize()


def _payment_means(payment: Payment) -> Means:
    return Means(
        name=_provider_name(payment.provider),
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
    """The same, of an order from before summaries were kept."""
    sums: dict[Decimal, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for line in lines:
        if line.tax_rate is not None:
            sums[line.tax_rate][0] += line.charged_amount
            sums[line.tax_rate][1] += line.tax_amount
    return tuple(
        TaxRow(rate=rate, gross_amount=gross, tax_amount=tax)
        for rate, (gross, tax) in sorted(sums.items(), reverse=True)
    )


def _returned_lines(refund: Refund, amount: Decimal) -> tuple[BillLine, ...]:
    """What came back, where the refund is for a return; else one line that names the order."""
    request = getattr(refund, "request", None)
    returned = getattr(request, "of_return", None)
    rows = returned.lines.select_related("order_line") if returned else ()
    lines = [
        BillLine(
            title=row.order_line.title,
            details=details(row.order_line),
            quantity=row.quantity,
            amount=row.refund_amount,
            tax_rate=row.order_line.tax_rate,
        )
        for row in rows
        if row.refund_amount
    ]
    rest = amount - sum((line.amount for line in lines), start=ZERO)
    if not lines or rest < 0:  # the return's money went back by several refunds
        number = refund.order.number
        lines, rest = (
            [BillLine(title=_("Of order %(number)s") % {"number": number}, amount=amount)],
            ZERO,
        )
    if rest:
        lines.append(BillLine(title=_("Shipping"), amount=rest))
    return tuple(lines)


def _credited_taxes(
    corrected: Bill, earlier: Sequence[Bill], lines: Sequence[BillLine], amount: Decimal
) -> tuple[TaxRow, ...]:
    """How the tax summary shrinks: what has a rate by its rate, the rest in proportion.

    Each rate gives no more than is left of it, and the last cent of tax with the last cent of it,
    so that all credit notes over a whole invoice take back exactly its tax.
    """
    left = [_left(row, earlier) for row in corrected.taxes]
    wanted = [min(row.gross_amount, _sum_at(row.rate, lines)) for row in left]
    untaxed = corrected.total_amount - sum((row.gross_amount for row in corrected.taxes), ZERO)
    rest = amount - sum(wanted, ZERO)
    room = [row.gross_amount - part for row, part in zip(left, wanted, strict=True)]
    shares = _spread(rest, [*room, max(untaxed, ZERO)])
    credited = []
    for row, part, share in zip(left, wanted, shares, strict=False):
        gross = part + share
        if not gross:
            continue
        tax = row.tax_amount
        if gross < row.gross_amount:
            tax = (tax * gross / row.gross_amount).quantize(CENT, rounding=ROUND_HALF_UP)
        credited.append(TaxRow(rate=row.rate, gross_amount=gross, tax_amount=tax))
    return tuple(credited)


def _sum_at(rate: Decimal, lines: Sequence[BillLine]) -> Decimal:
    return sum((line.amount for line in lines if line.tax_rate == rate), ZERO)


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
