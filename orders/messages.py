"""E-mails about an order, as plain text and HTML: built from templates, each kind sent once."""

import datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.models import Order, OrderEvent, OrderMessage
from orders.models.order import OFFLINE

TIMEOUT_SECONDS = 20  # the order's mark waits for the mail server no longer than this

SUBJECTS: dict[OrderMessage.Kind, str | Promise] = {
    OrderMessage.Kind.PLACED: _("Your order %(number)s"),
    OrderMessage.Kind.PAID: _("We received your payment for order %(number)s"),
    OrderMessage.Kind.SHIPPED: _("Your order %(number)s is on its way"),
    OrderMessage.Kind.CANCELED: _("Your order %(number)s was canceled"),
}
SUBJECT_WHEN_HANDED_OVER = _("You have collected your order %(number)s")


@transaction.atomic
def send(*, order_id: int, kind: OrderMessage.Kind, at: datetime.datetime) -> bool:
    """Send the e-mail unless it was sent before; whether it was sent now.

    The mark is written before and committed after the sending. Of two at once the second waits
    for the first and sends nothing; when the mail server refuses, the mark goes and the job tries
    again. Only a crash in the instant between the server's yes and the commit would repeat one.
    """
    order = Order.objects.select_for_update().prefetch_related("lines").filter(pk=order_id).first()
    if order is None:
        return False
    _mark, is_new = OrderMessage.objects.get_or_create(
        order=order, kind=kind, defaults={"sent_at": at}
    )
    if is_new:
        build(order, kind).send()
    return is_new


def build(order: Order, kind: OrderMessage.Kind) -> EmailMultiAlternatives:
    """The e-mail of this kind, as it is to be sent."""
    context = {
        "order": order,
        "lines": list(order.lines.all()),
        "shop_name": settings.SHOP_NAME,
        "order_url": settings.SHOP_URL.rstrip("/") + _path(order),
        "has_expired": order.events.filter(kind=OrderEvent.Kind.EXPIRED).exists(),
        "bank_account": _bank_account(order),
        "has_files": any(line.is_digital for line in order.lines.all()),
        "shipment": order.shipments.filter(shipped_at__isnull=False).last(),
    }
    message = EmailMultiAlternatives(
        subject=_subject(order, kind),
        body=render_to_string(f"orders/email/{kind.value}.txt", context).strip() + "\n",
        to=[order.email],
        connection=get_connection(timeout=TIMEOUT_SECONDS),
    )
    html = render_to_string(f"orders/email/{kind.value}.html", context)
    message.attach_alternative(html, "text/html")
    return message


def _subject(order: Order, kind: OrderMessage.Kind) -> str:
    is_handed_over = kind is OrderMessage.Kind.SHIPPED and order.is_collection
    subject = SUBJECT_WHEN_HANDED_OVER if is_handed_over else SUBJECTS[kind]
    return str(subject) % {"number": order.number}


def _bank_account(order: Order) -> str:
    """Where to transfer the amount to; empty when nobody has to."""
    is_wanted = (order.status, order.payment_method) == (Order.Status.AWAITING_PAYMENT, OFFLINE)
    account: str = settings.SHOP_BANK_ACCOUNT
    return account if is_wanted else ""


def _path(order: Order) -> str:
    # A guest needs the token; a customer signs in, so that a forwarded e-mail opens nothing.
    return order.get_absolute_url() if order.user_id else order.get_guest_url()
