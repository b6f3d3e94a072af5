"""Addresses of the back office that lead to nothing: never an error of the shop's own."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.people import carol

pytestmark = pytest.mark.django_db
NOBODYS = ("nonsense", "9" * 30, "-1", "1.5", "a/b")


def test_no_page_of_the_back_office_falls_over_a_number_that_is_none(client: Client) -> None:
    client.force_login(carol())
    client.raise_request_exception = False
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        for number in NOBODYS:
            url = reverse(name, args=[number])
            assert client.get(url).status_code in (302, 403, 404), url
