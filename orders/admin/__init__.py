"""Selling in the back office. Orders go on by their own verbs; money is for reading only."""

from orders.admin import (
    order,
    order_messages,
    papers,
    payments,
    records,
    returns,
    shipping_methods,
    taxes,
)

__all__ = [
    "order",
    "order_messages",
    "papers",
    "payments",
    "records",
    "returns",
    "shipping_methods",
    "taxes",
]
