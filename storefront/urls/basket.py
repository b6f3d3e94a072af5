"""`/basket/`: what the visitor intends to buy."""

from django.urls import path

from storefront.views import basket

urlpatterns = [
    path("", basket.show, name="basket"),
    path("lines/", basket.add, name="basket_lines"),
    path("lines/<slug:isbn13>/", basket.change, name="basket_line"),
    path("quantities/", basket.change_all, name="basket_quantities"),
    path("voucher/", basket.voucher, name="basket_voucher"),
    path("visitor", basket.visitor, name="basket_visitor"),
]
