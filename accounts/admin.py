"""People in the back office: users who sign in by e-mail address, and staff's API tokens."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Address, ApiToken, User


class AddressInline(admin.StackedInline[Address, User]):
    """Where parcels go."""

    model = Address
    extra = 0


class EmailAddressInline(admin.TabularInline[Any, User]):
    """Which addresses were verified; allauth keeps them beside the user."""

    model = EmailAddress
    extra = 0


admin.site.unregister(EmailAddress)  # it is looked at on its user's page


class NewUserForm(AdminUserCreationForm[User]):
    """A new user, by e-mail address; without regard to case, as everywhere."""

    class Meta:
        model = User
        fields = ("email", "name")
        field_classes: dict[str, Any] = {}

    def clean_email(self) -> str:
        """In lower case, as the shop keeps addresses."""
        email: str = self.cleaned_data["email"]
        return email.lower()


class UserForm(UserChangeForm[User]):
    """A user who is there already."""

    class Meta:
        model = User
        fields = "__all__"
        field_classes: dict[str, Any] = {}

    def clean_email(self) -> str:
        """In lower case, as the shop keeps addresses."""
        email: str = self.cleaned_data["email"]
        return email.lower()


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    """Customers and staff. Staff are made and changed by superusers alone."""

    form = UserForm
    add_form = NewUserForm
    add_form_template = None
    inlines = (AddressInline, EmailAddressInline)
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (
            _("What they may do"),
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("When"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),
    )
    list_display = ("email", "name", "is_staff", "is_active", "date_joined")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    list_per_page = 50
    search_fields = ("email", "name")
    search_help_text = _("E-mail address or name")
    show_full_result_count = False
    ordering = ("-date_joined",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Powers are given by superusers alone."""
        times = ("last_login", "date_joined")
        powers = ("is_staff", "is_superuser", "groups", "user_permissions")
        return times if request.user.is_superuser else (*times, *powers)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody below a superuser changes staff, say a password: it opens all their powers."""
        return self._is_within_reach(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody below a superuser deletes staff."""
        return self._is_within_reach(request, obj) and super().has_delete_permission(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Leave those out that one may not delete."""
        customers = queryset.filter(is_staff=False, is_superuser=False)
        super().delete_queryset(request, queryset if request.user.is_superuser else customers)

    @staticmethod
    def _is_within_reach(request: HttpRequest, obj: Any) -> bool:
        return obj is None or request.user.is_superuser or not (obj.is_staff or obj.is_superuser)


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    """Tokens are made by the command `create_api_token`; here they are revoked."""

    list_display = ("name", "user", "created_at", "last_used_at", "revoked_at")
    list_display_links = None
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("name", "user__email")
    actions = ("revoke",)

    @admin.action(description=_("Revoke the selected tokens"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """End them for good."""
        now = timezone.now()
        tokens = list(queryset.filter(revoked_at=None))
        for token in tokens:
            token.revoke(at=now)
            self.log_change(request, token, str(_("Revoked")))
        text = ngettext("%(n)d token revoked.", "%(n)d tokens revoked.", len(tokens))
        messages.success(request, text % {"n": len(tokens)})

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A secret is shown once, in the terminal of who asked for it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """A revoked token stays, to be recognized."""
        return False
