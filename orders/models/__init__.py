"""Selling it: one file an aggregate."""

from orders.models.allocation import Allocation
from orders.models.basket import Basket, BasketLine
from orders.models.document import Document, DocumentCounter, DocumentKind
from orders.models.gift_card import GiftCard, GiftCardMovement
from orders.models.order import Order, WrongState
from orders.models.order_event import OrderEvent
from orders.models.order_line import OrderLine
from orders.models.order_message import OrderMessage
from orders.models.payment import Payment, Refund
from orders.models.provider import PaymentAttempt, ProviderEvent, RefundRequest
from orders.models.refund_line import RefundLine
from orders.models.returning import Return, ReturnLine
from orders.models.seller import Seller
from orders.models.shipment import Shipment, ShipmentLine
from orders.models.shipping import (
    Consignment,
    PostalAddress,
    ShippingMethod,
    ShippingRate,
    ShippingZone,
)
from orders.models.tax import OrderTaxLine, TaxArea, TaxKind, TaxRate
from orders.models.voucher import Voucher, VoucherUse

__all__ = [
    "Allocation",
    "Basket",
    "BasketLine",
    "Consignment",
    "Document",
    "DocumentCounter",
    "DocumentKind",
    "GiftCard",
    "GiftCardMovement",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderMessage",
    "OrderTaxLine",
    "Payment",
    "PaymentAttempt",
    "PostalAddress",
    "ProviderEvent",
    "Refund",
    "RefundLine",
    "RefundRequest",
    "Return",
    "ReturnLine",
    "Seller",
    "Shipment",
    "ShipmentLine",
    "ShippingMethod",
    "ShippingRate",
    "ShippingZone",
    "TaxArea",
    "TaxKind",
    "TaxRate",
    "Voucher",
    "VoucherUse",
    "WrongState",
]
