"""What a shop writes down before its own stores end with it."""

import datetime

import pytest
from django.utils import timezone
from pytest_django import Settings

from bookstore.serving import closing
from catalog import unanswered
from catalog.models import UnansweredQuery

pytestmark = pytest.mark.django_db


def test_what_was_not_found_outlives_the_shops_own_redis() -> None:
    unanswered.note("zyzzyva")
    closing.write_down()
    written = UnansweredQuery.objects.get()
    assert (written.words, written.times) == ("zyzzyva", 1)
    assert timezone.now() - written.last_at < datetime.timedelta(minutes=1)


def test_a_shop_without_redis_closes_all_the_same(settings: Settings) -> None:
    gone = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": gone}
    closing.write_down()
    assert not UnansweredQuery.objects.exists()
