"""Selling it: one file an aggregate."""

from orders.models.basket import Basket, BasketLine
from orders.models.order import Order, WrongState
from orders.models.order_event import OrderEvent, OrderMessage
from orders.models.order_line import OrderLine
from orders.models.payment import Payment, Refund
from orders.models.shipment import Shipment, ShipmentLine
from orders.models.shipping import PostalAddress, ShippingMethod

__all__ = [
    "Basket",
    "BasketLine",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderMessage",
    "Payment",
    "PostalAddress",
    "Refund",
    "Shipment",
    "ShipmentLine",
    "ShippingMethod",
    "WrongState",
]
