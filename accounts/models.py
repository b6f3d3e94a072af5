"""Customers and staff: User, who signs in by e-mail address, their addresses and API tokens."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Makes users, for whom the e-mail address is the name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A customer. Raises ValueError without an e-mail address."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A member of staff who may do everything."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A person who can sign in."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)

    objects = UserManager()  # type: ignore[assignment,misc]

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_without_case",
                violation_error_message=_("There is an account with this e-mail address."),
            ),
        )

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name as the person gave it, or the address."""
        return str(self)

    def get_short_name(self) -> str:
        """What the shop's header calls the person."""
        return self.name.split()[0] if self.name.split() else self.email.split("@")[0]


class Address(models.Model):
    """A postal address that a customer keeps for the next order."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="addresses")
    name = models.CharField(_("name"), max_length=200)
    line1 = models.CharField(_("address"), max_length=200)
    line2 = models.CharField(_("address, second line"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=100)
    postcode = models.CharField(_("postcode"), max_length=20)
    country = models.CharField(_("country"), max_length=2, help_text=_("ISO 3166 code"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ("-created_at", "id")

    def __str__(self) -> str:
        return f"{self.name}, {self.line1}, {self.postcode} {self.city}"


class ApiTokenManager(models.Manager["ApiToken"]):
    """Makes tokens and finds who holds one."""

    def issue(self, *, user: User, name: str) -> tuple["ApiToken", str]:
        """A token for `user`: the row, and the secret, which can be read only now."""
        secret = f"bookstore_{secrets.token_urlsafe(32)}"
        return self.create(user=user, name=name, digest=ApiToken.digest_of(secret)), secret

    def in_force(self, secret: str) -> "ApiToken | None":
        """The token with this secret, with its user, unless there is none or it was revoked.

        Found by digest: how long the look-up takes tells nothing about the secret.
        """
        tokens = self.filter(digest=ApiToken.digest_of(secret), revoked_at=None)
        return tokens.select_related("user").first()


class ApiToken(models.Model):
    """Lets a program act for a member of staff, until it is revoked. Only its digest is kept."""

    USE_IS_NOTED_EVERY = timedelta(minutes=1)  # so that a busy client does not write every time

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100, help_text=_("What uses it."))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)

    objects = ApiTokenManager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.name} ({self.user})"

    @staticmethod
    def digest_of(secret: str) -> str:
        """What is kept of a secret. It is random and long, so a plain hash is enough."""
        return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()

    def used(self, at: datetime) -> None:
        """Note that it was used, roughly when."""
        if self.last_used_at is None or at - self.last_used_at >= self.USE_IS_NOTED_EVERY:
            self.last_used_at = at
            self.save(update_fields=["last_used_at"])

    def revoke(self, at: datetime) -> None:
        """End it for good; a token that was revoked before stays as it is."""
        if self.revoked_at is None:
            self.revoked_at = at
            self.save(update_fields=["revoked_at"])
