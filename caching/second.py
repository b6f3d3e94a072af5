"""How long nginx may keep an answer that is the same for everyone: until the second ends.

nginx counts whole seconds, so that any lifetime would be up to one longer; an end is exact
(decision 7).
"""

UNTIL = "X-Accel-Expires"  # the header that nginx reads
MARGIN_SECONDS = 0.05
"""Between a commit and its generations, and between the clocks of two machines."""


def end_of_second(asked_at: float) -> str:
    """Until when nginx may keep what was asked for then, in seconds since 1970, as it reads it."""
    return f"@{int(asked_at - MARGIN_SECONDS)}"
