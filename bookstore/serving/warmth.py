"""What a process gets ready before it takes its first request."""

import gc
from pathlib import Path

from django.conf import settings
from django.template.loader import get_template
from django.urls import get_resolver


def warm_up() -> None:
    """Read all addresses and the pages' templates, and spare the garbage collector all of it.

    To look through what is there for good takes 80 ms, in the middle of somebody's request. To look
    through the rest takes next to nothing, so it is done five times as often as Python would: what
    requests leave behind in circles, above all rows with what was read beside them, else piles up.
    """
    _ = get_resolver().reverse_dict
    folder = Path(settings.BASE_DIR) / "storefront" / "templates"
    for path in sorted((folder / "storefront").rglob("*.html")):
        get_template(str(path.relative_to(folder)))
    gc.collect()
    gc.freeze()
    gc.collect()  # notes how much there is: it would not look again before that grew by a quarter
    young, middle, _old = gc.get_threshold()
    gc.set_threshold(young, middle, 2)
