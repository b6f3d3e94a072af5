"""Payments in the back office: money in, money back, and the page with what does not match."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.redirects import see_other
from orders import discrepancies, gateways
from orders.admin.reading import PartOfOrder, ReadOnlyAdmin
from orders.discrepancies import LABELS, MONEY_MOVES, Discrepancy, NotThere, Remedy
from orders.gateways import ProviderRefused, ProviderUnreachable
from orders.models import Payment, PaymentAttempt, ProviderEvent, Refund, RefundRequest, WrongState
from orders.refunds import RefundError

SEEN_BY = "orders.view_payment"


class Paid(ReadOnlyAdmin[Any]):
    """Rows about money, with the name of the way to pay."""

    @admin.display(description=gettext_lazy("payment method"), ordering="provider")
    def paid_by(self, row: Any) -> str:
        """By the name that customers see."""
        return gateways.name_of(row.provider)


@admin.register(Payment)
class PaymentAdmin(Paid):
    """Money that came in, and the page with what does not match."""

    change_list_template = "admin/orders/payment/change_list.html"
    list_display = ("order", "amount", "currency", "paid_by", "received_at", "actor")
    list_filter = ("provider", "received_at")
    list_select_related = ("order", "actor")
    search_fields = ("order__number", "=event_id")
    search_help_text = gettext_lazy("Number of an order, or the provider’s number")

    def get_urls(self) -> list[URLPattern]:
        """Besides, what does not match."""
        view = self.admin_site.admin_view(self.show_unmatched)
        own = path("unmatched/", view, name="orders_payment_unmatched")
        return [own, *super().get_urls()]

    def show_unmatched(self, request: HttpRequest) -> HttpResponse:
        """What does not match, each with its buttons; a POST presses one."""
        if not request.user.has_perm(SEEN_BY):
            raise PermissionDenied
        if request.method == "POST":
            _press(request)
            return see_other(reverse("admin:orders_payment_unmatched"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Payments that do not match"),
            "opts": self.opts,
            "rows": [
                (each, _buttons(request, each))
                for each in discrepancies.find_all(at=timezone.now())
            ],
        }
        return render(request, "admin/orders/payment/unmatched.html", context)


def _may(request: HttpRequest, remedy: Remedy) -> bool:
    needed = "orders.add_refund" if remedy in MONEY_MOVES else "orders.change_order"
    return request.user.has_perm(needed)


def _buttons(request: HttpRequest, found: Discrepancy) -> list[tuple[Remedy, Any]]:
    return [(remedy, LABELS[remedy]) for remedy in found.remedies if _may(request, remedy)]


def _press(request: HttpRequest) -> None:
    """Do what a button says; or say why not."""
    key, _colon, name = request.POST.get("press", "").partition(":")
    if name not in list(Remedy):
        raise PermissionDenied
    chosen, actor = Remedy(name), request.user
    if not _may(request, chosen) or not actor.is_authenticated:
        raise PermissionDenied
    try:
        discrepancies.remedy(key, chosen, actor=actor, at=timezone.now())
    except NotThere:
        messages.info(request, _("This has been settled meanwhile."))
    except (RefundError, WrongState, ProviderRefused) as refusal:
        messages.error(request, str(refusal))
    except ProviderUnreachable:
        messages.error(request, _("The payment provider does not answer. Please try again later."))
    else:
        messages.success(request, _("Done: %(what)s.") % {"what": LABELS[chosen]})


@admin.register(Refund)
class RefundAdmin(Paid):
    """Money that went back."""

    list_display = ("order", "amount", "currency", "paid_by", "reason", "refunded_at", "actor")
    list_filter = ("provider", "refunded_at")
    list_select_related = ("order", "actor")
    search_fields = ("order__number", "=event_id")
    search_help_text = gettext_lazy("Number of an order, or the provider’s number")


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(Paid):
    """What providers were asked to take."""

    list_display = ("order", "amount", "currency", "paid_by", "status", "created_at", "checked_at")
    list_filter = ("status", "provider", "created_at")
    list_select_related = ("order",)
    search_fields = ("order__number", "=provider_id")
    search_help_text = gettext_lazy("Number of an order, or the provider’s number")


@admin.register(RefundRequest)
class RefundRequestAdmin(ReadOnlyAdmin[RefundRequest]):
    """What is to go back, and how far it is."""

    list_display = ("order", "amount", "currency", "status", "problem", "requested_at", "ended_at")
    list_filter = ("status", "requested_at")
    list_select_related = ("order",)
    search_fields = ("order__number",)
    search_help_text = gettext_lazy("Number of an order")


@admin.register(ProviderEvent)
class ProviderEventAdmin(Paid):
    """What providers said, latest first."""

    list_display = ("received_at", "kind", "order", "outcome", "needs_attention", "event_id")
    list_filter = ("needs_attention", "provider", "kind", "received_at")
    list_select_related = ("order",)
    search_fields = ("order__number", "=event_id")
    search_help_text = gettext_lazy("Number of an order, or the provider’s number")


class MoneyInline(PartOfOrder):
    """Money in, or back."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With who saw or gave it."""
        found: QuerySet[Any] = super().get_queryset(request).select_related("actor")
        return found

    @admin.display(description=gettext_lazy("payment method"))
    def paid_by(self, row: Any) -> str:
        """By the name that customers see."""
        return gateways.name_of(row.provider)


class PaymentInline(MoneyInline):
    """Money in."""

    model = Payment
    fields = readonly_fields = ("received_at", "amount", "currency", "paid_by", "actor")


class RefundInline(MoneyInline):
    """Money back."""

    model = Refund
    fields = readonly_fields = ("refunded_at", "amount", "currency", "paid_by", "reason", "actor")


class PaymentAttemptInline(PartOfOrder):
    """What the provider was asked to take."""

    model = PaymentAttempt
    fields = readonly_fields = (
        "created_at", "amount", "currency", "status", "checked_at", "provider_id",
    )  # fmt: skip


class RefundRequestInline(PartOfOrder):
    """What is to go back."""

    model = RefundRequest
    fields = readonly_fields = ("requested_at", "amount", "currency", "status", "problem", "actor")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With who asked for it."""
        return super().get_queryset(request).select_related("actor")


class ProviderEventInline(PartOfOrder):
    """What the provider said of it."""

    model = ProviderEvent
    fields = readonly_fields = ("received_at", "kind", "outcome", "event_id")


INLINES = (
    (PaymentInline, "payments"),
    (PaymentAttemptInline, "payment_attempts"),
    (RefundRequestInline, "refund_requests"),
    (RefundInline, "refunds"),
    (ProviderEventInline, "provider_events"),
)
"""What an order's page shows of its money, where there is some: by the order's relation."""
