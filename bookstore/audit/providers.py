"""The audit of what providers confirmed: it stands in the books, once and as it was."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from orders.models import Payment, PaymentAttempt, RefundRequest

Attempt = PaymentAttempt.Status


def _what_succeeded_was_received() -> Iterator[str]:
    booked = Payment.objects.filter(
        provider=OuterRef("provider"), event_id=OuterRef("provider_id"), order=OuterRef("order")
    )
    succeeded = PaymentAttempt.objects.filter(status=Attempt.SUCCEEDED).select_related("order")
    for attempt in succeeded.exclude(Exists(booked)).iterator():
        yield f"order {attempt.order.number}: {attempt} succeeded, and is no payment in the books"


def _what_was_received_succeeded() -> Iterator[str]:
    attempts = PaymentAttempt.objects.filter(
        provider=OuterRef("provider"), provider_id=OuterRef("event_id")
    )
    open_ones = attempts.exclude(status=Attempt.SUCCEEDED)
    for payment in Payment.objects.filter(Exists(open_ones)).select_related("order").iterator():
        yield (
            f"order {payment.order.number}: received {payment}; the attempt at it counts as"
            " not succeeded"
        )


def _refunds_are_as_asked_for() -> Iterator[str]:
    done = RefundRequest.objects.filter(refund__isnull=False).select_related("order", "refund")
    differing = done.exclude(
        refund__amount=F("amount"), refund__currency=F("currency"), refund__order=F("order")
    )
    for request in differing.iterator():
        yield (
            f"order {request.order.number}: {request.amount} {request.currency} were to go back;"
            f" the books say {request.refund}"
        )


def _no_payment_goes_back_twice() -> Iterator[str]:
    going = Q(refund_requests__status__in=("waiting", "done"))
    rows: QuerySet[Any] = Payment.objects.select_related("order").annotate(
        going_back=Sum("refund_requests__amount", filter=going)
    )
    for payment in rows.filter(going_back__gt=F("amount")).iterator():
        yield (
            f"order {payment.order.number}: of {payment} {payment.going_back} go back or went back"
        )


CHECKS = (
    _what_succeeded_was_received,
    _what_was_received_succeeded,
    _refunds_are_as_asked_for,
    _no_payment_goes_back_twice,
)
