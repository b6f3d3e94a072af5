"""`/orders/<number>/`: an order as its customer sees it."""

from django.urls import path

from storefront.views import fake_payment, orders

urlpatterns = [
    path("<slug:number>/", orders.show, name="order"),
    path("<slug:number>/cancellation/", orders.cancel, name="order_cancellation"),
    path("<slug:number>/fake-payment/", fake_payment.show, name="order_fake_payment"),
]
