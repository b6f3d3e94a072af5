"""What a process has ready before its first request, and what it leaves out."""

import gc
import os

from django.template import engines

from bookstore.serving.warmth import warm_up
from bookstore.tests import shell

SELDOM_USED = {"PIL", "charset_normalizer", "lxml", "nh3", "sentry_sdk", "stripe", "typst"}
"""Each takes megabytes of every process that imports it, and is needed by few requests or jobs."""
START = f"""
import sys
import bookstore.wsgi
from bookstore.serving.warmth import warm_up
warm_up()
print(sorted({SELDOM_USED!r} & set(sys.modules)))
"""


def test_pages_are_read_and_kept_from_the_garbage_collector() -> None:
    loader = engines["django"].engine.template_loaders[0]  # type: ignore[attr-defined]
    loader.reset()
    thresholds = gc.get_threshold()
    try:
        warm_up()
        assert "storefront/parts/grid.html" in loader.get_template_cache
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)


def test_a_process_imports_nothing_large_that_is_seldom_used() -> None:
    names = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")
    told = {"BOOKSTORE_ROLE": "all", **{name: os.environ[name] for name in names}}
    started = shell.run("-c", START, environment=told)
    assert started.stdout.strip() == "[]", started.stderr
