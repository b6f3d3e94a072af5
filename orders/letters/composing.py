"""Composes the letter of each kind: what it is about, in which words, and what it shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.money import format_money
from orders import countries
from orders.gateways.offline import OfflineGateway
from orders.letters.about import About, Kind, find
from orders.letters.letter import Item, Letter, Place, make_message_id
from orders.models import Document, Order, OrderEvent, OrderLine, OrderMessage, Seller

Text = str | Promise


@dataclass(frozen=True)
class Form:
    """What all letters of a kind have in common."""

    subject: Text
    heading: Text
    shows_money: bool = False
    """Whether it lists all that was ordered and what it costs."""
    shows_place: bool = False


FORMS: dict[OrderMessage.Kind, Form] = {
    Kind.PLACED: Form(
        gettext_lazy("Your order %(number)s"),
        gettext_lazy("Thank you for your order"),
        shows_money=True,
        shows_place=True,
    ),
    Kind.PAYMENT_FAILED: Form(
        gettext_lazy("The payment for your order %(number)s did not succeed"),
        gettext_lazy("Your payment did not succeed"),
        shows_money=True,
    ),
    Kind.PAID: Form(
        gettext_lazy("We received your payment for order %(number)s"),
        gettext_lazy("Thank you: your payment has arrived"),
        shows_money=True,
        shows_place=True,
    ),
    Kind.SERVED: Form(
        gettext_lazy("Books have come in for your order %(number)s"),
        gettext_lazy("What you were waiting for is here"),
        shows_place=True,
    ),
    Kind.PROMISE_MOVED: Form(
        gettext_lazy("A new date for your order %(number)s"),
        gettext_lazy("What you are waiting for comes on another day"),
    ),
    Kind.READY: Form(
        gettext_lazy("Your order %(number)s is ready"),
        gettext_lazy("Your books are waiting for you"),
        shows_place=True,
    ),
    Kind.SHIPPED: Form(
        gettext_lazy("Your order %(number)s is on its way"),
        gettext_lazy("Your books are on their way"),
        shows_place=True,
    ),
    Kind.DELIVERED: Form(
        gettext_lazy("Your order %(number)s has arrived"), gettext_lazy("Enjoy your books")
    ),
    Kind.CANCELED: Form(
        gettext_lazy("Your order %(number)s was canceled"),
        gettext_lazy("Your order was canceled"),
        shows_money=True,
    ),
    Kind.LINES_CANCELED: Form(
        gettext_lazy("A part of your order %(number)s was canceled"),
        gettext_lazy("A part of your order was canceled"),
    ),
    Kind.REFUNDED: Form(
        gettext_lazy("We have returned money for your order %(number)s"),
        gettext_lazy("Your money is on its way back"),
    ),
    Kind.RETURN_REQUESTED: Form(
        gettext_lazy("Your return of order %(number)s"), gettext_lazy("How to send your books back")
    ),
    Kind.RETURN_RECEIVED: Form(
        gettext_lazy("Your return of order %(number)s has arrived"),
        gettext_lazy("Your return has arrived"),
    ),
    Kind.RETURN_DECLINED: Form(
        gettext_lazy("About your return of order %(number)s"),
        gettext_lazy("We cannot take your books back"),
    ),
    Kind.WITHDRAWN: Form(
        gettext_lazy("We received your withdrawal from order %(number)s"),
        gettext_lazy("We have received your withdrawal"),
    ),
    Kind.GIFT_CARD: Form(
        gettext_lazy("Your gift card from order %(number)s"), gettext_lazy("Here is your gift card")
    ),
}
HANDED_OVER = Form(
    gettext_lazy("You have collected your order %(number)s"), gettext_lazy("Enjoy your books")
)
"""SHIPPED and DELIVERED, over the counter."""


def compose(
    order: Order, kind: OrderMessage.Kind, reference: str = "", *, document: Document | None = None
) -> EmailMultiAlternatives:
    """The e-mail of this kind, with `document` attached. Raises NothingToTell."""
    about = find(order, kind, reference)
    letter = make_letter(about, kind, has_document=document is not None)
    message_id = make_message_id(order.number, kind.value, reference)
    return letter.to_email(to=order.email, message_id=message_id, document=document)


def make_letter(about: About, kind: OrderMessage.Kind, *, has_document: bool = False) -> Letter:
    """What the e-mail says."""
    order = about.order
    is_handed_over = kind in (Kind.SHIPPED, Kind.DELIVERED) and order.is_collection
    form = HANDED_OVER if is_handed_over else FORMS[kind]
    heading, items = _items(about, form)
    return Letter(
        subject=str(form.subject) % {"number": order.number},
        heading=str(form.heading),
        paragraphs=_paragraphs(about, kind, has_document=has_document),
        order_number=order.number,
        # Whoever the gift card is passed on to shall not see the order.
        order_url="" if about.gift_card else order_url(order),
        highlight=about.gift_card.code if about.gift_card else "",
        facts=list(_facts(about)),
        button=_button(about, kind),
        items_heading=heading,
        items=items,
        sums=list(_sums(order)) if form.shows_money else (),
        tax=_tax(order) if form.shows_money else None,
        places=list(_places(about, kind, shows_place=form.shows_place)),
    )


def order_url(order: Order) -> str:
    """Where the order's page is: a guest needs the token; a customer signs in, so that a
    forwarded e-mail opens nothing.
    """
    path = order.get_absolute_url() if order.user_id else order.get_guest_url()
    return _absolute(path)


def _absolute(path: str) -> str:
    base: str = settings.SHOP_URL
    return base.rstrip("/") + path


def _paragraphs(about: About, kind: OrderMessage.Kind, *, has_document: bool) -> Sequence[str]:
    """What happened and what to do next, from the kind's own template."""
    order, lines = about.order, list(about.order.lines.all())
    context: dict[str, Any] = {
        "order": order,
        "about": about,
        "seller": Seller.objects.current,  # asked only by the templates that tell of it
        "has_document": has_document,
        "has_expired": lambda: order.events.filter(kind=OrderEvent.Kind.EXPIRED).exists(),  # same
        "has_files": any(line.is_digital and not line.is_gift_card for line in lines),
        "has_gift_cards": any(line.is_gift_card for line in lines),
        "has_promises": any(line.awaited_quantity for line in lines),
        "bank_account": bank_account(order),
        "amount": _amount(about),
        "has_to_be_sent_back": _has_to_be_sent_back(about),
    }
    text = render_to_string(f"orders/email/say/{kind.value}.txt", context)
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def _amount(about: About) -> str:
    """The money that the letter is about."""
    if about.refund:
        return format_money(about.refund.amount, about.refund.currency)
    if about.gift_card:
        return format_money(about.gift_card.balance_amount, about.gift_card.currency)
    return ""


