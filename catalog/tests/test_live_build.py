"""What a process remembers of the build that holds."""

import pytest

from catalog import live_build, memory

pytestmark = pytest.mark.django_db


def test_what_one_thread_has_heard_no_other_one_forgets() -> None:
    """It would read what the base says of that, and never hear of it again."""
    memory.rebuild()
    live_build.read(lambda view, asking: None)
    view = live_build.remembered()
    assert view is not None
    more = view.having_heard([b"w1", b"w2"])
    live_build._remember(more)
    live_build._remember(view.having_heard([b"w1"]))  # by a thread that was held up
    assert live_build.remembered() == more
    memory.rebuild()
    live_build.read(lambda view, asking: None)
    assert (live_build.remembered() or more).seen == 0  # another build, of which all is new
