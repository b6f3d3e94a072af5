"""PostgreSQL is stopped, not gone: its connections look alive, and nobody waits for it for ever."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.drills.mishaps import frozen, nobody_heals, walk
from tests.patience import eventually, until
from tests.shop import Shop
from tests.visitor import Answer, Visitor

pytestmark = pytest.mark.usefixtures("whole_again")

CROWD = 24  # more than the role has threads


def test_pages_go_on_while_postgresql_is_frozen(
    shop: Shop, visitor: Visitor, pages: dict[str, str]
) -> None:
    paths = list(pages.values())
    before = walk(visitor, paths)
    assert set(ask_for_what_nobody_has(shop)) == {200}  # and each process has its connections
    with nobody_heals(shop), frozen(shop.postgresql()):
        assert 200 not in ask_for_what_nobody_has(shop)
        health = until(is_answered, partial(visitor.get, "/health"))
        assert health.status == 200
        assert walk(visitor, paths, times=1) == before
        assert visitor.get(made_up()).status == 503  # by now without waiting for anybody
    eventually(lambda: visitor.get(made_up()).status == 200)


def ask_for_what_nobody_has(shop: Shop) -> list[int]:
    """What a crowd is answered that asks for pages which have to be computed."""

    def ask(_number: int) -> int:
        return Visitor(shop.base_url).get(made_up()).status

    with ThreadPoolExecutor(CROWD) as crowd:
        return list(crowd.map(ask, range(CROWD)))


def made_up() -> str:
    """The address of a page that nobody has asked for."""
    return f"/search/?q={uuid.uuid4().hex}"


def is_answered(answer: Answer) -> bool:
    """Whether the role itself has answered, and not nginx that it did not."""
    return answer.status != 504