def _has_to_be_sent_back(about: About) -> bool:
    """Whether some of what is returned has left the shop."""
    lines = about.returned.lines.all() if about.returned else ()
    return any(line.quantity > line.canceled_quantity for line in lines)


def _items(about: About, form: Form) -> tuple[str, list[Item]]:
    if about.shipment:
        parcel = about.shipment.lines.all()
        return _("In this parcel"), [_item(each.order_line, each.quantity) for each in parcel]
    if about.returned:
        back = about.returned.lines.all()
        return _("What you return"), [_item(each.order_line, each.quantity) for each in back]
    if form in (FORMS[Kind.SERVED], FORMS[Kind.PROMISE_MOVED]):
        awaited = [line for line in about.order.lines.all() if line.awaited_quantity]
        return _("Still to come"), [_awaited_item(line) for line in awaited]
    if not form.shows_money:
        return "", []
    order = about.order
    heading = _("Order %(number)s") % {"number": order.number}
    return heading, [_priced_item(line, order.currency) for line in order.lines.all()]


def _item(line: OrderLine, quantity: int) -> Item:
    return Item(quantity, line.title, line.byline)


def _awaited_item(line: OrderLine) -> Item:
    return Item(line.awaited_quantity, line.title, line.byline, note=_promise(line))


def _priced_item(line: OrderLine, currency: str) -> Item:
    form = line.format_label
    return Item(
        quantity=line.quantity,
        title=line.title,
        details=f"{line.byline} ({form})" if line.byline else form,
        amount=format_money(line.total_amount, currency),
        note=_promise(line),
    )


