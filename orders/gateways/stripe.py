"""Payment by card and more at Stripe, through its own library.

One Payment Intent an order and attempt. Each call carries an idempotency key and the order's
number, so that whatever was cut off in the middle can be asked for again, or found again.

The library is imported where Stripe is talked to: most processes never do, and it is large.
"""

import datetime
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from orders.gateways import stripe_news
from orders.gateways.gateway import (
    Finding,
    PaymentMethod,
    ProviderRefused,
    ProviderUnreachable,
    RefundAnswer,
    RefundState,
)
from orders.gateways.minor_units import from_minor, to_minor
from orders.gateways.news import Notice, RefundNews, RefundStatus
from orders.gateways.stripe_news import ORDER, REFUND, STRIPE
from orders.models import Order, Payment, PaymentAttempt, ProviderEvent, RefundRequest

if TYPE_CHECKING:
    import stripe

SIGNATURE_HEADER = "Stripe-Signature"
TOLERANCE_SECONDS = 300  # how old an event's signature may be
TIMEOUT_SECONDS = 8  # of one try; a customer waits for it
RETRIES = 1
PAGE = 100  # rows of one list, the most that Stripe gives
NO_PAYMENT = _("It names no payment that it could go back by: please give it back yourself.")

T = TypeVar("T")


class BadSignature(Exception):
    """Stripe has not signed this, or too long ago."""


class StripeGateway:
    """Asks Stripe; the customer's browser tells Stripe the card, and never the shop."""

    method = PaymentMethod(
        code=STRIPE,
        name=_("Card or other ways to pay online"),
        description=_("You pay on the next page, safely with our payment provider."),
    )
    hold = datetime.timedelta(hours=1)
    answers_at_once = False

    @staticmethod
    def is_set_up() -> bool:
        """Whether the shop has all of its keys."""
        return bool(
            settings.STRIPE_SECRET_KEY
            and settings.STRIPE_PUBLISHABLE_KEY
            and settings.STRIPE_WEBHOOK_SECRET
        )

    def start(self, order: Order) -> str:
        """The payment page; it opens to whoever may see the order."""
        path, _mark, token = order.get_guest_url().partition("?")
        return f"{path}pay/?{token}"

    def ask(self, order: Order, *, ordinal: int) -> Finding:
        """Make the order's Payment Intent of this number, or find it. See AskingGateway."""
        try:
            amount = to_minor(order.payable_amount, order.currency)
        except ValueError as error:
            raise ProviderRefused(str(error)) from None
        key = f"payment:{order.number}:{ordinal}"
        intent = _call(
            lambda client: client.v1.payment_intents.create(
                {
                    "amount": amount,
                    "currency": order.currency.lower(),
                    "metadata": {ORDER: order.number},
                },
                {"idempotency_key": key},
            )
        )
        return _finding(intent)

    def find_out(self, attempt: PaymentAttempt) -> Finding:
        """What Stripe says of the intent. See AskingGateway."""
        return _finding(
            _call(lambda client: client.v1.payment_intents.retrieve(attempt.provider_id))
        )

    def abandon(self, attempt: PaymentAttempt) -> Finding:
        """Cancel the intent, unless it has got too far for that. See AskingGateway."""
        try:
            canceled = _call(lambda client: client.v1.payment_intents.cancel(attempt.provider_id))
        except ProviderRefused:  # paid, under way, or canceled already
            return self.find_out(attempt)
        return _finding(canceled)

    def refund(self, request: RefundRequest) -> RefundAnswer:
        """Give it back by the card that it came from, once for each `provider_key`.

        Stripe forgets idempotency keys after a day, so earlier refunds are looked through first.
        """
        if request.payment is None:
            return RefundAnswer(state=RefundState.REFUSED, reason=str(NO_PAYMENT))
        payment_id, key = request.payment.event_id, request.provider_key
        try:
            minor = to_minor(request.amount, request.currency)
            for news in self.refunds_of(request.payment):
                if news.key == key:
                    return _answer(news)
            made = _call(
                lambda client: client.v1.refunds.create(
                    {
                        "payment_intent": payment_id,
                        "amount": minor,
                        "metadata": {REFUND: key, ORDER: request.order.number},
                    },
                    {"idempotency_key": f"refund:{key}"},
                )
            )
        except (ProviderRefused, ValueError) as refusal:
            return RefundAnswer(state=RefundState.REFUSED, reason=str(refusal))
        return _answer(stripe_news.read_refund({**made, "payment_intent": payment_id}))

    def refunds_of(self, payment: Payment) -> list[RefundNews]:
        """All refunds of the intent. See AskingGateway."""
        wanted: Any = {"payment_intent": payment.event_id, "limit": PAGE}
        found = _call(lambda client: _all(client.v1.refunds.list(wanted)))
        named = ({**refund, "payment_intent": payment.event_id} for refund in found)
        return [news for news in map(stripe_news.read_refund, named) if news]

    def received(self, payment: Payment) -> tuple[Decimal, str]:
        """What the intent brought in; nothing when it was not paid. See AskingGateway."""
        intent = _call(lambda client: client.v1.payment_intents.retrieve(payment.event_id))
        is_paid = intent["status"] == "succeeded"
        currency = str(intent["currency"]).upper()
        minor = (intent.get("amount_received") or intent["amount"]) if is_paid else 0
        return from_minor(int(minor), currency), currency

    def read_again(self, event: ProviderEvent) -> Notice:
        """The event as Stripe keeps it, for a month. See AskingGateway."""
        told = _call(lambda client: client.v1.events.retrieve(event.event_id))
        return stripe_news.read_event(told, is_live=_is_live())

    def news_since(self, at: datetime.datetime) -> Iterator[Notice]:
        """The events that the shop acts upon, oldest first. See AskingGateway."""
        events: list[dict[str, Any]] = []
        for kind in stripe_news.KINDS:
            wanted: Any = {"type": kind, "created": {"gte": int(at.timestamp())}, "limit": PAGE}
            events += _call(_lister(wanted))
        for event in sorted(events, key=lambda event: int(event["created"])):
            yield stripe_news.read_event(event, is_live=_is_live())


