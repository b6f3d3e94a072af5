"""Who the tests of the back office of orders are."""

import pytest
from django.test import Client

from accounts.models import User
from tests.people import carol


@pytest.fixture
def clerk(client: Client) -> User:
    """Carol, signed in."""
    user = carol()
    client.force_login(user)
    return user
