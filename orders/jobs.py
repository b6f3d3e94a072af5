"""The orders' jobs: e-mails, and what happens by the clock."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from caching.jobs import UNTIL_REDIS_ANSWERS
from orders import (
    attempts,
    expiry,
    gift_cards,
    learning,
    messages,
    reconciliation,
    refunds,
    visitor,
    waiting,
)
from orders.documents import issuing
from orders.models import Order, OrderMessage, Payment, ProviderEvent

UNTIL_THE_PROVIDER_ANSWERS = RetryStrategy(wait=20, exponential_wait=2, max_attempts=12)
UNTIL_THE_MAIL_SERVER_ANSWERS = RetryStrategy(wait=30, exponential_wait=2, max_attempts=16)
AT_ANOTHER_TRY = RetryStrategy(wait=10, exponential_wait=2, max_attempts=12)
UNTIL_IT_IS_PRINTED = RetryStrategy(wait=30, exponential_wait=2, max_attempts=12)


@app.task(name="orders.send_message", retry=UNTIL_THE_MAIL_SERVER_ANSWERS)
def send_message(order_id: int, kind: str, reference: str = "") -> None:
    """Send the customer the e-mail of this kind about `reference`, unless it was sent."""
    messages.send(
        order_id=order_id,
        kind=OrderMessage.Kind(kind),
        reference=reference,
        at=timezone.now(),
    )


@app.task(name="orders.forget_card", retry=UNTIL_REDIS_ANSWERS)
def forget_card(key: str) -> None:
    """Forget a visitor's card that could not be renewed; it is made anew when it is asked for."""
    visitor.delete(key)


@app.task(name="orders.issue_invoice", retry=UNTIL_IT_IS_PRINTED)
def issue_invoice(order_id: int) -> None:
    """Issue the order's invoice, unless it was issued."""
    issuing.issue_invoice(order_id=order_id, at=timezone.now())


@app.task(name="orders.issue_credit_note", retry=UNTIL_IT_IS_PRINTED)
def issue_credit_note(order_id: int, refund_id: int) -> None:
    """Issue the refund's credit note, unless it was issued (`order_id`: for who reads the job)."""
    issuing.issue_credit_note(refund_id=refund_id, at=timezone.now())


@app.task(name="orders.issue_gift_cards", retry=AT_ANOTHER_TRY)
def issue_gift_cards(order_id: int) -> None:
    """Issue the gift cards that a paid order sold, each once, and send them."""
    gift_cards.issue_sold(order_id=order_id)


@app.periodic(cron="* * * * *")
@app.task(name="orders.expire_orders", queueing_lock="orders.expire_orders")
def expire_orders(timestamp: int) -> None:
    """Cancel what was not paid in time (`timestamp`: the planned second, unused)."""
    expiry.cancel_expired(now=timezone.now())


@app.periodic(cron="27 3 * * *")
@app.task(name="orders.forget_baskets", queueing_lock="orders.forget_baskets")
def forget_baskets(timestamp: int) -> None:
    """Delete baskets that nobody will come back to (`timestamp`: the planned second, unused)."""
    expiry.forget_baskets(now=timezone.now())


@app.task(name="orders.serve_waiting")
def serve_waiting(numbers: list[str]) -> None:
    """Give copies of these editions that came in, or became free, to who waits for them."""
    waiting.serve(numbers, at=timezone.now())


@app.periodic(cron="*/15 * * * *")
@app.task(name="orders.serve_all_waiting", queueing_lock="orders.serve_all_waiting")
def serve_all_waiting(timestamp: int) -> None:
    """Look once more for whoever waits for copies (`timestamp`: the planned second, unused)."""
    waiting.serve_all(at=timezone.now())


@app.task(name="orders.carry_out_refund", retry=UNTIL_THE_PROVIDER_ANSWERS)
def carry_out_refund(order_id: int, request_id: int) -> None:
    """Have the provider give the money back, once (`order_id`: for whoever looks at the job)."""
    refunds.carry_out(request_id, at=timezone.now())


@app.task(name="orders.abandon_attempts", retry=UNTIL_THE_PROVIDER_ANSWERS)
def abandon_attempts(order_id: int) -> None:
    """Have the provider take no payment any more that the order does not want."""
    attempts.abandon_all(Order.objects.get(pk=order_id), at=timezone.now())


@app.task(name="orders.hear_again", retry=UNTIL_THE_PROVIDER_ANSWERS)
def hear_again(event_id: int) -> None:
    """Act upon what a provider said before the shop knew what it spoke of."""
    reconciliation.hear_again(ProviderEvent.objects.get(pk=event_id), at=timezone.now())


@app.task(name="orders.compare_payment", retry=UNTIL_THE_PROVIDER_ANSWERS)
def compare_payment(payment_id: int) -> None:
    """Compare one payment, and what went back of it, with its provider."""
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    reconciliation.compare(payment, at=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="orders.reconcile", queueing_lock="orders.reconcile")
def reconcile(timestamp: int) -> None:
    """Ask providers about what nothing was heard of (`timestamp`: the planned second, unused)."""
    reconciliation.reconcile(at=timezone.now())


@app.periodic(cron="23 * * * *")
@app.task(name="orders.catch_up", queueing_lock="orders.catch_up")
def catch_up(timestamp: int) -> None:
    """Listen to what providers said lately (`timestamp`: the planned second, unused)."""
    reconciliation.catch_up(at=timezone.now())


@app.periodic(cron="43 2 * * *")
@app.task(name="orders.compare_payments", queueing_lock="orders.compare_payments")
def compare_payments(timestamp: int) -> None:
    """Compare the latest payments with providers (`timestamp`: the planned second, unused)."""
    reconciliation.compare_all(at=timezone.now())


@app.periodic(cron="1 4 * * *")
@app.task(name="orders.learn_from_sales", queueing_lock="orders.learn_from_sales")
def learn_from_sales(timestamp: int) -> None:
    """See what is popular and bought together (`timestamp`: the planned second, unused)."""
    learning.learn_popularity(at=timezone.now())
    learning.learn_pairs(at=timezone.now())
