"""The audit of what providers confirmed: it stands in the books, once and as it was."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from bookstore.audit.amounts import NOTHING
from orders.models import Payment, PaymentAttempt, ProviderEvent, RefundRequest


def _requests_fit_payments() -> Iterator[str]:
    """Of no payment more goes back, or is about to, than it brought in."""
    asked = (
        RefundRequest.objects.exclude(status=RefundRequest.Status.FAILED)
        .filter(payment=OuterRef("pk"))
        .order_by()
        .values("payment")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    rows: QuerySet[Any] = Payment.objects.annotate(
        returned=Coalesce(Subquery(asked), Value(NOTHING))
    ).filter(returned__gt=F("amount"))
    for payment in rows.select_related("order").iterator():
        yield f"order {payment.order}: of the payment {payment} {payment.returned} goes back"


def _finished_requests_have_their_refund() -> Iterator[str]:
    wrong = RefundRequest.objects.filter(refund__isnull=False).exclude(
        refund__order=F("order"), refund__amount=F("amount"), refund__currency=F("currency")
    )
    for request in wrong.select_related("order", "refund").iterator():
        yield f"order {request.order}: refund request {request.key} is not what was refunded"


def _providers_agree() -> Iterator[str]:
    """Payments are what providers were asked for or told of, and nothing they took is missing."""
    asked = PaymentAttempt.objects.filter(
        provider=OuterRef("provider"), provider_id=OuterRef("event_id")
    )
    told = ProviderEvent.objects.annotate(of_payment=KT("content__payment")).filter(
        order=OuterRef("order"), provider=OuterRef("provider"), of_payment=OuterRef("event_id")
    )
    by_provider = Payment.objects.filter(provider__in=PaymentAttempt.objects.values("provider"))
    for payment in by_provider.exclude(Exists(asked) | Exists(told)).select_related("order"):
        yield f"order {payment.order}: the provider never spoke of the payment {payment}"
    taken = PaymentAttempt.objects.filter(status=PaymentAttempt.Status.SUCCEEDED)
    booked = Payment.objects.filter(
        provider=OuterRef("provider"), event_id=OuterRef("provider_id"), order=OuterRef("order")
    )
    for attempt in taken.exclude(Exists(booked)).select_related("order").iterator():
        yield f"order {attempt.order}: {attempt} was paid, and is not in the books"


def _what_was_received_succeeded() -> Iterator[str]:
    attempts = PaymentAttempt.objects.filter(
        provider=OuterRef("provider"), provider_id=OuterRef("event_id")
    )
    open_ones = attempts.exclude(status=PaymentAttempt.Status.SUCCEEDED)
    for payment in Payment.objects.filter(Exists(open_ones)).select_related("order").iterator():
        yield (
            f"order {payment.order.number}: received {payment}; the attempt at it counts as"
            " not succeeded"
        )


CHECKS = (
    _requests_fit_payments,
    _finished_requests_have_their_refund,
    _providers_agree,
    _what_was_received_succeeded,
)
