"""What happens in the shop when somebody signs in or out; allauth calls it."""

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from orders.models import Basket
from orders.models.basket import BasketGone
from storefront.visitor import GUEST_BASKET, drop_card, find_guest_basket, rebuild_card


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    """Brings the guest's basket along, and keeps the visitor card right."""

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in: the guest's basket becomes the user's, and what came along is shown."""
        guest_basket = find_guest_basket(request.session)
        old_session_key = request.session.session_key
        super().login(request, user)
        if guest_basket is not None:
            _bring_along(request, guest_basket, user)
        drop_card(old_session_key)  # signing in gives the session another key
        rebuild_card(request)

    def logout(self, request: HttpRequest) -> None:
        """Sign out: the header forgets the person at once."""
        old_session_key = request.session.session_key
        super().logout(request)
        drop_card(old_session_key)


def _bring_along(request: HttpRequest, guest_basket: Basket, user: User) -> None:
    try:
        added = Basket.objects.of_user(user).absorb(guest_basket)
    except BasketGone:  # ordered in another tab at this very moment
        added = []
    request.session.pop(GUEST_BASKET, None)
    if added:
        titles = ", ".join(line.edition.display_title for line in added)
        text = _("Your basket now also holds what you chose before signing in: %(titles)s.")
        messages.info(request, text % {"titles": titles})
