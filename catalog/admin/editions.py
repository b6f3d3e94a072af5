"""Editions in the back office: the sellable forms, their prices and their stock."""

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import indexing, isbn, merging
from catalog.admin import cover_pages, downloads, stock_pages
from catalog.admin.edition_filters import AvailabilityFilter, LanguageFilter, PriceFilter
from catalog.admin.edition_form import EditionForm
from catalog.admin.meanwhile import MeanwhileForm
from catalog.admin.merges import MergingMixin
from catalog.admin.sources import EDITION_FIELDS, SourcedAdmin
from catalog.admin.trade_facts import TRADE_FACTS, TradeFactsMixin
from catalog.criteria import words
from catalog.feeds import uses
from catalog.models import Edition, Price, Stock, Supply


class PriceInline(admin.TabularInline[Price, Edition]):
    """What it cost, costs and will cost."""

    model = Price
    fields = readonly_fields = ("amount", "currency", "tax_rate", "valid_from", "valid_to")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Edition | None = None) -> bool:
        """A new price is given above, so that the running one ends by itself."""
        return False


class StockInline(admin.TabularInline[Stock, Edition]):
    """What lies where; changed on a page of its own, with a reason."""

    model = Stock
    fields = readonly_fields = ("location", "on_hand", "allocated", "available")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Edition | None = None) -> bool:
        """Stock comes from receiving it."""
        return False


class SupplyForm(MeanwhileForm[Supply]):
    """How the edition is had while no copy is there."""

    class Meta:
        model = Supply
        fields = (
            "accepts_preorders", "preorder_cap", "promised_date", "accepts_backorders",
            "backorder_days",
        )  # fmt: skip

    def save(self, commit: bool = True) -> Supply:
        """Write what was changed and nothing else: customers change `awaited` meanwhile."""
        if self.instance.pk and commit:
            self.instance.save(update_fields=self.changed_data)
            return self.instance
        return super().save(commit=commit)


class SupplyInline(admin.StackedInline[Supply, Edition]):
    """Whether customers can pre-order it, or have it ordered."""

    model = Supply
    form = SupplyForm
    readonly_fields = ("awaited",)
    fields = (
        ("accepts_preorders", "preorder_cap", "promised_date"),
        ("accepts_backorders", "backorder_days"),
        "awaited",
    )
    extra = max_num = 1
    can_delete = False

    def get_fields(self, request: HttpRequest, obj: Edition | None = None) -> Any:
        """A file is never ordered for anybody, and there are as many as are wanted."""
        if obj is not None and obj.is_digital:
            return (("accepts_preorders", "promised_date"),)
        return super().get_fields(request, obj)


PRICE_FIELDS = ("new_price", "price_from", "tax_rate")


