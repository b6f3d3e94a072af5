"""Returns in the back office: the list, and a page on which each goes on step by step."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from catalog.models import Location
from catalog.models.stock import InsufficientStock
from catalog.redirects import see_other
from orders import gateways, restitution, returns
from orders.admin.reading import ReadOnlyAdmin
from orders.models import Return, ReturnLine
from orders.pricing import ZERO
from orders.refunds import RefundError

Status = Return.Status
STEPS = {
    "receive": gettext_lazy("Receive"),
    "decline": gettext_lazy("Decline"),
    "refund": gettext_lazy("Refund"),
}
"""What can be done with a return, by its address."""

REFUSALS = (
    returns.WrongReturnState, returns.NotReturnable, returns.NotSold, RefundError,
    InsufficientStock,
)  # fmt: skip
MAY_RECEIVE = "orders.change_return"
MAY_REFUND = "orders.add_refund"


class ReceiveForm(forms.Form):
    """What has come, and where it goes."""

    location = forms.ModelChoiceField(
        Location.objects.all(), label=gettext_lazy("Back on the shelf at"), required=False
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=400, required=False)

    def __init__(self, *args: Any, of_return: Return, **kwargs: Any) -> None:
        """With two numbers for each line: for the shelf, and written off."""
        super().__init__(*args, **kwargs)
        self.fields["location"].initial = Location.objects.first()
        self.lines = list(of_return.lines.select_related("order_line"))
        for line in self.lines:
            if line.expected_quantity:
                self._add(f"restocked_{line.pk}", line, _("%(line)s: on the shelf"), full=True)
                self._add(f"written_off_{line.pk}", line, _("%(line)s: written off"), full=False)
        self.order_fields([*(name for name in self.fields if "_" in name), "location", "note"])

    def _add(self, name: str, line: ReturnLine, label: str, *, full: bool) -> None:
        most = line.expected_quantity
        is_sold = line.order_line.edition_id is not None
        self.fields[name] = forms.IntegerField(
            label=label % {"line": f"{most} × {line.order_line.described}"},
            min_value=0,
            max_value=most,
            required=False,
            initial=most if full is is_sold else 0,
        )

    def copies(self, kind: str) -> dict[str, int]:
        """Numbers by isbn13, of those `restocked` or `written_off`."""
        numbers = {
            line.order_line.isbn13: self.cleaned_data.get(f"{kind}_{line.pk}")
            for line in self.lines
        }
        return {isbn13: number for isbn13, number in numbers.items() if number}


class DeclineForm(forms.Form):
    """Why it is not taken."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=400,
        help_text=gettext_lazy("The customer reads it."),
    )


class RefundForm(forms.Form):
    """How much goes back; the page shows what that comes to."""

    with_shipping = forms.BooleanField(
        label=gettext_lazy("Refund the shipping as well"), required=False
    )
    deduction_amount = forms.DecimalField(
        label=gettext_lazy("Deducted"),
        min_value=0,
        max_digits=12,
        decimal_places=2,
        required=False,
        help_text=gettext_lazy("For wear, or for what the customer was given back before."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=400, required=False)

    def clean_deduction_amount(self) -> Any:
        """Nothing, when nothing was said."""
        return self.cleaned_data["deduction_amount"] or ZERO


class ReturnLineInline(admin.TabularInline[ReturnLine, Return]):
    """What comes back."""

    model = ReturnLine
    fields = readonly_fields = (
        "order_line", "quantity", "canceled_quantity", "restocked_quantity",
        "written_off_quantity", "refund_amount",
    )  # fmt: skip
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnLine]:
        """With the titles."""
        return super().get_queryset(request).select_related("order_line")


