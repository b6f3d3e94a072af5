"""Forms of the back office that do what they ask for once, however often they are sent."""

import secrets

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from catalog.models import DoneForm


def _fresh_key() -> str:
    return secrets.token_urlsafe(16)


class OnceForm(forms.Form):
    """A form with a hidden key of its own, drawn at random whenever it is rendered anew."""

    key = forms.CharField(
        max_length=64,
        initial=_fresh_key,
        # A browser that fills in forms again after a reload would bring the used key back.
        widget=forms.HiddenInput(attrs={"autocomplete": "off"}),
    )

    def claim(self, request: HttpRequest) -> bool:
        """Whether it is sent for the first time; if not, the reader is told.

        Call it in the transaction that does what the form asks for.
        """
        if DoneForm.objects.claim(self.cleaned_data["key"]):
            return True
        messages.warning(
            request, _("This form was sent before, and has been done already. Nothing was changed.")
        )
        return False