@admin.register(Edition)
class EditionAdmin(TradeFactsMixin, MergingMixin, SourcedAdmin[Edition]):
    """The sellable forms."""

    form = EditionForm
    change_form_template = "admin/catalog/edition/change_form.html"
    change_list_template = "admin/catalog/edition/change_list.html"
    inlines = (StockInline, SupplyInline, PriceInline)
    sourced_fields = EDITION_FIELDS
    autocomplete_fields = ("work", "imprint")
    fieldsets = (
        (None, {"fields": ("isbn13", "work", "format", "language", "imprint", "is_offered")}),
        (gettext_lazy("Price"), {"fields": PRICE_FIELDS}),
        (
            gettext_lazy("Only where the work’s title does not fit"),
            {"fields": ("title", "subtitle")},
        ),
        (
            gettext_lazy("Details"),
            {
                "fields": (
                    ("publication_date", "embargo_date"),
                    ("pages", "duration_minutes", "weight_grams"),
                )
            },
        ),
    )
    list_display = (
        "isbn13", "name", "people", "format", "language", "price", "available", "is_offered",
    )  # fmt: skip
    list_filter = ("format", AvailabilityFilter, PriceFilter, "is_offered", LanguageFilter)
    list_per_page = 50
    search_fields = ("isbn13",)  # shows the box; get_search_results does the finding
    search_help_text = gettext_lazy(
        "ISBN in any notation, title, contributor, imprint, series or subject"
    )
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edition]:
        """With what every row shows."""
        return (
            Edition.objects.with_price()
            .with_available()
            .select_related("work", "imprint")
            .prefetch_related("work__contributions__contributor")
            .order_by(*self.ordering)
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Edition], search_term: str
    ) -> tuple[QuerySet[Edition], bool]:
        """By number in any notation, else by words, as in the shop."""
        try:
            return queryset.filter(isbn13=isbn.normalize(search_term)), False
        except isbn.InvalidNumber:
            query = words(search_term)
        if query is None:
            return queryset, False
        return queryset.filter(work__search_entry__vector=query), False

    def get_inlines(self, request: HttpRequest, obj: Edition | None) -> list[Any]:
        """What an edition has once it is there."""
        if obj is None:
            return []
        return [
            *([] if obj.is_digital else [StockInline]),
            *([] if obj.is_gift_card else [SupplyInline]),
            PriceInline,
        ]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Edition | None = None
    ) -> tuple[str, ...]:
        """The number stays: orders, addresses and labels carry it."""
        return ("isbn13", *TRADE_FACTS) if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Edition | None = None) -> Any:
        """Besides, of one that is there, what the trade says; and whether plans may go."""
        shown = super().get_fieldsets(request, obj)
        if obj is None:
            return shown
        if obj.prices.beginning_after(timezone.localdate()).exists():
            first, (name, _options), *rest = shown
            shown = (first, (name, {"fields": (*PRICE_FIELDS, "replaces_later")}), *rest)
        says = {"fields": TRADE_FACTS, "classes": ("collapse",)}
        return (*shown, (_("What suppliers say"), says))

    def has_delete_permission(self, request: HttpRequest, obj: Edition | None = None) -> bool:
        """What has a ledger or was ordered is no longer offered, but never deleted."""
        if obj is None or obj.stocks.exists() or uses.would_lose(obj.pk):
            return False
        return super().has_delete_permission(request, obj)

    def carry_out(self, goes: Edition, stays: Edition, actor: Any) -> str:
        """Of two editions in the books only one stays; the other's address leads there."""
        merging.replace_edition(goes, by=stays)
        return _("%(gone)s is deleted, and its address leads to %(stays)s.") % {
            "gone": goes.isbn13, "stays": stays.isbn13,
        }  # fmt: skip

    def affected_works(self, obj: Edition) -> Iterable[int]:
        """Its work."""
        return [obj.work_id]

    def save_model(
        self, request: HttpRequest, obj: Edition, form: forms.ModelForm[Edition], change: bool
    ) -> None:
        """Besides, move it to another work, and write a new price."""
        if change and "work" in form.changed_data:
            obj.move_to(obj.work)
            indexing.works_changed([form.initial["work"]])
        super().save_model(request, obj, form, change)
        if isinstance(form, EditionForm):
            form.write_price(obj)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, dict[str, list[str]]]]:
        """With the old price and the new one, and not only that it was changed."""
        message = super().construct_change_message(request, form, formsets, add)
        if not form.price_told:
            return message
        if add:
            return [*message, {"changed": {"fields": [form.price_told]}}]
        said = message[0]["changed"]
        labels = zip(form.changed_data, said["fields"], strict=True)
        others = [label for name, label in labels if name not in PRICE_FIELDS]
        said["fields"] = [*others, form.price_told]
        return message

    def sourced_editions(self, obj: Edition) -> list[int]:
        """Itself."""
        return [obj.pk]

    def sourced_changes(
        self, form: forms.ModelForm[Edition], formsets: Collection[Any]
    ) -> set[str]:
        """Its fields, a new price, and whether it is ordered for customers."""
        changed = set(form.changed_data)
        if {"new_price", "tax_rate"} & changed:
            changed.add("price")
        supplies = (each for formset in formsets if formset.model is Supply for each in formset)
        if any({"accepts_backorders", "backorder_days"} & set(s.changed_data) for s in supplies):
            changed.add("backorders")
        return changed & set(self.sourced_fields)

    def get_urls(self) -> list[URLPattern]:
        """Besides, an edition's cover and stock, and all of it as a file."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/cover/", view(cover_pages.show), name="catalog_edition_cover"),
            path(
                "<int:pk>/cover/<slug:action>/",
                view(cover_pages.change),
                name="catalog_edition_cover_change",
            ),
            path("download/", view(downloads.download), name="catalog_download"),
            path("<int:pk>/stock/", view(stock_pages.show), name="catalog_edition_stock"),
            path(
                "<int:pk>/stock/<slug:action>/",
                view(stock_pages.change),
                name="catalog_edition_stock_change",
            ),
            *super().get_urls(),
        ]

    @admin.display(description=gettext_lazy("title"))
    def name(self, edition: Edition) -> str:
        """The title that is shown in the shop."""
        return edition.display_title

    @admin.display(description=gettext_lazy("by"))
    def people(self, edition: Edition) -> str:
        """The work's byline."""
        return edition.work.byline

    @admin.display(description=gettext_lazy("price"), ordering="price_amount")
    def price(self, edition: Edition) -> str:
        """What it costs today."""
        amount = edition.price_amount
        return _("not for sale") if amount is None else f"{amount} {settings.SHOP_CURRENCY}"

    @admin.display(description=gettext_lazy("available"), empty_value="∞")
    def available(self, edition: Edition) -> int | None:
        """What could still be promised."""
        return None if edition.is_digital else edition.available_quantity
