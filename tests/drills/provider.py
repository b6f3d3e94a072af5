"""The pretended payment provider, as a program of its own: signs events, and tells the shop."""

import json
import uuid

from django.utils.crypto import salted_hmac

from tests.shop import Shop
from tests.visitor import Answer, Visitor


class Provider:
    """Says what became of payments; it repeats itself when told to."""

    def __init__(self, shop: Shop) -> None:
        self._visitor = Visitor(shop.base_url)
        self._secret = (shop.data_dir / "secret_key").read_text()

    def tell(
        self,
        number: str,
        amount: str,
        *,
        kind: str = "succeeded",
        event_id: str = "",
        currency: str = "USD",
    ) -> Answer:
        """Tell the shop of one event; with the `event_id` of an earlier one, once more."""
        body = json.dumps(
            {
                "event_id": event_id or uuid.uuid4().hex,
                "order_number": number,
                "kind": kind,
                "amount": amount,
                "currency": currency,
            }
        ).encode()
        signature = salted_hmac(
            "orders.gateways.fake", body, secret=self._secret, algorithm="sha256"
        ).hexdigest()
        headers = {"Content-Type": "application/json", "X-Fake-Signature": signature}
        return self._visitor.send("POST", "/webhooks/fake/", body, headers)
