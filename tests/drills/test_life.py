"""The life of orders, driven at random: whatever happens in whatever order, the books add up.

Hypothesis chooses what happens, and compares stock, money, gift card and voucher with a model after
every step, and asks the audit every few. `make drill` lets it try much more.
"""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.drills import SECONDS
from tests.drills.life import Life

EXAMPLES, STEPS = (400, 60) if SECONDS else (12, 20)


@pytest.mark.django_db
def test_the_life_of_orders() -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not SECONDS,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
