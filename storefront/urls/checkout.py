"""`/checkout/`: from basket to order, on one page."""

from django.urls import path

from storefront.views import checkout

urlpatterns = [path("", checkout.show, name="checkout")]
