"""Who works in the catalogue's back office, where covers go, and a publisher to fetch them from."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import Settings

from catalog.tests.publisher import Publisher
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


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    """Files go into a folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A publisher's server, for as long as the test lasts."""
    server = Publisher()
    thread = threading.Thread(target=server.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.server.shutdown()
    server.server.server_close()
