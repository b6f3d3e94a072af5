"""Pretended payment, for development and tests: its page has the buttons Pay and Decline.

Its webhook takes the same events as JSON, signed as a real provider would.
"""

import datetime

from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from orders.gateways.gateway import PaymentMethod, RefundAnswer, RefundState
from orders.models import Order, RefundRequest

SIGNATURE_HEADER = "X-Fake-Signature"


class FakeGateway:
    """Takes no money and says that it did."""

    method = PaymentMethod(
        code="fake",
        name=_("Pretended payment"),
        description=_("For trying the shop out: no money moves."),
    )
    hold = datetime.timedelta(minutes=30)
    answers_at_once = True

    def start(self, order: Order) -> str:
        """The page with the two buttons; it opens to whoever may see the order."""
        path, _mark, token = order.get_guest_url().partition("?")
        return f"{path}fake-payment/?{token}"

    def refund(self, request: RefundRequest) -> RefundAnswer:
        """As no money came, none has to go."""
        return RefundAnswer(state=RefundState.CONFIRMED, refund_id=request.key)


def sign(body: bytes) -> str:
    """The signature that the webhook wants in SIGNATURE_HEADER."""
    return salted_hmac("orders.gateways.fake", body, algorithm="sha256").hexdigest()


def is_signed(body: bytes, signature: str) -> bool:
    """Whether the signature was made with this shop's secret for exactly this body."""
    return constant_time_compare(sign(body), signature)
