"""Refunds: money back to a customer, by the way it came, and never more than came in.

A refund is asked for under the order's lock, and carried out through the gateway by a job; only
what the provider confirmed becomes a Refund. A repetition, at any point, finds what is there.
"""

import datetime
import secrets
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from orders import gateways
from orders.gateways.gateway import RefundAnswer, RefundState
from orders.models import Order, OrderEvent, Payment, Refund, RefundRequest
from orders.models.gift_card import GIFT_CARD
from orders.models.payment import OFFLINE

Kind = OrderEvent.Kind
Status = RefundRequest.Status


class RefundError(Exception):
    """The money cannot go back like this; the message is for staff."""


class NothingToRefund(RefundError):
    """There is no money of the customer's."""

    def __init__(self) -> None:
        super().__init__(_("Nothing was received for this order that could be refunded."))


class RefundTooLarge(RefundError):
    """More than what came in, did not go back yet and is not about to."""

    def __init__(self, *, wanted: Decimal, most: Decimal, currency: str) -> None:
        super().__init__(
            _("At most %(most)s %(currency)s can be refunded, not %(wanted)s.")
            % {"most": most, "wanted": wanted, "currency": currency}
        )
        self.wanted = wanted
        self.most = most


class RefundConflict(RefundError):
    """The key was used before, for another amount."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This was sent before, for another amount. Please look at what has gone back, and"
                " begin anew for anything else."
            )
        )


class RefundNotFailed(RefundError):
    """It is under way or done, so nothing is to be tried again."""

    def __init__(self) -> None:
        super().__init__(_("This refund has not failed."))


def plan(
    order: Order, amount: Decimal | None = None, *, payment: Payment | None = None
) -> list[tuple[Payment, Decimal]]:
    """By which payments so much would go back; without an `amount`, all that can.

    Raises NothingToRefund or RefundTooLarge.
    """
    currency = payment.currency if payment else order.currency
    kept = {
        each: left
        for each, left in Payment.objects.kept(order).items()
        if each.currency == currency and payment in (None, each)
    }
    most = sum(kept.values(), start=Decimal("0.00"))
    if payment is None:
        most = min(most, order.refundable_amount)
    left = most if amount is None else amount
    if most <= 0:
        raise NothingToRefund
    if not 0 < left <= most:
        raise RefundTooLarge(wanted=left, most=most, currency=currency)
    parts = []
    for each, available in kept.items():
        if part := min(left, available):
            parts.append((each, part))
            left -= part
    return parts


@transaction.atomic
def request_refund(
    *,
    order: Order,
    at: datetime.datetime,
    amount: Decimal | None = None,
    key: str = "",
    reason: str = "",
    actor: User | None = None,
    payment: Payment | None = None,
    by_hand: bool = False,
    is_owed: bool = False,
) -> list[RefundRequest]:
    """Have `amount` go back, or all that is left: one request for each payment it goes back by.

    With a `payment` it goes back by that one alone. What needs no provider is done at once: staff
    who asks has handed over what is given back by hand, and with `by_hand` all of it. What
    `is_owed` because something else happened waits until they say so. A second call with the same
    `key` gives the first one's requests. Nothing is written on a RefundError.
    """
    order.lock()
    if key and (earlier := _earlier(order, key)):
        if amount is not None and amount != sum(each.amount for each in earlier):
            raise RefundConflict
        return earlier
    parts = plan(order, amount, payment=payment)
    key = key or secrets.token_urlsafe(16)
    requests = [
        RefundRequest.objects.ask(
            each, part, key=_key(order, key, place), reason=reason, actor=actor, at=at
        )
        for place, (each, part) in enumerate(parts)
    ]
    for request in requests:
        waits = is_owed and request.waits_for_staff
        if waits or not _carry_out_at_once(order, request, by_hand=by_hand, at=at):
            request.begin()
    return requests


@transaction.atomic
def refund_by_staff(
    *,
    order: Order,
    at: datetime.datetime,
    actor: User,
    amount: Decimal | None = None,
    key: str = "",
    reason: str = "",
    by_hand: bool = False,
) -> list[RefundRequest]:
    """Do as `request_refund`, at the wish of staff.

    Where exactly so much waits for them to give it back with their hands, or all is to go back,
    that is what they have given back: nothing is refunded twice.
    """
    order.lock()
    key = key or secrets.token_urlsafe(16)
    if _earlier(order, key):
        return request_refund(order=order, at=at, amount=amount, key=key)
    due = list(order.refund_requests.for_staff())
    served = due if amount is None else [each for each in due if each.amount == amount][:1]
    if amount is not None and not served and amount > order.refundable_amount:
        _make_room(due, amount - order.refundable_amount)
    made: list[RefundRequest] = []
    if not served or (amount is None and order.refundable_amount):
        made += request_refund(
            order=order, at=at, amount=amount, key=key, reason=reason, actor=actor, by_hand=by_hand
        )
    for each in served:
        hand_over(each, actor=actor, at=at)
        each.rename(_key(order, key, len(made)))
        made.append(each)
    return sorted(made, key=lambda each: each.pk)


def _make_room(due: Sequence[RefundRequest], amount: Decimal) -> None:
    """Have so much less wait for staff, who gives a part of it back now.

    Only where what waits is for no lines in particular: those go back as a whole.
    """
    for request in due:
        if amount < request.amount and not request.lines.exists():
            request.amount -= amount
            request.save(update_fields=["amount"])
            return


def carry_out(request_id: int, *, at: datetime.datetime) -> None:
    """Have a waiting refund made by its gateway, and write down what came of it.

    Raises ProviderUnreachable. However often it is called and wherever it is cut off, the provider
    makes one refund.
    """
    request = RefundRequest.objects.select_related("order", "payment").get(pk=request_id)
    if request.status != Status.WAITING or request.waits_for_staff:
        return
    with transaction.atomic():
        request.order.lock()
        if _carry_out_at_once(request.order, request, by_hand=False, at=at):
            return
    provider = request.payment.provider if request.payment else ""
    gateway = gateways.known(provider)
    # Not under the order's lock: a provider may take its time.
    answer = gateway.refund(request) if gateway else _not_set_up(provider)
    with transaction.atomic():
        request.order.lock()
        conclude(request, answer, provider=provider, at=at)


@transaction.atomic
def conclude(
    request: RefundRequest, answer: RefundAnswer, *, provider: str, at: datetime.datetime
) -> None:
    """Write down what the provider said; once. The caller holds the order's lock."""
    request.refresh_from_db(from_queryset=RefundRequest.objects.select_related("order"))
    if request.status != Status.WAITING:
        return
    if answer.state is RefundState.REFUSED:
        request.fail(answer.reason or _("The provider has refused it."), at=at)
        request.order.record(
            Kind.REFUND_FAILED,
            note=f"{request.amount} {request.currency}: {request.problem}",
            reference=request.provider_key,
            at=at,
            needs_attention=True,
        )
    elif answer.state is RefundState.CONFIRMED:
        _finish(request, _make(request, provider=provider, refund_id=answer.refund_id, at=at), at)


