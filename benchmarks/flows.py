"""What a visitor of the shop does in several requests, from the first page to the last."""

from collections.abc import Callable, Mapping, Sequence

from benchmarks.session import Page, Session, Unexpected

Flow = Callable[[Session, int], None]
"""Does all of it as a new visitor; the number says whose turn it is. Raises Unexpected."""

ADDRESS = {
    "name": "A. Reader", "line1": "1 Main Street", "city": "Oxford", "postcode": "OX1 1DP",
    "country": "GB",
}  # fmt: skip
EMAIL = "reader@example.com"


def into_basket(books: Sequence[Mapping[str, str]]) -> Flow:
    """A book's page, its button, and the basket's page."""

    def flow(session: Session, turn: int) -> None:
        _basket(session, books[turn % len(books)])

    return flow


def guest_checkout(books: Sequence[Mapping[str, str]]) -> Flow:
    """A book into the basket, and on to the page of an order that waits to be paid by transfer."""

    def flow(session: Session, turn: int) -> None:
        _basket(session, books[turn % len(books)])
        form = session.get("/checkout/").expect(200).form("/checkout/")
        typed = {**ADDRESS, "email": EMAIL, "payment_method": "offline"}
        placed = session.post("/checkout/", {**form, **typed}).expect(303)
        order = session.follow(placed).expect(200)
        if not order.path.startswith("/orders/"):
            raise Unexpected(f"The checkout leads to {order.path}.")

    return flow


def _basket(session: Session, book: Mapping[str, str]) -> Page:
    form = session.get(book["url"]).expect(200).form("/basket/lines/")
    basket = session.follow(session.post("/basket/lines/", form).expect(303)).expect(200)
    if book["isbn13"].encode() not in basket.body:
        raise Unexpected(f"{book['isbn13']} is not in the basket.")
    return basket
