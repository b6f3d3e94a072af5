"""A clock that stands until a test moves it: no machine is too slow for what hangs on it."""


class Clock:
    """Stands in for `time.monotonic`."""

    def __init__(self) -> None:
        self._now = 1_000.0

    def __call__(self) -> float:
        """How late it is, in seconds."""
        return self._now

    def move(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._now += seconds