@transaction.atomic
def try_again(request: RefundRequest, *, actor: User, at: datetime.datetime) -> None:
    """Have the provider asked anew. Raises RefundNotFailed, NothingToRefund, RefundTooLarge."""
    _resume(request, actor=actor)
    request.begin()


@transaction.atomic
def hand_over(request: RefundRequest, *, actor: User, at: datetime.datetime) -> None:
    """Staff has given the money back themselves, what waited for that or what a provider refused.

    Raises as `try_again` does.
    """
    _lock(request)
    if request.waits_for_staff:
        _settle(request, actor, _("Given back by staff"))
        request.actor = actor
        request.save(update_fields=["actor"])
    else:
        _resume(request, actor=actor)
    _carry_out_at_once(request.order, request, by_hand=True, at=at)


@transaction.atomic
def give_up(request: RefundRequest, *, actor: User, at: datetime.datetime) -> None:
    """Have it not go back: staff has settled it another way. Raises RefundNotFailed."""
    _lock(request)
    if request.waits_for_staff:
        _settle(request, actor, _("Settled another way"))
        request.fail(_("Settled another way"), at=at)
    elif request.status == Status.FAILED:
        _settle(request, actor, _("Settled another way"))
    else:
        raise RefundNotFailed


def _resume(request: RefundRequest, *, actor: User) -> None:
    _lock(request)
    if request.status != Status.FAILED:
        raise RefundNotFailed
    plan(request.order, request.amount, payment=request.payment)  # it may have gone back meanwhile
    _settle(request, actor, _("Tried again"))
    request.resume(actor=actor)


def _lock(request: RefundRequest) -> None:
    request.order.lock()
    request.refresh_from_db(from_queryset=RefundRequest.objects.select_related("order", "payment"))


def _settle(request: RefundRequest, actor: User, note: str) -> None:
    """What showed it to staff need not do so any more."""
    if event := request.open_event:
        request.order.settle(actor=actor, note=note, event=event)


def _carry_out_at_once(
    order: Order, request: RefundRequest, *, by_hand: bool, at: datetime.datetime
) -> bool:
    """Do it without a provider, if it needs none; whether it was so."""
    payment = request.payment
    if payment is None:
        return False
    if payment.provider == GIFT_CARD:
        refund = payment.give_back_to_gift_card(
            request.amount, at=at, actor=request.actor, reason=request.reason
        )
        _finish(request, refund, at)
        return True
    gateway = gateways.known(OFFLINE if by_hand else payment.provider)
    if gateway is None or not gateway.answers_at_once:
        return False
    conclude(request, gateway.refund(request), provider=gateway.method.code, at=at)
    request.refresh_from_db()
    return True


def _make(
    request: RefundRequest, *, provider: str, refund_id: str, at: datetime.datetime
) -> Refund:
    return request.order.refunds.create(
        provider=provider,
        event_id=refund_id,
        amount=request.amount,
        currency=request.currency,
        reason=request.reason,
        actor=request.actor,
        refunded_at=at,
    )


def _finish(request: RefundRequest, refund: Refund, at: datetime.datetime) -> None:
    request.finish(refund, at=at)
    note = " ".join(filter(None, (f"{refund.amount} {refund.currency}", refund.reason)))
    request.order.record(
        Kind.REFUNDED, actor=request.actor, note=note, reference=refund.event_id, at=at
    )
    request.order.document_refund(refund)


def _earlier(order: Order, key: str) -> list[RefundRequest]:
    places = range(order.refund_requests.count())
    keys = [_key(order, key, place) for place in places]
    return list(order.refund_requests.filter(key__in=keys).order_by("id"))


def _key(order: Order, key: str, place: int) -> str:
    """Of one part of what was asked for with `key`; no two keys give the same."""
    return f"{order.number}/{place}:{key}" if place else f"{order.number}:{key}"


def _not_set_up(provider: str) -> RefundAnswer:
    reason = _("“%(provider)s” is not set up in this shop.") % {"provider": provider}
    return RefundAnswer(state=RefundState.REFUSED, reason=reason)
