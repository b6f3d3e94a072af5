"""Drills: things are broken on purpose in the whole shop, and nothing is oversold, lost or doubled.

`make test` runs them in their short form; `make drill` longer, and shows what was measured.
"""

import os

import pytest

SECONDS = float(os.environ.get("DRILL_SECONDS") or 0)
"""How much longer than the short form a drill goes on."""

NEEDS_TIME = pytest.mark.skipif(not SECONDS, reason="takes longer than a test may: make drill")
