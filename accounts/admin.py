"""People in the back office: users who sign in by e-mail address, and staff's API tokens."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, ManyToManyField, OuterRef, QuerySet
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
admin.site.unregister(Group)  # whoever may change it could give themselves every power


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


def asked_for() -> QuerySet[Permission]:
    """The permissions for what the back office shows, on a page of its own or on another's.

    Not those for groups, which superusers alone change, whatever others are permitted.
    """
    pages = admin.site._registry.items()
    models = {model for model, _page in pages}
    models |= {inline.model for _model, page in pages for inline in page.inlines}
    types = ContentType.objects.get_for_models(*models - {Group}).values()
    permissions = Permission.objects.filter(content_type__in=types)
    order = ("content_type__app_label", "content_type__model", "codename")
    return permissions.select_related("content_type").order_by(*order)


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
            {
                "fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions"),
                "description": _(
                    "Staff are never deleted, so that the history can name them: untick “Active”"
                    " instead, and they cannot sign in any more."
                ),
            },
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

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer what some page of the back office asks for."""
        if db_field.name == "user_permissions":
            kwargs["queryset"] = asked_for()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Powers are given by superusers alone."""
        times = ("last_login", "date_joined")
        powers = ("is_staff", "is_superuser", "groups", "user_permissions")
        return times if request.user.is_superuser else (*times, *powers)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With whether the history tells of what they did, for any number of them at once."""
        told = LogEntry.objects.filter(user=OuterRef("pk"))
        return super().get_queryset(request).annotate(is_told_of=Exists(told))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody below a superuser changes staff, say a password: it opens all their powers."""
        return self._is_within_reach(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Staff stay, whoever asks: what they did would go with them."""
        is_kept = obj is not None and _is_kept(obj)
        return not is_kept and super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Besides, name those who stay."""
        gone, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return gone, counts, lacking, [*protected, *map(str, filter(_is_kept, objs))]

    @staticmethod
    def _is_within_reach(request: HttpRequest, obj: Any) -> bool:
        return obj is None or request.user.is_superuser or not (obj.is_staff or obj.is_superuser)


def _is_kept(user: Any) -> bool:
    """Whether the history tells of a user of `UserAdmin`, or may some day: then they stay."""
    return bool(user.is_staff or user.is_superuser or user.is_told_of)


@admin.register(Group)
class RoleAdmin(DjangoGroupAdmin):
    """What the staff in a group may do. Made and changed by superusers alone, as all powers."""

    def formfield_for_manytomany(
        self,
        db_field: "ManyToManyField[Any, Any]",
        request: HttpRequest | None = None,
        **kwargs: Any,
    ) -> Any:
        """Offer what some page of the back office asks for."""
        if db_field.name == "permissions":
            kwargs["queryset"] = asked_for()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers alone."""
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Superusers alone."""
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Superusers alone."""
        return bool(request.user.is_superuser)


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
