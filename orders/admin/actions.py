"""What staff can do with an order: each names its verb, its form and when it is possible."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.models import Location
from orders import cancellation, carriers, fulfillment, readiness, refunds, returns
from orders.copies import CopiesForm, sent_copies
from orders.models import Order, OrderEvent, OrderLine

Status = Order.Status
MAY_REFUND = "orders.add_refund"


class NoForm(forms.Form):
    """Nothing has to be said."""


class PaidForm(forms.Form):
    """How much staff has seen, where a part came in by itself."""

    rest_amount = forms.DecimalField(
        label=_("The rest"), min_value=0, max_digits=12, decimal_places=2, required=False,
        help_text=_("Only where a part has come in already: how much you have seen besides."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Note"), max_length=200, required=False,
        help_text=_("How the rest came in."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Refuse an amount that nobody explains."""
        data = super().clean() or self.cleaned_data
        if data.get("rest_amount") and not data.get("note"):
            self.add_error("note", _("Please say how the rest came in."))
        return data


class ShipForm(forms.Form):
    """How it goes."""

    carrier = forms.CharField(
        label=_("Carrier"),
        max_length=100,
        required=False,
        help_text=_("Customers can follow parcels of: %(carriers)s.")
        % {"carriers": ", ".join(carriers.TRACKING_PAGES)},
    )
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
    )  # fmt: skip
    is_all = forms.BooleanField(
        label=_("All of it"), required=False,
        help_text=_("All that can be refunded, and what waits for you to give it back."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    by_hand = forms.BooleanField(
        label=_("I have given it back myself"), required=False,
        help_text=_("Then the payment provider is not asked."),
    )  # fmt: skip
    key = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def clean(self) -> dict[str, Any]:
        """Either an amount, or all of it. Raises nothing: the amount is marked."""
        data = super().clean() or self.cleaned_data
        if "amount" in data and (data["amount"] is None) is not data["is_all"]:
            self.add_error("amount", _("Please enter an amount, or tick “All of it”: one of both."))
        return data


class NoteForm(forms.Form):
    """What was found out."""

    note = forms.CharField(label=_("Note"), max_length=500, required=False)


class ShownCopiesForm(CopiesForm):
    """Choosing copies where nothing but the field says how many there are."""

    label = _("%(line)s (at most %(n)d)")


class PackForm(ShownCopiesForm):
    """What goes into one parcel, from where."""

    location = forms.ModelChoiceField(
        Location.objects.all(),
        label=_("From"),
        required=False,
        empty_label=_("wherever it lies"),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=100, required=False)


class CancelCopiesForm(ShownCopiesForm):
    """What cannot come, and why; the customer reads the reason."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        help_text=_("The customer reads it."),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=100, required=False)


class ReturnForm(ShownCopiesForm):
    """What comes back, and why."""

    reason = forms.CharField(label=_("Reason"), max_length=400, required=False)
    key = forms.CharField(widget=forms.HiddenInput, max_length=100, required=False)


def _fresh_key(order: Order) -> str:
    return secrets.token_urlsafe(16)


def _seen_key(order: Order) -> str:
    """The same for all who see the same parcels: of two who pack at once, one does."""
    last = order.shipments.order_by("id").last()
    return f"after-{last.pk if last else 0}"


def _uncanceled_key(order: Order) -> str:
    """The same for all who see the same copies: of two who cancel some at once, one does."""
    last = order.events.filter(kind=OrderEvent.Kind.LINES_CANCELED).last()
    return f"after-{last.pk if last else 0}"


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
    gives_money_back: Callable[[Order], bool] | None = None
    """Whether it would, with the order as it is: who may not refund may not do it then."""

    sums: Callable[[Order], Mapping[Promise, Decimal]] | None = None
    """What is good to know of the order's money, by what each is."""

    most: Callable[[Order], Mapping[OrderLine, int]] | None = None
    """For a CopiesForm: how many of each line can be chosen."""

    key: Callable[[Order], str] = _fresh_key
    keyed: Callable[[Order, str, Mapping[str, int]], object] | None = None
    """What was done to these copies with the key of a form, if anything: sent again, it is over.
    Refuses where the key did something else.
    """

    def needs_refunder(self, user: Any, order: Order) -> bool:
        """Whether it is for somebody else, who may refund."""
        if self.gives_money_back is None or user.has_perm(MAY_REFUND):
            return False
        return self.gives_money_back(order)

    def is_repeated(self, order: Order, data: Mapping[str, str]) -> bool:
        """Whether the form was carried out before, just as it was sent.

        Raises PackedOtherwise or CanceledOtherwise where somebody who saw the same was quicker.
        """
        key = data.get("key", "")[:100]
        if not self.keyed or not key or not key.isprintable():
            return False
        return bool(self.keyed(order, key, sent_copies(order.lines.all(), data)))

    def make_form(self, order: Order, data: Any) -> forms.Form:
        """The form, filled with `data` or not at all."""
        options: dict[str, Any] = {"initial": {"key": self.key(order)}}
        if self.most:
            options |= {"most": self.most(order), "are_chosen": False}
        return self.form(data, **options)


def _refund_sums(order: Order) -> dict[Promise, Decimal]:
    return {
        _("Received, and not given back"): order.received_amount,
        _("Waits to go back"): order.waiting_amount,
        _("Can be refunded"): order.refundable_amount,
    }


def _refund(order: Order, data: dict[str, Any], actor: Any) -> None:
    wish = {name: value for name, value in data.items() if name != "is_all"}
    refunds.refund_by_staff(order=order, at=timezone.now(), actor=actor, **wish)


def _packable(order: Order) -> dict[OrderLine, int]:
    found: dict[OrderLine, int] = {}
    for each in readiness.packable(order):
        found[each.line] = found.get(each.line, 0) + each.quantity
    return found


def _can_be_shipped(order: Order) -> bool:
    if order.status != Status.PAID or readiness.is_paid_back(order):
        return False
    return order.shipments.packed().exists() or bool(readiness.packable(order))


def _can_be_packed(order: Order) -> bool:
    return readiness.may_be_packed(order) and bool(readiness.packable(order))


def _can_be_completed(order: Order) -> bool:
    if order.status == Status.PAID:
        return not order.needs_shipment and not readiness.is_paid_back(order)
    return order.status == Status.SHIPPED


ACTIONS: dict[str, Action] = {
    "mark-paid": Action(
        label=_("Mark as paid"),
        explanation=_("Say so only when you have seen the money. The customer is told by e-mail."),
        done=_("Order %(number)s is paid."),
        form=PaidForm,
        is_possible=lambda order: order.status == Status.AWAITING_PAYMENT,
        do=lambda order, data, actor: order.mark_paid(at=timezone.now(), actor=actor, **data),
    ),
    "pack": Action(
        label=_("Pack"),
        explanation="",
        done=_("Order %(number)s is packed."),
        form=NoForm,
        is_possible=_can_be_packed,
        do=lambda order, data, actor: fulfillment.pack(order=order, at=timezone.now(), actor=actor),
    ),
    "pack-part": Action(
        label=_("Pack a part"),
        explanation=_("Choose what goes into this parcel. What has yet to come is not offered."),
        done=_("A part of order %(number)s is packed."),
        form=PackForm,
        is_possible=_can_be_packed,
        do=lambda order, data, actor: fulfillment.pack(
            order=order, at=timezone.now(), actor=actor, **data
        ),
        most=_packable,
        key=_seen_key,
        keyed=fulfillment.packed_with,
    ),
    "ship": Action(
        label=_("Ship"),
        explanation=_(
            "All that is here leaves, packed or not: the copies leave the stock, and the customer"
            " is told by e-mail."
        ),
        done=_("Order %(number)s is on its way."),
        form=ShipForm,
        is_possible=_can_be_shipped,
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
        is_possible=lambda order: (
            order.refundable_amount > 0 or order.refund_requests.for_staff().exists()
        ),
        do=_refund,
        permission=MAY_REFUND,
        sums=_refund_sums,
    ),
    "return": Action(
        label=_("Note a return"),
        explanation=_("The customer has said, or sent, what comes back."),
        done=_("The return of order %(number)s is noted."),
        form=ReturnForm,
        is_possible=lambda order: bool(returns.returnable(order)),
        do=lambda order, data, actor: returns.request_return(
            order=order, at=timezone.now(), actor=actor, **data
        ),
        permission="orders.change_return",
        most=returns.returnable,
        keyed=lambda order, key, copies: order.returns.filter(key=key).exists(),
    ),
    "settle": Action(
        label=_("Attention no longer needed"),
        explanation=_("You have looked at what the events say, and done what it takes."),
        done=_("Order %(number)s needs no attention any more."),
        form=NoteForm,
        is_possible=lambda order: order.needs_attention,
        do=lambda order, data, actor: order.settle(actor=actor, **data),
    ),
    "cancel-part": Action(
        label=_("Cancel copies"),
        explanation=_(
            "For what cannot come. Its price goes back to the customer, who is told by e-mail."
        ),
        done=_("Copies of order %(number)s are canceled."),
        form=CancelCopiesForm,
        is_possible=lambda order: bool(order.paid_at and cancellation.cancelable(order)),
        do=lambda order, data, actor: cancellation.cancel_copies(
            order=order, at=timezone.now(), actor=actor, **data
        ),
        is_dangerous=True,
        gives_money_back=cancellation.gives_money_back,
        most=cancellation.cancelable,
        key=_uncanceled_key,
        keyed=cancellation.was_canceled,
    ),
    "cancel": Action(
        label=_("Cancel the order"),
        explanation=_(
            "The order ends here. Its copies are for sale again, money that came in has to be"
            " refunded, and the customer is told by e-mail."
        ),
        done=_("Order %(number)s is canceled."),
        form=CancelForm,
        is_possible=lambda order: (
            order.status in cancellation.OPEN and not order.shipments.gone().exists()
        ),
        do=lambda order, data, actor: order.cancel(actor=actor, **data),
        is_dangerous=True,
        gives_money_back=cancellation.gives_money_back,
    ),
}
STEPS = ("pack", "mark-paid", "ship", "complete")
"""What brings an order on, in this order; the rest is for exceptions."""
