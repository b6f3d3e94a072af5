"""What holds for every test: plain static files, quick passwords, an empty Redis."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings

from caching import store


@pytest.fixture(autouse=True, scope="session")
def settings_for_tests() -> Iterator[None]:
    """Static files need no collecting, and passwords no slow hashing."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        STORAGES={**settings.STORAGES, "staticfiles": plain},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield


@pytest.fixture(autouse=True)
def empty_redis() -> None:
    """No test sees what another one left in this process's own Redis database."""
    store.client().flushdb()
