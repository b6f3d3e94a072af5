"""E-mails about an order: each kind, about each thing, is sent once.

The mark `sending_at` is committed before the mail server is spoken to, and `sent_at` when it has
said yes. A sure refusal takes the mark back, and the job tries again. What is marked and not sent
afterwards (the worker was killed, the answer got lost) may have arrived: it is never sent again by
itself, and shown to staff, who send it again or say that it arrived (docs/decisions/0011).
"""

import datetime
import logging

from django.core.mail import EmailMessage
from django.db import transaction

from orders.documents import issuing
from orders.letters import NothingToTell, compose
from orders.models import Document, Order, OrderMessage
from orders.posting import Refused, Unanswered, post

logger = logging.getLogger(__name__)

JUST_NOW = datetime.timedelta(seconds=30)
"""So long after its mark another worker may be about to send it."""


class StillSending(Exception):
    """Another worker has marked it this moment: look again later."""


def send(
    *, order_id: int, kind: OrderMessage.Kind, at: datetime.datetime, reference: str = ""
) -> bool:
    """Send the e-mail unless it was sent before; whether it was sent now.

    Raises Refused when the mail server did not take it, and StillSending when another worker is
    at it: try again then. Nothing is sent about what is gone.
    """
    order = Order.objects.to_write_about(order_id, kind, reference)
    if order is None:
        return False
    document = _document(order, kind, reference, at=at)
    try:
        mail = compose(order, kind, reference, document=document)
    except NothingToTell:
        return False
    mail.message()  # what cannot be an e-mail fails here, before it is marked
    message = _mark(order, kind, reference, at=at)
    return message is not None and _deliver(message, mail, at=at)


def _document(
    order: Order, kind: OrderMessage.Kind, reference: str, *, at: datetime.datetime
) -> Document | None:
    """What is attached. An e-mail without it is better than none: its own job goes on trying."""
    try:
        if kind is OrderMessage.Kind.PAID:
            return issuing.issue_invoice(order_id=order.pk, at=at)
        if kind is OrderMessage.Kind.REFUNDED:
            return issuing.issue_credit_note(refund_id=int(reference), at=at)
    except Exception:
        logger.exception("An e-mail about order %s leaves without its document.", order.number)
    return None


def _mark(
    order: Order, kind: OrderMessage.Kind, reference: str, *, at: datetime.datetime
) -> OrderMessage | None:
    """The e-mail, marked as being sent; None when it must not be."""
    marked = OrderMessage(order=order, kind=kind, reference=reference, sending_at=at)
    return marked if marked.is_first() else _mark_again(order, kind, reference, at=at)


@transaction.atomic(durable=True)
def _mark_again(
    order: Order, kind: OrderMessage.Kind, reference: str, *, at: datetime.datetime
) -> OrderMessage | None:
    message = OrderMessage.objects.select_for_update().get(
        order=order, kind=kind, reference=reference
    )
    if message.sent_at is not None:
        return None
    if message.sending_at is None:
        message.sending_at = at
        message.save(update_fields=("sending_at",))
        return message
    if abs(at - message.sending_at) < JUST_NOW:
        raise StillSending(str(message))
    message.call_uncertain("The worker stopped while it spoke with the mail server.")
    return None


def _deliver(message: OrderMessage, mail: EmailMessage, *, at: datetime.datetime) -> bool:
    """Speak with the mail server, holding the row meanwhile: who comes second waits."""
    refusal: Refused | None = None
    with transaction.atomic(durable=True):
        held = OrderMessage.objects.held(message.pk)
        if held.sent_at is not None or held.sending_at != at:
            return False
        try:
            post(mail)
        except Refused as error:
            held.take_back(str(error))
            refusal = error
        except Unanswered as error:
            held.call_uncertain(str(error))
        else:
            held.mark_sent(at=at)
    if refusal is not None:  # raised after the commit, so that the mark is surely gone
        raise refusal
    return held.sent_at is not None
