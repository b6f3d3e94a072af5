"""Events and baskets, to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from orders.admin.reading import ReadOnlyAdmin
from orders.models import Basket, BasketLine, OrderEvent


@admin.register(OrderEvent)
class OrderEventAdmin(ReadOnlyAdmin[OrderEvent]):
    """What happened, to all orders, latest first."""

    list_display = ("created_at", "order", "kind", "note", "actor")
    list_filter = ("kind", "created_at")
    list_select_related = ("order", "actor")
    search_fields = ("order__number",)
    search_help_text = _("Number of an order")
    ordering = ("-id",)


class BasketLineInline(admin.TabularInline[BasketLine, Basket]):
    """What is in it."""

    model = BasketLine
    fields = readonly_fields = ("edition", "quantity", "added_at")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[BasketLine]:
        """With the titles."""
        return super().get_queryset(request).select_related("edition__work")


@admin.register(Basket)
class BasketAdmin(ReadOnlyAdmin[Basket]):
    """What customers and guests have chosen."""

    inlines = (BasketLineInline,)
    list_display = ("id", "user", "copies", "updated_at")
    list_filter = (("user", admin.EmptyFieldListFilter), "updated_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    search_help_text = _("E-mail address")
    ordering = ("-updated_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Basket]:
        """With the number of copies."""
        return super().get_queryset(request).annotate(copies=Coalesce(Sum("lines__quantity"), 0))

    @admin.display(description=_("copies"), ordering="copies")
    def copies(self, basket: Any) -> int:
        """How many are in it, of all titles together."""
        copies: int = basket.copies
        return copies
