"""What a process has ready before its first request."""

import gc

from django.template import engines

from bookstore.serving.warmth import warm_up


def test_pages_are_read_and_kept_from_the_garbage_collector() -> None:
    loader = engines["django"].engine.template_loaders[0]  # type: ignore[attr-defined]
    loader.reset()
    try:
        warm_up()
        assert "storefront/parts/grid.html" in loader.get_template_cache
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
