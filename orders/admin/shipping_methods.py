"""The ways to the customer, which staff sets up."""

from django.contrib import admin
from django.http import HttpRequest

from orders.models import ShippingMethod


@admin.register(ShippingMethod)
class ShippingMethodAdmin(admin.ModelAdmin[ShippingMethod]):
    """Orders carry copies of name and amount, so a change never touches what was agreed."""

    list_display = ("name", "code", "amount", "location", "for_digital", "is_active", "ordinal")
    list_filter = ("is_active", "for_digital")
    list_select_related = ("location",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: ShippingMethod | None = None
    ) -> tuple[str, ...]:
        """The code stays: orders and programs name the method by it."""
        return ("code",) if obj else ()