@admin.register(Return)
class ReturnAdmin(ReadOnlyAdmin[Return]):
    """Looked at here, and moved on by the buttons alone."""

    change_form_template = "admin/orders/return/change_form.html"
    inlines = (ReturnLineInline,)
    list_display = ("number", "order", "kind", "state", "requested_at", "received_at")
    list_filter = ("status", "kind", "requested_at")
    list_select_related = ("order",)
    search_fields = ("number", "order__number", "order__email")
    search_help_text = gettext_lazy("Number of a return or an order, or an e-mail address")
    fields = readonly_fields = (
        "state", "kind", "order_link", "name", "email", "reason", "requested_at", "received_at",
        "ended_at", "note", "shipping_amount",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, of_return: Return) -> str:
        """How far it is."""
        label = of_return.get_status_display()
        return format_html('<span class="shop-state {}">{}</span>', of_return.status, label)

    @admin.display(description=gettext_lazy("order"))
    def order_link(self, of_return: Return) -> str:
        """The way to the order."""
        url = f"../../../order/{of_return.order_id}/change/"
        return format_html('<a href="{}">{}</a>', url, of_return.order.number)

    def get_urls(self) -> list[URLPattern]:
        """Besides, a page for every step."""
        view = self.admin_site.admin_view(self._act)
        *named, fallback = super().get_urls()
        return [*named, path("<int:pk>/<slug:slug>/", view, name="orders_return_act"), fallback]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With what can be done now."""
        of_return = self.get_object(request, object_id)
        steps = [] if of_return is None else _steps(request, of_return)
        return super().change_view(
            request, object_id, form_url, {"steps": steps, **(extra_context or {})}
        )

    def _act(self, request: HttpRequest, pk: int, slug: str) -> HttpResponse:
        of_return = get_object_or_404(Return.objects.select_related("order"), pk=pk)
        pages = {"receive": _receive, "decline": _decline, "refund": _refund}
        if slug not in pages:
            raise Http404
        if not request.user.has_perm(MAY_REFUND if slug == "refund" else MAY_RECEIVE):
            raise PermissionDenied
        if slug not in _possible(of_return):
            messages.warning(request, _("This is not possible with the return any more."))
            return _back(of_return)
        try:
            response = pages[slug](request, of_return)
        except REFUSALS as refusal:
            messages.error(request, str(refusal))
            return _back(of_return)
        if request.method == "POST" and response.status_code == 303:
            self.log_change(request, of_return, str(STEPS[slug]))
        return response


def _possible(of_return: Return) -> list[str]:
    return {Status.REQUESTED: ["receive", "decline"], Status.RECEIVED: ["refund"]}.get(
        Status(of_return.status), []
    )


def _steps(request: HttpRequest, of_return: Return) -> list[dict[str, str | Promise]]:
    permissions = {"refund": MAY_REFUND}
    return [
        {"slug": slug, "label": STEPS[slug]}
        for slug in _possible(of_return)
        if request.user.has_perm(permissions.get(slug, MAY_RECEIVE))
    ]


def _receive(request: HttpRequest, of_return: Return) -> HttpResponse:
    form = ReceiveForm(request.POST or None, of_return=of_return)
    if not form.is_valid():
        return _page(request, of_return, form, title=STEPS["receive"])
    returns.receive(
        of_return=of_return,
        restocked=form.copies("restocked"),
        written_off=form.copies("written_off"),
        location=form.cleaned_data["location"],
        note=form.cleaned_data["note"],
        actor=_actor(request),
        at=timezone.now(),
    )
    messages.success(request, _("The return is received. Next comes the refund."))
    return _back(of_return)


def _decline(request: HttpRequest, of_return: Return) -> HttpResponse:
    form = DeclineForm(request.POST or None)
    if not form.is_valid():
        return _page(request, of_return, form, title=STEPS["decline"])
    returns.decline(
        of_return=of_return,
        reason=form.cleaned_data["reason"],
        actor=_actor(request),
        at=timezone.now(),
    )
    messages.success(request, _("The return is declined. The customer is told by e-mail."))
    return _back(of_return)


def _refund(request: HttpRequest, of_return: Return) -> HttpResponse:
    given = restitution.given_besides(of_return.order)
    proposed = returns.propose(of_return)
    if given:
        deduction = min(given, proposed.goods_amount + proposed.shipping_amount)
        proposed = returns.propose(of_return, deduction_amount=deduction)
    form = RefundForm(
        request.POST or None,
        initial={
            "with_shipping": bool(proposed.shipping_amount),
            "deduction_amount": proposed.deduction_amount or None,
        },
    )
    if form.is_valid():
        wish = {name: form.cleaned_data[name] for name in ("with_shipping", "deduction_amount")}
        if request.POST.get("step") != "preview":
            returns.refund(
                of_return=of_return,
                note=form.cleaned_data["note"],
                actor=_actor(request),
                at=timezone.now(),
                **wish,
            )
            messages.success(request, _("The refund is under way or written down."))
            return _back(of_return)
        proposed = returns.propose(of_return, **wish)
    ways = [(gateways.name_of(payment.provider), amount) for payment, amount in proposed.ways]
    return _page(
        request, of_return, form, title=STEPS["refund"], worth=proposed, ways=ways, given=given
    )


def _page(
    request: HttpRequest, of_return: Return, form: forms.Form, *, title: Promise, **more: Any
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": title,
        "subtitle": of_return.number,
        "opts": Return._meta,
        "of_return": of_return,
        "order": of_return.order,
        "form": form,
        **more,
    }
    name = "refund" if more else "act"
    return render(request, f"admin/orders/return/{name}.html", context)


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - the admin site has seen to it
    return request.user


def _back(of_return: Return) -> HttpResponse:
    return see_other(reverse("admin:orders_return_change", args=[of_return.pk]))
