"""`/basket/`: what the visitor intends to buy."""

from django.urls import path

from storefront.views import basket

urlpatterns = [
    path("", basket.show, name="basket"),
    path("lines/", basket.add, name="basket_lines"),
    path("quantities/", basket.change, name="basket_quantities"),
    path("lines/<slug:isbn13>/", basket.outdated),
    path("voucher/", basket.outdated),
    path("visitor", basket.visitor, name="basket_visitor"),
]
