"""Gift cards: what they hold and why, cards over the counter, corrections, and blocking.

A code is money. Who may only look sees its last four characters; all of it is for those who may
change gift cards.
"""

import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from catalog.admin.once import OnceForm
from catalog.models import DoneForm
from catalog.money import format_money
from orders.admin.reading import ReadOnlyAdmin
from orders.models import GiftCard, GiftCardMovement, numbers
from orders.models.gift_card import GiftCardOverdrawn

LARGEST_AMOUNT = Decimal("10000.00")


class IssueForm(OnceForm):
    """A card that was paid for at the counter, or is given away."""

    amount = forms.DecimalField(
        label=gettext_lazy("Amount"),
        min_value=Decimal("0.01"),
        max_value=LARGEST_AMOUNT,
        decimal_places=2,
    )
    expires_date = forms.DateField(
        label=gettext_lazy("Can be used until"),
        required=False,
        widget=AdminDateWidget,
        help_text=gettext_lazy("Empty: without end."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        initial=gettext_lazy("Paid in cash"),
        help_text=gettext_lazy("Stands in the card’s ledger."),
    )

    def clean_expires_date(self) -> datetime.date | None:
        """Raises ValidationError for a day that is over."""
        day: datetime.date | None = self.cleaned_data["expires_date"]
        if day and day < timezone.localdate():
            raise forms.ValidationError(_("This day is over."))
        return day

    @property
    def expires_at(self) -> datetime.datetime | None:
        """The end of the last day."""
        day = self.cleaned_data["expires_date"]
        midnight = datetime.datetime.min.time()
        return day and timezone.make_aware(
            datetime.datetime.combine(day + datetime.timedelta(days=1), midnight)
        )


class AdjustForm(OnceForm):
    """A correction, up or down."""

    change = forms.DecimalField(
        label=gettext_lazy("Change by"),
        min_value=-LARGEST_AMOUNT,
        max_value=LARGEST_AMOUNT,
        decimal_places=2,
        help_text=gettext_lazy("Such as 5.00, or -5.00 to take something off."),
    )
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=200)

    def clean_change(self) -> Decimal:
        """Raises ValidationError for no change."""
        change: Decimal = self.cleaned_data["change"]
        if not change:
            raise forms.ValidationError(_("That changes nothing."))
        return change


