"""What a careful bookseller would write down by hand: the model that the shop is compared with."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from orders.models import Order

ZERO = Decimal("0.00")

State = Literal["awaiting", "paid", "sent", "expired", "canceled"]


@dataclass
class Sale:
    """One order, as it should be."""

    order: Order
    copies: dict[str, int]
    """By isbn13, those that were not canceled."""
    unit_amounts: dict[str, Decimal]
    total: Decimal
    has_voucher: bool
    card_part: Decimal
    state: State = "awaiting"
    sent: dict[str, int] = field(default_factory=dict)
    returned: dict[str, int] = field(default_factory=dict)
    money: Decimal = ZERO
    """What a provider took for it, and did not give back."""
    card: Decimal = ZERO
    """What is kept from the gift card."""
    payments: list[str] = field(default_factory=list)
    """The provider's names for what was paid."""
    is_packed: bool = False

    @property
    def payable(self) -> Decimal:
        """What the provider is asked for."""
        return self.total - self.card_part

    @property
    def is_open(self) -> bool:
        """Whether it holds copies, or waits for them."""
        return self.state in ("awaiting", "paid")

    @property
    def has_left(self) -> bool:
        """Whether any copy has."""
        return any(self.sent.values())

    def promised(self, isbn13: str) -> int:
        """Copies that it is to have and that have not left."""
        if not self.is_open:
            return 0
        return self.copies.get(isbn13, 0) - self.sent.get(isbn13, 0)

    def at_hand(self, isbn13: str) -> int:
        """Copies that the customer has."""
        return self.sent.get(isbn13, 0) - self.returned.get(isbn13, 0)

    def worth(self, isbn13: str, copies: int) -> Decimal:
        """What so many copies were charged with."""
        whole = copies * self.unit_amounts[isbn13]
        return (whole * Decimal("0.9") if self.has_voucher else whole).quantize(ZERO)

    def give_back(self, amount: Decimal) -> Decimal:
        """So much goes back, money first; what of it goes to the gift card."""
        money = min(amount, self.money)
        self.money -= money
        self.card -= amount - money
        return amount - money
