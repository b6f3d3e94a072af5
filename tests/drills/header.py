"""What a page's header shows of a visitor, asked for as the page does."""

from tests.visitor import Visitor


def header(visitor: Visitor) -> int | None:
    """The header's number, asked for as the page does: in memory, then where it is kept."""
    quantity: int | None = visitor.get("/live/visitor").json()["basket_quantity"]
    if quantity is None:
        assert visitor.get("/basket/visitor").status == 200
        quantity = visitor.get("/live/visitor").json()["basket_quantity"]
    return quantity
