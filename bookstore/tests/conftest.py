"""Fixtures of the tests that stand before nginx."""

from collections.abc import Iterator

import pytest

from bookstore.serving import nginx
from bookstore.tests.door import Door, Said, opened


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
    """The same, with stand-ins that were asked nothing and answer as they do by themselves."""
    for role in lasting_door.roles.values():
        role.says = lambda request: Said()
        role.seen.clear()
    return lasting_door
