"""Payment that staff sees with their own eyes: at the counter, or a bank transfer."""

import datetime

from django.utils.translation import gettext_lazy as _

from orders.gateways.gateway import PaymentMethod
from orders.models import Order
from orders.models.order import OFFLINE


class OfflineGateway:
    """Waits for staff to mark the order as paid."""

    method = PaymentMethod(
        code=OFFLINE,
        name=_("At the shop or by bank transfer"),
        description=_("We keep your books for seven days."),
    )
    hold = datetime.timedelta(days=7)

    def start(self, order: Order) -> str:
        """There is nowhere to go."""
        return ""
