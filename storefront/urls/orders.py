"""`/orders/<number>/`: an order as its customer sees it."""

from django.urls import path

from storefront.views import (
    fake_payment,
    gift_cards,
    orders,
    papers,
    payment,
    returns,
    withdrawal,
)

urlpatterns = [
    path("gift-card/", gift_cards.balance, name="gift_card_balance"),
    path("withdrawal/", withdrawal.state, name="withdrawal"),
    path("withdrawal/received/", withdrawal.received, name="withdrawal_received"),
    path("<slug:number>/", orders.show, name="order"),
    path("<slug:number>/cancellation/", orders.cancel, name="order_cancellation"),
    path("<slug:number>/returns/", returns.ask, name="order_returns"),
    path("<slug:number>/withdrawal/", withdrawal.state_for_order, name="order_withdrawal"),
    path("<slug:number>/documents/<str:document_number>/", orders.document, name="order_document"),
    path("<slug:number>/gift-receipt/", papers.gift_receipt, name="order_gift_receipt"),
    path("<slug:number>/pay/", payment.pay, name="order_payment"),
    path("<slug:number>/pay/return/", payment.come_back, name="order_payment_return"),
    path("<slug:number>/payment-method/", payment.choose_method, name="order_payment_method"),
    path("<slug:number>/fake-payment/", fake_payment.show, name="order_fake_payment"),
]
