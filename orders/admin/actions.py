"""What staff can do with an order: each names its verb, its form and when it is possible."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders import fulfillment, refunds
from orders.models import Order

Status = Order.Status


class NoForm(forms.Form):
    """Nothing has to be said."""


class ShipForm(forms.Form):
    """How it goes."""

    carrier = forms.CharField(label=_("Carrier"), max_length=100, required=False)
    tracking = forms.CharField(label=_("Tracking number"), max_length=100, required=False)


class CancelForm(forms.Form):
    """Why it ends."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        help_text=_("For the shop’s own records."),
    )


class RefundForm(forms.Form):
    """How much goes back, and why. The key makes a second click harmless."""

    amount = forms.DecimalField(
        label=_("Amount"), min_value=0, max_digits=12, decimal_places=2, required=False,
        help_text=_("Empty: all that was received and did not go back."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    by_hand = forms.BooleanField(
        label=_("I have given it back myself"), required=False,
        help_text=_("Then the payment provider is not asked."),
    )  # fmt: skip
    key = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)


class NoteForm(forms.Form):
    """What was found out."""

    note = forms.CharField(label=_("Note"), max_length=500, required=False)


@dataclass(frozen=True)
class Action:
    """A button on an order's page."""

    label: str | Promise
    explanation: str | Promise
    """What will happen; shown before it does. Empty: the button does it at once."""
    done: str | Promise
    form: type[forms.Form]
    is_possible: Callable[[Order], bool]
    do: Callable[[Order, dict[str, Any], Any], object]
    is_dangerous: bool = False
    permission: str = "orders.change_order"


def _can_be_packed(order: Order) -> bool:
    return order.status == Status.PAID and not order.packed_at and order.needs_shipment


def _can_be_completed(order: Order) -> bool:
    return order.status == Status.SHIPPED or (
        order.status == Status.PAID and not order.needs_shipment
    )


ACTIONS: dict[str, Action] = {
    "mark-paid": Action(
        label=_("Mark as paid"),
        explanation=_("Say so only when you have seen the money. The customer is told by e-mail."),
        done=_("Order %(number)s is paid."),
        form=NoForm,
        is_possible=lambda order: order.status == Status.AWAITING_PAYMENT,
        do=lambda order, data, actor: order.mark_paid(at=timezone.now(), actor=actor),
    ),
    "pack": Action(
        label=_("Pack"),
        explanation="",
        done=_("Order %(number)s is packed."),
        form=NoForm,
        is_possible=_can_be_packed,
        do=lambda order, data, actor: fulfillment.pack(order=order, at=timezone.now(), actor=actor),
    ),
    "ship": Action(
        label=_("Ship"),
        explanation=_("The copies leave the stock. The customer is told by e-mail."),
        done=_("Order %(number)s is on its way."),
        form=ShipForm,
        is_possible=lambda order: order.status == Status.PAID and order.needs_shipment,
        do=lambda order, data, actor: fulfillment.ship(
            order=order, at=timezone.now(), actor=actor, **data
        ),
    ),
    "complete": Action(
        label=_("Complete"),
        explanation="",
        done=_("Order %(number)s is completed."),
        form=NoForm,
        is_possible=_can_be_completed,
        do=lambda order, data, actor: fulfillment.complete(
            order=order, at=timezone.now(), actor=actor
        ),
    ),
    "refund": Action(
        label=_("Refund"),
        explanation=_(
            "What was paid online goes back the same way, as soon as the payment provider confirms"
            " it. What you took yourself you give back yourself: this writes it down."
        ),
        done=_("The refund for order %(number)s is under way or written down."),
        form=RefundForm,
        is_possible=lambda order: order.refundable_amount > 0,
        do=lambda order, data, actor: refunds.request_refund(
            order=order, at=timezone.now(), actor=actor, **data
        ),
        permission="orders.add_refund",
    ),
    "settle": Action(
        label=_("Attention no longer needed"),
        explanation=_("You have looked at what the events say, and done what it takes."),
        done=_("Order %(number)s needs no attention any more."),
        form=NoteForm,
        is_possible=lambda order: order.needs_attention,
        do=lambda order, data, actor: order.settle(actor=actor, **data),
    ),
    "cancel": Action(
        label=_("Cancel the order"),
        explanation=_(
            "The order ends here. Its copies are for sale again, money that came in has to be"
            " refunded, and the customer is told by e-mail."
        ),
        done=_("Order %(number)s is canceled."),
        form=CancelForm,
        is_possible=lambda order: order.status in (Status.AWAITING_PAYMENT, Status.PAID),
        do=lambda order, data, actor: order.cancel(actor=actor, **data),
        is_dangerous=True,
    ),
}
STEPS = ("mark-paid", "pack", "ship", "complete")
"""What brings an order on, in this order; the rest is for exceptions."""
