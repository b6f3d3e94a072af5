"""`/account/`: the customer's own pages, and allauth's for signing up and in."""

from django.urls import include, path

from storefront.views import account

urlpatterns = [
    path("", account.show, name="account"),
    path("orders/", account.orders, name="account_orders"),
    path("name/", account.name, name="account_name"),
    path("addresses/", account.addresses, name="account_addresses"),
    path("addresses/new/", account.add_address, name="account_address_new"),
    path("addresses/<int:pk>/", account.edit_address, name="account_address"),
    path("addresses/<int:pk>/removal/", account.remove_address, name="account_address_removal"),
    path("", include("allauth.account.urls")),
]
