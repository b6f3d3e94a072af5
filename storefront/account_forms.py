"""allauth's forms in the shop's words: one name for the e-mail address, labels said once."""

from typing import Any

from allauth.account import forms
from django.forms import EmailField, Field
from django.utils.translation import gettext_lazy as _

from storefront.forms import E_MAIL, NOT_AN_EMAIL


class _InTheShopsWords:
    """Renames the fields, and drops the placeholders, which repeat the labels."""

    fields: dict[str, Field]
    words = {
        "email": E_MAIL,
        "login": E_MAIL,
        "oldpassword": _("Password now"),
        "password1": _("New password"),
        "password2": _("New password, once more"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.words.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)
            if isinstance(field, EmailField):
                field.error_messages |= NOT_AN_EMAIL


class SignInForm(_InTheShopsWords, forms.LoginForm):  # type: ignore[misc]
    """Whom to sign in; the way out for who forgot the password stands below it, in the page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Without the link above the field."""
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class SignUpForm(_InTheShopsWords, forms.SignupForm):  # type: ignore[misc]
    """A new customer."""

    words = {"email": E_MAIL, "password1": _("Password")}


class ForgottenPasswordForm(_InTheShopsWords, forms.ResetPasswordForm):  # type: ignore[misc]
    """Where to send the link."""


class NewPasswordForm(_InTheShopsWords, forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """A password instead of the forgotten one."""


class ChangePasswordForm(_InTheShopsWords, forms.ChangePasswordForm):  # type: ignore[misc]
    """Another password."""


class ChangeEmailForm(_InTheShopsWords, forms.AddEmailForm):  # type: ignore[misc]
    """Another address."""

    words = {"email": _("New e-mail address")}


class AskAgainForm(_InTheShopsWords, forms.ReauthenticateForm):  # type: ignore[misc]
    """The password once more, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Without the link above the field."""
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""
