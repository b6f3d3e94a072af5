"""Orders in the back office: the list, and the page with everything about one."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog import isbn
from catalog.criteria import words
from orders import gateways, picking, readiness
from orders.admin import (
    downloads,
    order_messages,
    order_pages,
    papers,
    parcels,
    payments,
    pick_list,
    waiting_orders,
)
from orders.admin.actions import ACTIONS, Action
from orders.admin.reading import PartOfOrder, ReadOnlyAdmin
from orders.models import Order, OrderEvent, OrderLine
from orders.models.numbers import normalize_number, part_of_number


class LineInline(PartOfOrder):
    """What was agreed."""

    model = OrderLine
    fields = readonly_fields = (
        "quantity", "title", "byline", "isbn13", "format", "unit_amount", "charged", "place",
        "gone",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the places that each line is served from, and what has left."""
        return OrderLine.objects.with_promises().with_shipped().order_by("id")

    @admin.display(description=gettext_lazy("total"))
    def charged(self, line: OrderLine) -> str:
        """Before the discount, and its share of that."""
        if not line.discount_amount:
            return str(line.total_amount)
        text = _("%(total)s, less %(discount)s discount")
        return text % {"total": line.total_amount, "discount": line.discount_amount}

    @admin.display(description=gettext_lazy("gone"))
    def gone(self, line: OrderLine) -> str:
        """Which of its copies nobody has to send any more."""
        texts = []
        if line.shipped_quantity:
            texts.append(_("%(n)d sent") % {"n": line.shipped_quantity})
        if line.canceled_quantity:
            texts.append(_("%(n)d canceled") % {"n": line.canceled_quantity})
        return ", ".join(texts) or "–"

    @admin.display(description=gettext_lazy("allocated at"))
    def place(self, line: OrderLine) -> str:
        """Where the copies lie that have not left, and what has yet to come."""
        places = [
            f"{allocation.stock.location}: {allocation.quantity}"
            for allocation in line.allocations.all()
        ]
        if line.awaited_quantity:
            day = date_format(line.promised_date) if line.promised_date else "?"
            text = _("%(quantity)d to come, promised for %(day)s")
            places.append(text % {"quantity": line.awaited_quantity, "day": day})
        places.append(readiness.name_not_out([line], timezone.localdate()))
        return ", ".join(filter(None, places)) or "–"


class EventInline(PartOfOrder):
    """What happened, in order."""

    model = OrderEvent
    fields = readonly_fields = ("created_at", "kind", "note", "actor")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With who did it."""
        return super().get_queryset(request).select_related("actor")


class StageFilter(admin.SimpleListFilter):
    """What staff has to do with it next."""

    title = gettext_lazy("what to do")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        return [(stage.value, stage.label) for stage in picking.Stage]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By the parcels and returns."""
        stage = self.value()
        if stage is None or stage not in picking.Stage.values:
            return queryset
        return picking.at_stage(queryset, picking.Stage(stage), on=timezone.localdate())


