"""Selling in the back office. Orders go on by their own verbs; money is for reading only."""

from orders.admin import (
    gift_cards,
    order,
    order_messages,
    papers,
    payments,
    records,
    returns,
    shipping_methods,
    taxes,
    vouchers,
)

__all__ = [
    "gift_cards",
    "order",
    "order_messages",
    "papers",
    "payments",
    "records",
    "returns",
    "shipping_methods",
    "taxes",
    "vouchers",
]
