"""Locations, and the ledger of what moved there, which is for reading only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog import isbn
from catalog.models import Location, StockMovement


@admin.register(Location)
class LocationAdmin(admin.ModelAdmin[Location]):
    """Shops and store rooms."""

    list_display = ("name", "code", "priority", "offers_collection")
    search_fields = ("name", "code")


@admin.register(StockMovement)
class StockMovementAdmin(admin.ModelAdmin[StockMovement]):
    """The ledger."""

    list_display = (
        "created_at", "edition", "location", "kind",
        "on_hand_change", "allocated_change", "reason", "reference", "actor",
    )  # fmt: skip
    list_display_links = None
    list_filter = ("kind", "stock__location", "created_at")
    list_select_related = ("stock__edition__work", "stock__location", "actor")
    list_per_page = 50
    search_fields = ("stock__edition__isbn13", "=reference")
    search_help_text = _("ISBN in any notation, or an order’s number")
    show_full_result_count = False
    ordering = ("-id",)

    @admin.display(description=_("edition"))
    def edition(self, movement: StockMovement) -> str:
        """What moved."""
        return str(movement.stock.edition)

    @admin.display(description=_("location"))
    def location(self, movement: StockMovement) -> str:
        """Where."""
        return str(movement.stock.location)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[StockMovement], search_term: str
    ) -> tuple[QuerySet[StockMovement], bool]:
        """By a number in any notation."""
        text = search_term.strip()
        if not text:
            return queryset, False
        try:
            return queryset.filter(stock__edition__isbn13=isbn.normalize(text)), False
        except isbn.InvalidNumber:
            return queryset.filter(reference__iexact=text), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Movements come from the verbs of stock."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: StockMovement | None = None) -> bool:
        """A ledger is never changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StockMovement | None = None) -> bool:
        """A ledger is never shortened."""
        return False
