"""What e-mails to an order's customer say: one letter a kind, in one frame, as text and HTML."""

from orders.letters.about import NothingToTell
from orders.letters.composing import compose

__all__ = ["NothingToTell", "compose"]