class PaymentMethodFilter(admin.SimpleListFilter):
    """The ways to pay, by the names that customers see."""

    title = gettext_lazy("payment method")
    parameter_name = "payment_method"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Those that are offered."""
        return [(method.code, method.name) for method in gateways.payment_methods()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Orders that chose it."""
        return queryset.filter(payment_method=self.value()) if self.value() else queryset


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin[Order]):
    """Looked at here, and moved on by the buttons alone."""

    change_form_template = "admin/orders/order/change_form.html"
    fieldsets = (
        (None, {"fields": ("state", "placed_at", "expires_at", "customer", "paid_by")}),
        (gettext_lazy("To"), {"fields": ("way", "destination")}),
        (
            gettext_lazy("Money"),
            {
                "fields": (
                    "subtotal",
                    "discount",
                    "shipping",
                    "total",
                    "tax",
                    "gift_cards",
                    "received",
                )
            },
        ),
    )
    readonly_fields = (
        "state", "customer", "paid_by", "way", "destination",
        "subtotal", "discount", "shipping", "total", "tax", "gift_cards", "received",
    )  # fmt: skip
    list_display = ("number", "state", "total", "email", "placed", "way")
    list_filter = (
        "status", "needs_attention", StageFilter, PaymentMethodFilter, "shipping_method_name",
        "placed_at",
    )  # fmt: skip
    search_fields = ("number",)  # shows the box; get_search_results does the finding
    search_help_text = gettext_lazy(
        "Order number or a part of it, e-mail address, name, ISBN, or words of a title"
    )
    actions = ("mark_paid", "ship")
    change_list_template = "admin/orders/order/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """With the parcels, by which the stage is told."""
        return super().get_queryset(request).prefetch_related("shipments")

    def get_inlines(self, request: HttpRequest, obj: Order | None) -> list[Any]:
        """Money and parcels only where there are some."""
        if obj is None:
            return []
        parts = (*papers.INLINES, *payments.INLINES, *order_messages.INLINES)
        some = [inline for inline, relation in parts if getattr(obj, relation).exists()]
        return [LineInline, *some, EventInline]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """By what staff is likely to have in front of them."""
        text = search_term.strip()
        if not text:
            return queryset, False
        try:
            lines = OrderLine.objects.filter(isbn13=isbn.normalize(text))
            return queryset.filter(pk__in=lines.values("order")), False
        except isbn.InvalidNumber:
            pass
        by_number = queryset.filter(number=normalize_number(text))
        if by_number.exists():
            return by_number, False
        if "@" in text:
            return queryset.filter(email__icontains=text), False
        found = Q(shipping_name__icontains=text)
        if part := part_of_number(text):
            found |= Q(number__contains=part) | Q(number__startswith=normalize_number(text))
        if (query := words(text)) is not None:
            # Along the catalogue's index of words: to look through the lines takes too long.
            lines = OrderLine.objects.filter(edition__work__search_entry__vector=query)
            found |= Q(pk__in=lines.values("order"))
        return queryset.filter(found), False

    # --- Pages ----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Besides, a page for every action."""
        view = self.admin_site.admin_view(self._act)
        act = path("<int:pk>/<slug:slug>/", view, name="orders_order_act")
        pick_list_view = self.admin_site.admin_view(pick_list.show)
        pick = path("pick-list/", pick_list_view, name="orders_pick_list")
        file = path(
            "download/", self.admin_site.admin_view(downloads.download), name="orders_download"
        )
        parcel = path(
            "<int:pk>/parcels/<int:parcel>/<slug:slug>/",
            self.admin_site.admin_view(self._act_on_parcel),
            name="orders_parcel_act",
        )
        # After Django's own, of which `history/` and `change/` look alike.
        *named, fallback = super().get_urls()
        return [*named, pick, file, parcel, *waiting_orders.urls(self.admin_site), act, fallback]

    def _act_on_parcel(self, request: HttpRequest, pk: int, parcel: int, slug: str) -> HttpResponse:
        return parcels.act(request, self, pk, parcel, slug)

    def _act(self, request: HttpRequest, pk: int, slug: str) -> HttpResponse:
        return order_pages.act(request, self, pk, slug)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The order's page, with the buttons that are possible now."""
        order = self.get_object(request, object_id)
        buttons = order_pages.buttons(request, order) if order else []
        context: dict[str, Any] = {"buttons": buttons, **(extra_context or {})}
        if order:
            context["parcels"] = parcels.describe(request, order)
            context["is_paid_back"] = readiness.is_paid_back(order)
            context["returns"] = order.returns.for_page()
        return super().change_view(request, object_id, form_url, context)

    # --- Many at once ---------------------------------------------------------------------------

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Who may do something with orders; Django asks this for the actions below."""
        return request.user.has_perm("orders.change_order")

    @admin.action(description=gettext_lazy("Mark as paid"), permissions=["act"])
    def mark_paid(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """After asking."""
        return self._act_on_many(request, queryset, "mark_paid", ACTIONS["mark-paid"])

    @admin.action(description=gettext_lazy("Ship"), permissions=["act"])
    def ship(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """After asking."""
        return self._act_on_many(request, queryset, "ship", ACTIONS["ship"])

    def _act_on_many(
        self, request: HttpRequest, queryset: QuerySet[Order], name: str, action: Action
    ) -> HttpResponse | None:
        orders = list(queryset.order_by("placed_at", "id"))
        if request.POST.get("confirmed") != "yes":
            possible = [order for order in orders if action.is_possible(order)]
            if not possible:
                text = _("“%(action)s” is not possible with any of these orders.")
                messages.warning(request, text % {"action": action.label})
                return None
            context = {
                **self.admin_site.each_context(request),
                "title": action.label,
                "opts": self.opts,
                "orders": possible,
                "left_out": [order.number for order in orders if order not in possible],
                "action": action,
                "name": name,
                "checkbox": ACTION_CHECKBOX_NAME,
            }
            return render(request, "admin/orders/order/act_on_many.html", context)
        refusals = [order_pages.perform(request, self, order, action, {}) for order in orders]
        for refusal in filter(None, refusals):
            messages.error(request, refusal)
        if done := refusals.count(""):
            text = ngettext("Done with %(n)d order.", "Done with %(n)d orders.", done)
            messages.success(request, text % {"n": done})
        return None

    # --- Columns --------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, order: Order) -> str:
        """How far it is, and whether somebody must look at it."""
        badge = format_html('<span class="shop-state {}">{}</span>', order.status, order.stage)
        if not order.needs_attention:
            return badge
        return format_html(
            '{} <strong class="shop-attention">{}</strong>', badge, _("Needs attention")
        )

    @admin.display(description=gettext_lazy("placed at"), ordering="placed_at")
    def placed(self, order: Order) -> str:
        """In short."""
        return date_format(timezone.localtime(order.placed_at), "SHORT_DATETIME_FORMAT")

    @admin.display(description=gettext_lazy("payment method"))
    def paid_by(self, order: Order) -> str:
        """By the name that customers see."""
        return gateways.name_of(order.payment_method)

    @admin.display(description=gettext_lazy("sent by"), ordering="shipping_method_name")
    def way(self, order: Order) -> str:
        """The shipping method, by the name it had."""
        return order.shipping_method_name

    @admin.display(description=gettext_lazy("customer"))
    def customer(self, order: Order) -> str:
        """Who ordered, and whether they have an account."""
        return f"{order.email} ({_('account') if order.user_id else _('guest')})"

    @admin.display(description=gettext_lazy("address"))
    def destination(self, order: Order) -> str:
        """Where it goes, or where it is fetched."""
        if order.is_collection:
            return order.collection_point
        place = f"{order.shipping_postcode} {order.shipping_city} {order.shipping_country}"
        parts = (order.shipping_name, order.shipping_line1, order.shipping_line2, place.strip())
        return "\n".join(filter(None, parts))

    @admin.display(description=gettext_lazy("total"), ordering="total_amount")
    def total(self, order: Order) -> str:
        """With its currency."""
        return f"{order.total_amount} {order.currency}"

    @admin.display(description=gettext_lazy("books"))
    def subtotal(self, order: Order) -> str:
        """With its currency."""
        return f"{order.subtotal_amount} {order.currency}"

    @admin.display(description=gettext_lazy("shipping"))
    def shipping(self, order: Order) -> str:
        """With its currency."""
        return f"{order.shipping_amount} {order.currency}"

    @admin.display(description=gettext_lazy("tax contained"))
    def tax(self, order: Order) -> str:
        """With its currency; and how much of what, at which rate."""
        lines = ", ".join(
            f"{line.country} {line.rate} %: {line.tax_amount} / {line.gross_amount}".strip()
            for line in order.tax_lines.all()
        )
        return f"{order.tax_amount} {order.currency}" + (f" ({lines})" if lines else "")

    @admin.display(description=gettext_lazy("discount"))
    def discount(self, order: Order) -> str:
        """With its currency and the voucher."""
        return f"{order.discount_amount} {order.currency} {order.voucher_code}".strip()

    @admin.display(description=gettext_lazy("paid by gift card"))
    def gift_cards(self, order: Order) -> str:
        """With its currency."""
        return f"{order.gift_card_amount} {order.currency}"

    @admin.display(description=gettext_lazy("received"))
    def received(self, order: Order) -> str:
        """What came in and did not go back."""
        return f"{order.received_amount} {order.currency}"
