"""What payment providers tell us. They carry no session: the signature says who speaks."""

import json
from decimal import Decimal, InvalidOperation

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from orders import payments, provider_events
from orders.gateways import fake, stripe
from orders.payments import EventKind, PaymentEvent

LONGEST_EVENT = 10_000  # bytes; of the pretended provider
LONGEST_STRIPE_EVENT = 256_000  # bytes; an event holds the whole object that it is about
LONGEST_ID = 200
LARGEST_AMOUNT = Decimal("9999999999.99")


class MalformedEvent(ValueError):
    """The body is no event; the message says why."""


@csrf_exempt
@require_POST
def fake_payment(request: HttpRequest) -> HttpResponse:
    """An event of the pretended provider; there is no such address where payments are real."""
    if not settings.FAKE_PAYMENTS:
        raise Http404
    if len(request.body) > LONGEST_EVENT:
        return _refuse(413, "The event is too long.")
    if not fake.is_signed(request.body, request.headers.get(fake.SIGNATURE_HEADER, "")):
        return _refuse(403, "The signature is wrong.")
    try:
        payments.record_event(_read_event(request.body), at=timezone.now())
    except MalformedEvent as error:
        return _refuse(400, str(error))
    except payments.UnknownOrder:
        return _refuse(404, "There is no such order.")
    except payments.EventConflict:
        return _refuse(409, "This event_id was used for another event.")
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def stripe_event(request: HttpRequest) -> HttpResponse:
    """What Stripe says; there is no such address where it has not the shop's keys.

    Every event with a right signature is taken down and thanked for, whatever it says: Stripe
    would say it again for days, and staff is shown what is unclear.
    """
    if not stripe.StripeGateway.is_set_up():
        raise Http404
    if len(request.body) > LONGEST_STRIPE_EVENT:
        return _refuse(413, "The event is too long.")
    try:
        signature = request.headers.get(stripe.SIGNATURE_HEADER, "")
        notice = stripe.read_event(request.body, signature)
    except stripe.BadSignature:
        return _refuse(400, "The signature is wrong, or too old.")
    except ValueError as error:
        return _refuse(400, f"The body is {error}"[:LONGEST_ID])
    event = provider_events.take_down(notice, at=timezone.now())
    return JsonResponse({"event": event.event_id, "outcome": event.outcome})


def _read_event(body: bytes) -> PaymentEvent:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or nested without end
        raise MalformedEvent("The body is no JSON.") from None
    if not isinstance(event, dict):
        raise MalformedEvent("The body is no JSON object.")
    return PaymentEvent(
        provider="fake",
        event_id=_text(event, "event_id"),
        order_number=_text(event, "order_number"),
        kind=_kind(event),
        amount=_amount(event),
        currency=_text(event, "currency", longest=3),
    )


def _text(event: dict[str, object], name: str, *, longest: int = LONGEST_ID) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= longest or "\x00" in value:
        raise MalformedEvent(f"{name} must be a text of 1 to {longest} characters.")
    return value


def _kind(event: dict[str, object]) -> EventKind:
    try:
        return EventKind(_text(event, "kind"))
    except ValueError:
        kinds = ", ".join(EventKind)
        raise MalformedEvent(f"kind must be one of: {kinds}.") from None


def _amount(event: dict[str, object]) -> Decimal:
    try:
        amount = Decimal(_text(event, "amount", longest=13))
    except InvalidOperation:
        raise MalformedEvent("amount must be a number, as text.") from None
    if not amount.is_finite() or not 0 < amount <= LARGEST_AMOUNT or amount != round(amount, 2):
        raise MalformedEvent("amount must be more than 0, with at most two decimals.")
    return amount


def _refuse(status: int, detail: str) -> HttpResponse:
    return JsonResponse({"detail": detail}, status=status)


urlpatterns = [
    path("fake/", fake_payment, name="fake_webhook"),
    path("stripe/", stripe_event, name="stripe_webhook"),
]
