"""What holds for every test: plain static files, quick passwords, an empty Redis."""

from collections.abc import Iterator

import hypothesis
import pytest
from django.conf import settings
from django.test import TransactionTestCase, override_settings
from pytest_django import DjangoDbBlocker, Settings

from caching import store
from caching.servers import ERA
from catalog import levels
from storefront import facet_links
from storefront.templatetags import cards
from tests import emptying, localstripe
from tests.localstripe import Provider

# A machine may be slow, and what is made up for a test may take long: neither is a failure.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")

FORGET_ALL = """
local era = redis.call('GET', KEYS[1])
redis.call('FLUSHDB')
if era then redis.call('SET', KEYS[1], era) end
"""


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
    """No test sees what another one left in this process's own Redis database.

    But for whose it is: a connection that is there already does not note that again.
    """
    store.client().eval(FORGET_ALL, 1, ERA)
    store.client().ping()  # by now this process, too, has been told (see `store.bump`)


@pytest.fixture
def redis_gone(settings: Settings) -> None:
    """Redis's address leads nowhere."""
    away = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": away}


@pytest.fixture(autouse=True)
def nothing_overdue() -> Iterator[None]:
    """No test's answers grow stale because another one's Redis was gone."""
    yield
    store.overdue.forget()


@pytest.fixture(autouse=True)
def nothing_learnt() -> None:
    """No test's searches cost less because another one has asked the same in this process."""
    levels.forget()


@pytest.fixture(autouse=True)
def nothing_written() -> None:
    """No test's cards and facets are as another one's settings had them written."""
    cards._item.cache_clear()
    facet_links._written.cache_clear()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """After a test that commits the database is as it was migrated."""
    with django_db_blocker.unblock():
        emptying.remember()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: emptying.restore())
        yield


@pytest.fixture(scope="session")
def running_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A payment provider for all tests of this process."""
    with localstripe.opened(tmp_path_factory.mktemp("localstripe")) as provider:
        yield provider


@pytest.fixture
def provider(running_provider: Provider) -> Iterator[Provider]:
    """A payment provider that has the shop's keys, knows nothing yet and calls nobody."""
    running_provider.forget_all()
    running_provider.send_events_to(None)
    with override_settings(
        STRIPE_SECRET_KEY=localstripe.SECRET_KEY,
        STRIPE_PUBLISHABLE_KEY=localstripe.PUBLISHABLE_KEY,
        STRIPE_WEBHOOK_SECRET=localstripe.WEBHOOK_SECRET,
        STRIPE_API_URL=running_provider.address,
    ):
        yield running_provider
    running_provider.send_events_to(None)  # it says later what has happened, and not to other tests
