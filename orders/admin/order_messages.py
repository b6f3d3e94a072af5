"""E-mails to customers: what left, what waits, and what staff must decide about."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.redirects import see_other
from orders.admin.reading import PartOfOrder, ReadOnlyAdmin
from orders.models import OrderMessage


def state_of(message: OrderMessage) -> str:
    """Whether it has left, in the words of the shop."""
    if message.sent_at is not None:
        return _("Sent")
    return _("May have arrived: please decide") if message.is_uncertain else _("Waits")


class StateFilter(admin.SimpleListFilter):
    """Sent, waiting or uncertain."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        return [
            ("uncertain", gettext_lazy("May have arrived")),
            ("waiting", gettext_lazy("Waits")),
            ("sent", gettext_lazy("Sent")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By the model's own selections."""
        chosen: Any = queryset
        match self.value():
            case "uncertain":
                chosen = chosen.uncertain()
            case "waiting":
                chosen = chosen.waiting()
            case "sent":
                chosen = chosen.sent()
        return chosen  # type: ignore[no-any-return]


class MessageInline(PartOfOrder):
    """What the customer was told."""

    model = OrderMessage
    fields = readonly_fields = ("kind", "sent_at", "problem", "state")

    @admin.display(description=gettext_lazy("state"))
    def state(self, message: OrderMessage) -> SafeString | str:
        """With the way to the buttons, where something is to be decided."""
        words = state_of(message)
        if message.sent_at is not None:
            return words
        url = reverse("admin:orders_ordermessage_change", args=[message.pk])
        return format_html('<a href="{}">{}</a>', url, words)


@admin.register(OrderMessage)
class OrderMessageAdmin(ReadOnlyAdmin[OrderMessage]):
    """All e-mails about orders, latest first."""

    change_form_template = "admin/orders/ordermessage/change_form.html"
    list_display = ("kind", "order", "state", "problem", "sending_at", "sent_at")
    list_filter = (StateFilter, "kind", "sent_at")
    list_select_related = ("order",)
    search_fields = ("order__number", "=order__email")
    search_help_text = gettext_lazy("Number of an order, or an e-mail address")
    fields = readonly_fields = ("order", "kind", "state", "problem", "sending_at", "sent_at")
    ordering = ("-id",)
    actions = ("send_again", "mark_arrived")

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Who may do something with orders; Django asks this for the actions."""
        return request.user.has_perm("orders.change_order")

    def has_view_permission(self, request: HttpRequest, obj: OrderMessage | None = None) -> bool:
        """Who may see orders may see what was written about them."""
        return request.user.has_perm("orders.view_order")

    @admin.display(description=gettext_lazy("state"))
    def state(self, message: OrderMessage) -> str:
        """Whether it has left."""
        return state_of(message)

    @admin.action(description=gettext_lazy("Send again"), permissions=["act"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OrderMessage]) -> None:
        """Of the chosen, those that were not sent."""
        self._report(request, sum(each.send_again(actor=request.user) for each in queryset))  # type: ignore[arg-type]

    @admin.action(description=gettext_lazy("It arrived"), permissions=["act"])
    def mark_arrived(self, request: HttpRequest, queryset: QuerySet[OrderMessage]) -> None:
        """Of the chosen, those that were not sent."""
        now = timezone.now()
        self._report(
            request,
            sum(each.mark_arrived(actor=request.user, at=now) for each in queryset),  # type: ignore[arg-type]
        )

    def _report(self, request: HttpRequest, done: int) -> None:
        if not done:
            messages.warning(request, _("Nothing was to be done: it has left meanwhile."))
            return
        text = ngettext("Done with %(n)d e-mail.", "Done with %(n)d e-mails.", done)
        messages.success(request, text % {"n": done})

    # --- One of them ----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Besides, what the buttons of one e-mail do."""
        view = self.admin_site.admin_view(self._act)
        own = path("<int:pk>/act/", view, name="orders_ordermessage_act")
        return [own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The e-mail, with the buttons as long as it has not left."""
        message = self.get_object(request, object_id)
        may_act = message and message.sent_at is None and self.has_act_permission(request)
        context = {"may_act": may_act, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def _act(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST" or not self.has_act_permission(request):
            raise PermissionDenied
        message = get_object_or_404(OrderMessage, pk=pk)
        chosen = OrderMessage.objects.filter(pk=message.pk)
        if request.POST.get("press") == "arrived":
            self.mark_arrived(request, chosen)
        else:
            self.send_again(request, chosen)
        return see_other(reverse("admin:orders_order_change", args=[message.order_id]))


INLINES = ((MessageInline, "messages"),)
"""What an order's page shows, where there are some."""
