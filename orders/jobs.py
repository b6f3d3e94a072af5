"""The orders' jobs: e-mails, and what happens by the clock."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from orders import expiry, messages, waiting
from orders.documents import issuing
from orders.models import OrderMessage

UNTIL_THE_MAIL_SERVER_ANSWERS = RetryStrategy(wait=30, exponential_wait=2, max_attempts=16)
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


@app.task(name="orders.issue_invoice", retry=UNTIL_IT_IS_PRINTED)
def issue_invoice(order_id: int) -> None:
    """Issue the order's invoice, unless it was issued."""
    issuing.issue_invoice(order_id=order_id, at=timezone.now())


@app.task(name="orders.issue_credit_note", retry=UNTIL_IT_IS_PRINTED)
def issue_credit_note(order_id: int, refund_id: int) -> None:
    """Issue the refund's credit note, unless it was issued (`order_id`: for who reads the job)."""
    issuing.issue_credit_note(refund_id=refund_id, at=timezone.now())


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
