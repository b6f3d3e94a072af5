"""Locations, and the ledger of what moved there, which is for reading only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from catalog import isbn
from catalog.admin import scanned
from catalog.admin.slugged import IN_PLAIN_WORDS
from catalog.models import Location, StockMovement
from catalog.models.stock import publish_stock

BATCH = 1000  # editions in a job


@admin.register(Location)
class LocationAdmin(admin.ModelAdmin[Location]):
    """Shops and store rooms."""

    formfield_overrides = IN_PLAIN_WORDS
    list_display = ("name", "code", "kind", "priority", "serves_shipping", "offers_collection")
    search_fields = ("name", "code")

    def save_model(self, request: HttpRequest, obj: Location, form: Any, change: bool) -> None:
        """Besides, renew the badges: the copies here may now be for customers, or not."""
        super().save_model(request, obj, form, change)
        if change and {"serves_shipping", "offers_collection"} & set(form.changed_data):
            numbers = list(obj.stocks.values_list("edition__isbn13", flat=True))
            for start in range(0, len(numbers), BATCH):
                publish_stock(numbers[start : start + BATCH])


@admin.register(StockMovement)
class StockMovementAdmin(admin.ModelAdmin[StockMovement]):
    """The ledger."""

    list_display = (
        "created_at", "edition", "location", "kind",
        "on_hand_change", "allocated_change", "reason", "reference", "other_location",
        "stocktake", "actor",
    )  # fmt: skip
    list_display_links = None
    list_filter = ("kind", "stock__location", "created_at")
    list_select_related = (
        "stock__edition__work", "stock__location", "other_location", "stocktake__location", "actor",
    )  # fmt: skip
    change_list_template = "admin/catalog/stock/ledger.html"
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

    def get_urls(self) -> list[URLPattern]:
        """Besides, the pages on which many titles are scanned."""
        return [
            path(
                "scan/<slug:action>/",
                self.admin_site.admin_view(scanned.change),
                name="catalog_stock_scanned",
            ),
            *super().get_urls(),
        ]

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