def _promise(line: OrderLine) -> str:
    """When copies come that are not there yet, or a file comes out."""
    if not line.awaited_quantity and not line.is_before_its_day(timezone.localdate()):
        return ""
    if line.promised_date is None:
        return _("We tell you as soon as it is here.")
    day = date_format(line.promised_date)
    if line.supply == OrderLine.Supply.PREORDER:
        if line.is_promised_for_embargo_end:
            return _("Pre-ordered: it is on sale from %(day)s.") % {"day": day}
        return _("Pre-ordered: it comes out on %(day)s.") % {"day": day}
    return _("We order it for you: expected by %(day)s.") % {"day": day}


def _sums(order: Order) -> Iterable[tuple[str, str]]:
    def money(amount: Any) -> str:
        return format_money(amount, order.currency)

    yield _("Subtotal"), money(order.subtotal_amount)
    if order.discount_amount:
        yield _("Discount"), money(-order.discount_amount)
    yield order.shipping_method_name, money(order.shipping_amount)
    yield _("Total"), money(order.total_amount)
    if order.gift_card_amount:
        yield _("Gift card"), money(-order.gift_card_amount)
        yield _("Paid") if order.paid_at else _("Left to pay"), money(order.payable_amount)


def _tax(order: Order) -> tuple[str, str] | None:
    if not order.tax_amount:
        return None
    return _("Tax included"), format_money(order.tax_amount, order.currency)


def _facts(about: About) -> Iterable[tuple[str, str]]:
    """Numbers and times that the customer may need."""
    if shipment := about.shipment:
        yield from _given(
            (_("Carrier"), shipment.carrier), (_("Tracking number"), shipment.tracking)
        )
    if returned := about.returned:
        yield from _given(
            (_("Return number"), returned.number),
            (_("Name"), returned.name),
            (_("E-mail address"), returned.email),
            (_("Received at"), _moment(returned.requested_at)),
            (_("Your reason"), returned.reason),
        )
    if card := about.gift_card:
        expires_on = date_format(timezone.localtime(card.expires_at)) if card.expires_at else ""
        yield from _given((_("Balance"), _amount(about)), (_("Valid until"), expires_on))


def _given(*facts: tuple[str, str]) -> Iterable[tuple[str, str]]:
    return (fact for fact in facts if fact[1])


def _moment(at: Any) -> str:
    """Day and time with the zone, as whoever keeps it for a proof wants."""
    local = timezone.localtime(at)
    return f"{date_format(local, 'DATE_FORMAT')}, {local:%H:%M:%S} ({local.tzname()})"


def _button(about: About, kind: OrderMessage.Kind) -> tuple[str, str] | None:
    if kind == Kind.SHIPPED and about.shipment and about.shipment.tracking_url:
        return _("Follow the parcel"), about.shipment.tracking_url
    if kind == Kind.PAYMENT_FAILED:
        return _("Pay for your order"), order_url(about.order)
    if kind == Kind.GIFT_CARD:
        return _("Look at its balance"), _absolute("/orders/gift-card/")
    return None


def bank_account(order: Order) -> str:
    """Where to transfer the amount to; empty when nobody has to."""
    is_offline = order.payment_method == OfflineGateway.method.code
    is_wanted = is_offline and order.status == Order.Status.AWAITING_PAYMENT
    account: str = settings.SHOP_BANK_ACCOUNT
    return account if is_wanted else ""


def _places(about: About, kind: OrderMessage.Kind, *, shows_place: bool) -> Iterable[Place]:
    order = about.order
    if kind == Kind.PLACED and (account := bank_account(order)):
        yield Place(_("Our bank account"), account.splitlines())
    is_coming_back = kind in (Kind.RETURN_REQUESTED, Kind.WITHDRAWN) and _has_to_be_sent_back(about)
    if is_coming_back and (address := _return_address()):
        yield Place(_("Where to send it"), address)
    if shows_place and order.is_collection:
        yield Place(_("Where to collect it"), order.collection_point.splitlines())
    elif shows_place and order.address_lines:
        *lines, country = order.address_lines
        yield Place(_("Where it goes"), [*lines, countries.name_of(country)])


def _return_address() -> list[str]:
    seller = Seller.objects.current()
    if not seller.address:
        return []
    country = countries.name_of(seller.country) if seller.country else ""
    lines = (seller.legal_name or settings.SHOP_NAME, *seller.address.splitlines(), country)
    return [line for line in lines if line]
