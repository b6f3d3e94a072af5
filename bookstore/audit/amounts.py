"""What the checks of money share."""

from decimal import Decimal

NOTHING = Decimal("0.00")
