"""What customers looked for and the shop did not have."""

from django.contrib import admin
from django.http import HttpRequest

from catalog.models import UnansweredQuery


@admin.register(UnansweredQuery)
class UnansweredQueryAdmin(admin.ModelAdmin[UnansweredQuery]):
    """Read, sorted and thrown away; written by nobody."""

    list_display = ("words", "times", "last_at")
    search_fields = ("words",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Customers add to it."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: UnansweredQuery | None = None
    ) -> bool:
        """There is nothing to change."""
        return False
