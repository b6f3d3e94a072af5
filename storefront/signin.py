"""What happens in the shop when somebody signs in or out; allauth calls it."""

import logging
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.utils import get_next_redirect_url
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from orders.models import Basket
from orders.models.basket import BasketGone
from storefront import paths
from storefront.sessions import GUEST_BASKET
from storefront.visitor import drop_card, find_guest_basket, rebuild_card

logger = logging.getLogger(__name__)

ONWARD = "onward"  # in the session: where somebody wanted to go who must confirm an address first


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    """Brings the guest's basket along, and keeps the visitor card right."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy("E-mail address and password do not match."),
        "duplicate_email": gettext_lazy("That is the e-mail address of your account already."),
        "email_taken": gettext_lazy("That is the e-mail address of another account."),
    }

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in: the guest's basket becomes the user's, and what came along is shown."""
        guest_basket = find_guest_basket(request.session)
        old_session_key = request.session.session_key
        super().login(request, user)
        if guest_basket is not None:
            _bring_along(request, guest_basket, user)
        drop_card(old_session_key)  # signing in gives the session another key
        rebuild_card(request)

    def respond_email_verification_sent(self, request: HttpRequest, user: User) -> HttpResponse:
        """Have them look for the e-mail, and remember where they were going."""
        if onward := get_next_redirect_url(request):  # None for what is not of this shop
            request.session[ONWARD] = onward
        response: HttpResponse = super().respond_email_verification_sent(request, user)
        return response

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        """Where the link of that e-mail leads: to the sign-in, and from there to where they were
        going.
        """
        url: str = super().get_email_verification_redirect_url(email_address)
        if self.request.user.is_authenticated or ONWARD not in self.request.session:
            return url
        onward = {REDIRECT_FIELD_NAME: self.request.session.pop(ONWARD)}
        return f"{paths.LOGIN}?{urlencode(onward)}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send at once, and say so when the mail server refuses.

        Not by a job: the links in these e-mails open accounts, and staff can read the jobs.
        """
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:  # of which smtplib's errors are kinds
            logger.exception("The e-mail %s could not be sent", template_prefix)
            text = _("We could not send you an e-mail just now. Please try again in some minutes.")
            messages.error(self.request, text)

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
