"""The visitor behind a request: their basket, the orders they may see, their card in Redis.

A guest is a session. It names one basket, and the orders that were made of one or whose secret link
was opened in it. A signed-in visitor is a user, who owns one basket. No basket is ever found by an
id from outside that the shop has not signed.
"""

import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from catalog.models import Edition
from orders.models import Basket, BasketLine, Order, basket_rows
from orders.visitor import Card, forget_card, write_card
from storefront import sessions
from storefront.sessions import GUEST_BASKET

ORDERS = "orders"  # in the session: tokens by order number, the latest last
MAX_ORDERS = 20
IN_DOUBT = datetime.timedelta(hours=1)
"""So long after an order its answer, with the session that knows it, may be on its way or lost."""


def signed_in_user(request: HttpRequest) -> User | None:
    """The user, or None for a guest."""
    user: User | AnonymousUser = request.user
    return user if isinstance(user, User) else None


def find_basket(request: HttpRequest) -> Basket | None:
    """The visitor's basket, if they have one."""
    user = signed_in_user(request)
    if user is not None:
        return Basket.objects.filter(user=user).first()
    return find_guest_basket(request.session)


def find_filled_basket(request: HttpRequest, *, with_beside: bool = False) -> Basket | None:
    """The visitor's basket, if they have one, with its priced lines, in one statement;
    `with_beside`, also with what is known to stand beside them.
    """
    user = signed_in_user(request)
    if user is not None:
        return Basket.objects.filled(user=user.pk, with_beside=with_beside)
    basket_id = request.session.get(GUEST_BASKET)
    if not basket_id:
        return None
    return Basket.objects.filled(basket=UUID(basket_id), with_beside=with_beside)


def find_guest_basket(session: SessionBase) -> Basket | None:
    """The basket of a visitor who has not signed in."""
    basket_id = session.get(GUEST_BASKET)
    return Basket.objects.of_guest(UUID(basket_id)) if basket_id else None


def get_basket(request: HttpRequest) -> Basket:
    """The visitor's basket, made when there is none."""
    user = signed_in_user(request)
    if user is not None:
        return Basket.objects.of_user(user)
    return find_guest_basket(request.session) or _remember(request, Basket.objects.create())


def put_into_basket(request: HttpRequest, isbn13: str, quantity: int) -> BasketLine:
    """Put copies of the offered edition with this number into the visitor's basket, which is made
    when there is none.

    Raises Edition.DoesNotExist or a BasketError.
    """
    basket = find_basket(request)
    if basket is None and signed_in_user(request) is None:
        line = Basket.objects.start(isbn13, quantity)
        _remember(request, line.basket)
        return line
    edition = basket_rows.numbered(isbn13, day=timezone.localdate())
    if edition is None:
        raise Edition.DoesNotExist
    return (basket or get_basket(request)).add(edition, quantity)


def _remember(request: HttpRequest, basket: Basket) -> Basket:
    """Have the session name this basket, and the order that the one before may have become."""
    former = request.session.get(GUEST_BASKET)
    order = Order.objects.of_basket(UUID(former)) if former else None
    if order is not None and _is_in_doubt(order):
        remember_order(request, order)
    request.session[GUEST_BASKET] = str(basket.pk)
    return basket


def renew_card(request: HttpRequest, *, basket: Basket | None = None, wanted: str = "") -> Card:
    """Write what the header shows anew, after the basket (if it is known) or the name changed.

    `wanted` is the number of an edition that the visitor has put into it.
    Also prolongs the session: whoever fills a basket shall still find it in two weeks.
    """
    request.session.modified = True
    return rebuild_card(request, basket=basket, wanted=wanted)


def rebuild_card(request: HttpRequest, *, basket: Basket | None = None, wanted: str = "") -> Card:
    """Write what the header shows anew from session and database."""
    user = signed_in_user(request)
    basket = basket or find_basket(request)
    card = Card(
        name=user.get_short_name() if user else "",
        basket_quantity=basket.quantity if basket else 0,
    )
    session = request.session
    former = session.session_key
    if session.modified and not (session.is_empty() or sessions.has_row(former)):
        session.save()  # the key that the card is filed under is known only then
    if session.session_key is not None:
        write_card(
            session.session_key, card, lifetime_seconds=session.get_expiry_age(), wanted=wanted,
            former=None if former == session.session_key else former,
        )  # fmt: skip
    return card


def drop_card(session_key: str | None) -> None:
    """The session with this key is over."""
    if session_key is not None:
        forget_card(session_key)


def remember_order(request: HttpRequest, order: Order) -> None:
    """Let this session see the order from now on, without the token in the address."""
    tokens = {number: token for number, token in _tokens(request).items() if number != order.number}
    kept = list(tokens.items())[-(MAX_ORDERS - 1) :]
    request.session[ORDERS] = {**dict(kept), order.number: order.token}


def may_see(request: HttpRequest, order: Order, *, token: str = "") -> bool:
    """Whether the visitor may see the order: by who they are, a token, or a remembered one."""
    known = (token, _known_token(request, order))
    return any(order.is_visible_to(request.user, each) for each in known)


def is_theirs(request: HttpRequest, order: Order, *, token: str = "") -> bool:
    """Whether it is the visitor's own order, and not one that they may see as staff."""
    known = (token, _known_token(request, order))
    return any(order.belongs_to(request.user, each) for each in known)


def _known_token(request: HttpRequest, order: Order) -> str:
    """The order's token, if this session remembers it, or just now named the basket that became
    the order.
    """
    if request.session.get(GUEST_BASKET) == str(order.basket_id) and _is_in_doubt(order):
        return order.token
    return _tokens(request).get(order.number, "")


def _is_in_doubt(order: Order) -> bool:
    return timezone.now() - order.placed_at < IN_DOUBT


def _tokens(request: HttpRequest) -> dict[str, str]:
    tokens: dict[str, str] = request.session.get(ORDERS, {})
    return tokens