def read_event(body: bytes, signature: str) -> Notice:
    """What the body of a webhook says. Raises BadSignature, or ValueError when it is no event."""
    import stripe

    secret = settings.STRIPE_WEBHOOK_SECRET
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE_SECONDS)
    except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
        raise BadSignature(str(error)) from error
    try:
        return stripe_news.read_event(json.loads(body), is_live=_is_live())
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise ValueError(f"no event: {error!r}") from error


def _is_live() -> bool:
    _kind, _underscore, rest = settings.STRIPE_SECRET_KEY.partition("_")  # sk_live_…, rk_test_…
    return bool(rest.startswith("live"))


def _finding(intent: dict[str, Any]) -> Finding:
    return Finding(
        payment_id=intent["id"],
        event=stripe_news.read_intent(intent),
        secret=intent.get("client_secret") or "",
    )


def _lister(wanted: Any) -> "Callable[[stripe.StripeClient], Any]":
    return lambda client: _all(client.v1.events.list(wanted))


def _answer(news: RefundNews | None) -> RefundAnswer:
    if news is None:
        return RefundAnswer(state=RefundState.PENDING)
    state = {
        RefundStatus.SUCCEEDED: RefundState.CONFIRMED,
        RefundStatus.PENDING: RefundState.PENDING,
        RefundStatus.FAILED: RefundState.REFUSED,
    }[news.status]
    return RefundAnswer(state=state, refund_id=news.refund_id, reason=news.reason)


@cache
def _client(key: str, address: str) -> "stripe.StripeClient":
    import stripe

    return stripe.StripeClient(
        key,
        base_addresses={"api": address},
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )


def _call(ask: "Callable[[stripe.StripeClient], Any]") -> Any:
    """What Stripe answers, as plain data. Raises ProviderUnreachable, ProviderRefused."""
    import stripe

    try:
        answer = ask(_client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_URL))
    except (stripe.InvalidRequestError, stripe.CardError, stripe.IdempotencyError) as error:
        raise ProviderRefused(error.user_message or str(error)) from error
    except stripe.StripeError as error:  # no network, too busy, a wrong key: another time
        raise ProviderUnreachable(str(error)) from error
    return answer if isinstance(answer, list) else answer.to_dict()


def _all(found: "stripe.ListObject[Any]") -> list[dict[str, Any]]:
    return [each.to_dict() for each in found.auto_paging_iter()]
