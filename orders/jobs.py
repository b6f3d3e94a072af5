"""The orders' jobs: e-mails, and what happens by the clock."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from orders import expiry, messages
from orders.models import OrderMessage

UNTIL_THE_MAIL_SERVER_ANSWERS = RetryStrategy(wait=30, exponential_wait=2, max_attempts=12)


@app.task(name="orders.send_message", retry=UNTIL_THE_MAIL_SERVER_ANSWERS)
def send_message(order_id: int, kind: str) -> None:
    """Send the customer the e-mail of this kind, unless it was sent."""
    messages.send(order_id=order_id, kind=OrderMessage.Kind(kind), at=timezone.now())


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
