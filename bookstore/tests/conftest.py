"""Fixtures of the tests that stand before nginx, or before Django."""

from collections.abc import Iterator

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper

from bookstore.serving import nginx
from bookstore.tests.door import Door, Said, opened
from bookstore.tests.front import LIVE, Shop
from catalog import memory
from storefront.tests.shop import open_shop


@pytest.fixture(scope="module")
def lasting_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """nginx before three stand-ins, without limits."""
    try:
        nginx.find()
    except nginx.NginxMissing as error:
        pytest.skip(f"NOT TESTED: {error}")
    with opened(tmp_path_factory.mktemp("door"), NGINX_RATE_LIMITS="off") as door:
        yield door


@pytest.fixture
def door(lasting_door: Door) -> Door:
    """nginx before stand-ins that were asked nothing and answer as they do by themselves."""
    for role in lasting_door.roles.values():
        role.says = lambda request: Said()
        role.seen.clear()
    return lasting_door


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop, which leaves the connection of the test open, as Django's test client does."""
    monkeypatch.setattr(BaseDatabaseWrapper, "close_if_unusable_or_obsolete", lambda self: None)
    return Shop()


@pytest.fixture
def live(shop: Shop) -> Shop:
    """A shop with live answers, of whose addresses each was asked for once."""
    open_shop()
    memory.rebuild()
    for address in LIVE:
        shop.ask(address)
    shop.asked_of_django.clear()
    return shop
