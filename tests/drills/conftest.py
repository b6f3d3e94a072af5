"""Fixtures of the drills."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.patience import eventually
from tests.shop import Shop
from tests.visitor import Visitor


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all that stands here."""
    for item in items:
        if item.path.is_relative_to(__file__.rpartition("/")[0]):
            item.add_marker(pytest.mark.drill)


@pytest.fixture
def whole_again(shop: Shop) -> Iterator[None]:
    """The next test finds everything as it was, and the books in order."""
    yield
    anybody = Visitor(shop.base_url)
    ready = ("/ready", "/api/ready", "/live/ready")
    eventually(lambda: all(anybody.get(path).status == 200 for path in ready))
    eventually(lambda: _has_every_process_found_out(shop.base_url))
    assert shop.audit() == ""


def _has_every_process_found_out(base_url: str) -> bool:
    """Whether a store is back, which each process of a role finds out by itself.

    Asked by many at once: nginx would give one after the other to the same process.
    """

    def ask(_number: int) -> int:
        return Visitor(base_url).get(_new_search()).status

    with ThreadPoolExecutor(8) as askers:
        return set(askers.map(ask, range(24))) == {200}


def _new_search() -> str:
    """The address of a page that nobody has asked for."""
    return f"/search/?q={uuid.uuid4().hex}"
