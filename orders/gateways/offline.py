"""Payment that staff sees with their own eyes: at the counter, or a bank transfer."""

import datetime

from django.utils.translation import gettext_lazy as _

from orders.gateways.gateway import PaymentMethod, RefundAnswer, RefundState
from orders.models import Order, RefundRequest
from orders.models.payment import OFFLINE


class OfflineGateway:
    """Waits for staff to mark the order as paid."""

    method = PaymentMethod(
        code=OFFLINE,
        name=_("At the shop or by bank transfer"),
        description=_("We keep your books for seven days."),
    )
    hold = datetime.timedelta(days=7)
    answers_at_once = True

    def start(self, order: Order) -> str:
        """There is nowhere to go."""
        return ""

    def refund(self, request: RefundRequest) -> RefundAnswer:
        """Staff has handed the money over, and says so by asking for the refund."""
        return RefundAnswer(state=RefundState.CONFIRMED, refund_id=request.key)