class MovementInline(admin.TabularInline[GiftCardMovement, GiftCard]):
    """The card's ledger, latest first."""

    model = GiftCardMovement
    fields = readonly_fields = ("created_at", "kind", "amount", "order", "reason", "actor")
    can_delete = False
    extra = max_num = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[GiftCardMovement]:
        """With the orders' numbers and the names."""
        return super().get_queryset(request).select_related("order", "actor")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for the card."""
        return request.user.has_perm("orders.view_giftcard") or may_spend(request)


def may_spend(request: HttpRequest) -> bool:
    """Whether this member of staff may see whole codes and change balances."""
    return request.user.has_perm("orders.change_giftcard")


@transaction.atomic
def _issue_once(request: HttpRequest, form: IssueForm) -> GiftCard:
    key = form.cleaned_data["key"]
    if not DoneForm.objects.claim(key):
        return GiftCard.objects.get(key=key)
    return GiftCard.objects.issue(
        form.cleaned_data["amount"],
        currency=settings.SHOP_CURRENCY,
        expires_at=form.expires_at,
        reason=form.cleaned_data["reason"],
        actor=request.user,  # type: ignore[arg-type]
        key=key,
    )


@admin.register(GiftCard)
class GiftCardAdmin(ReadOnlyAdmin[GiftCard]):
    """Cards change by their verbs alone."""

    inlines = (MovementInline,)
    change_list_template = "admin/orders/giftcard/change_list.html"
    change_form_template = "admin/orders/giftcard/change_form.html"
    list_display = ("card", "balance", "sold_with", "is_active", "expires_at", "created_at")
    list_filter = ("is_active", "created_at", "expires_at")
    list_select_related = ("order_line__order",)
    search_fields = ("code",)
    search_help_text = gettext_lazy("Code, its last four characters, or number of an order")

    def has_view_permission(self, request: HttpRequest, obj: GiftCard | None = None) -> bool:
        """Also for those who may change them, although this page changes nothing."""
        return may_spend(request) or super().has_view_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: GiftCard | None = None) -> tuple[str, ...]:
        """The whole code only for those who may spend it."""
        code = "code" if may_spend(request) else "card"
        return (code, "balance", "sold_with", "is_active", "expires_at", "created_at")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[GiftCard], search_term: str
    ) -> tuple[QuerySet[GiftCard], bool]:
        """By whole code, by what everybody sees of it, or by order; parts would be guesses."""
        text = search_term.strip()
        if not text:
            return queryset, False
        if code := numbers.normalize_gift_card_code(text):
            return queryset.filter(code=code), False
        if len(ending := text.lstrip("…").upper()) == 4:
            return queryset.filter(code__endswith=f"-{ending}"), False
        number = numbers.normalize_number(text)
        return queryset.filter(order_line__order__number=number), False

    @admin.display(description=gettext_lazy("gift card"))
    def card(self, card: GiftCard) -> str:
        """Its last characters."""
        return str(card)

    @admin.display(description=gettext_lazy("balance"), ordering="balance_amount")
    def balance(self, card: GiftCard) -> str:
        """What is left on it."""
        return format_money(card.balance_amount, card.currency)

    @admin.display(description=gettext_lazy("sold with"))
    def sold_with(self, card: GiftCard) -> str:
        """The order's number; empty when it was issued by hand."""
        return card.order_line.order.number if card.order_line else ""

    # --- Verbs ----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """With the pages of the verbs."""
        wrap = self.admin_site.admin_view
        return [
            path("issue/", wrap(self.issue), name="orders_giftcard_issue"),
            path("<int:pk>/adjust/", wrap(self.adjust), name="orders_giftcard_adjust"),
            path(
                "<int:pk>/switch/", wrap(require_POST(self.switch)), name="orders_giftcard_switch"
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the button for those who may issue cards."""
        extra = {"may_issue": request.user.has_perm("orders.add_giftcard")}
        return super().changelist_view(request, {**(extra_context or {}), **extra})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With the buttons for those who may change cards."""
        extra = {"may_change": may_spend(request)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})

    def issue(self, request: HttpRequest) -> HttpResponse:
        """Issue a card; its page shows the code, also to who sends the form once more."""
        if not request.user.has_perm("orders.add_giftcard"):
            raise PermissionDenied
        form = IssueForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._ask(request, form, _("Issue a gift card"))
        card = _issue_once(request, form)
        text = _("The gift card is issued. Its code: %(code)s")
        messages.success(request, text % {"code": card.code})
        return self._show(card) if self.has_view_permission(request) else self._list()

    def adjust(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Correct a balance."""
        card = self._card(request, pk)
        form = AdjustForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                with transaction.atomic():
                    if form.claim(request):
                        card.adjust(
                            form.cleaned_data["change"],
                            reason=form.cleaned_data["reason"],
                            actor=request.user,  # type: ignore[arg-type]
                        )
            except GiftCardOverdrawn as error:
                form.add_error("change", str(error))
            else:
                return self._show(card)
        return self._ask(request, form, _("Correct the balance"), card)

    def switch(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Block a card, or let it be used again."""
        card = self._card(request, pk)
        card.switch(is_active="activate" in request.POST)
        said = _("Can be used again.") if card.is_active else _("Blocked.")
        self.log_change(request, card, said)
        messages.success(request, said)
        return self._show(card)

    def _card(self, request: HttpRequest, pk: int) -> GiftCard:
        if not may_spend(request):
            raise PermissionDenied
        return get_object_or_404(GiftCard, pk=pk)

    def _ask(
        self, request: HttpRequest, form: forms.Form, title: str, card: GiftCard | None = None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": GiftCard._meta,
            "form": form,
            "card": card,
            "media": self.media + form.media,
        }
        status = 422 if form.errors else 200
        return render(request, "admin/orders/giftcard/ask.html", context, status=status)

    def _show(self, card: GiftCard) -> HttpResponse:
        address = reverse("admin:orders_giftcard_change", args=[card.pk])
        return HttpResponseRedirect(address, status=303)

    def _list(self) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:orders_giftcard_changelist"), status=303)
