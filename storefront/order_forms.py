"""What customers may say about an order: that they withdraw, or what they send back, and why."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.copies import CopiesForm
from storefront.forms import EmailField

LONGEST_KEY = 100


class StatementForm(forms.Form):
    """Who withdraws from which contract; for those who only know its number."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        error_messages={"required": _("Please enter your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    number = forms.CharField(
        label=_("Order number"),
        max_length=40,
        help_text=_("It is in every e-mail about the order, such as 7K3Q-9XWM-2TPA."),
        error_messages={"required": _("Please enter the number of the order.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    email = EmailField(
        help_text=_("The one that you ordered with. We send the acknowledgment there."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def clean_number(self) -> str:
        """Without characters that no number has. Raises ValidationError."""
        number: str = self.cleaned_data["number"]
        if not number.isascii() or not number.isprintable():
            raise forms.ValidationError(_("This is not the number of an order."))
        return number


class OrderWithdrawalForm(CopiesForm):
    """Who withdraws, and from which copies of an order that they may see."""

    name = StatementForm.base_fields["name"]
    key = forms.CharField(widget=forms.HiddenInput, max_length=LONGEST_KEY, required=False)


class ReturnForm(CopiesForm):
    """What comes back, and why."""

    REASONS = (
        ("", _("Please choose")),
        (_("It is damaged or has a flaw"), _("It is damaged or has a flaw")),
        (_("It is not what I ordered"), _("It is not what I ordered")),
        (_("It came too late"), _("It came too late")),
        (_("I do not like it"), _("I do not like it")),
        (_("Another reason"), _("Another reason")),
    )
    reason = forms.ChoiceField(
        label=_("Why do you send it back?"),
        choices=REASONS,
        error_messages={"required": _("Please choose a reason.")},
    )
    comment = forms.CharField(
        label=_("What else should we know?"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=LONGEST_KEY, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """With the copies first, as the page has them."""
        super().__init__(*args, **kwargs)
        self.order_fields([row.field.name for row in self.rows])

    @property
    def reason_text(self) -> str:
        """Both answers as one text, for staff."""
        said: dict[str, Any] = self.cleaned_data
        return ": ".join(filter(None, (said["reason"], " ".join(said["comment"].split()))))
