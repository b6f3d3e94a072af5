"""Who works in the catalogue's back office."""

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from tests.people import alice, carol

if TYPE_CHECKING:
    from accounts.models import User


@pytest.fixture
def clerk(client: Client) -> "User":
    """Carol, signed in."""
    user = carol()
    client.force_login(user)
    return user


@pytest.fixture
def helper(client: Client) -> "User":
    """A member of staff who may look at the catalogue, and no more."""
    user = alice()
    user.is_staff = True
    user.save()
    names = ("view_edition", "view_work", "view_stock")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return user
