"""Where the process that reads ahead begins: before the models, which need Django to be set up."""

from typing import Any

import django


def serve(pipe: Any, run_id: int, after: int, size: int) -> None:
    """Set Django up, then answer as `ahead.answer` says."""
    django.setup()
    from catalog.feeds import ahead

    ahead.answer(pipe, run_id, after, size)
