"""Vouchers: who may use them how often, many at once, and who used them."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from catalog.admin.once import OnceForm
from catalog.models import DoneForm
from catalog.money import format_money
from orders import vouchers
from orders.models import Voucher, VoucherUse
from orders.models.voucher import normalize_code

CONDITIONS = (
    *("kind", "percent", "amount", "minimum_amount", "subject"),
    *("valid_from", "valid_to"),
)


class VoucherForm(forms.ModelForm[Voucher]):
    """With a code that is looked for in capitals, and is there once."""

    def clean_code(self) -> str:
        """As it is kept. Raises ValidationError for a code that is taken, or is none."""
        code = normalize_code(self.cleaned_data["code"])
        if not code:
            raise forms.ValidationError(_("Please type a code."))
        return code

    def clean_max_uses(self) -> int | None:
        """Raises ValidationError for fewer than there were."""
        most: int | None = self.cleaned_data["max_uses"]
        if most is not None and most < self.instance.used_count:
            raise forms.ValidationError(_("It has been used more often than that."))
        return most


class ManyVouchersForm(OnceForm, forms.ModelForm[Voucher]):
    """What many vouchers are worth that are used once each."""

    number = forms.IntegerField(
        label=_("How many"), min_value=1, max_value=vouchers.MOST_AT_ONCE, initial=50
    )
    beginning = forms.CharField(
        label=_("Codes begin with"),
        max_length=12,
        required=False,
        help_text=_("Such as SPRING; eight random characters follow."),
    )

    class Meta:
        model = Voucher
        fields = ("number", "beginning", *CONDITIONS)
        field_classes = {
            "valid_from": forms.SplitDateTimeField,
            "valid_to": forms.SplitDateTimeField,
        }
        widgets = {
            "valid_from": AdminSplitDateTime,
            "valid_to": AdminSplitDateTime,
        }


class VoucherUseInline(admin.TabularInline[VoucherUse, Voucher]):
    """Who used it for what."""

    model = VoucherUse
    fields = readonly_fields = ("order", "email", "amount", "used_at", "returned_at")
    show_change_link = False
    can_delete = False
    extra = max_num = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[VoucherUse]:
        """With the orders' numbers."""
        return super().get_queryset(request).select_related("order")


@admin.register(Voucher)
class VoucherAdmin(admin.ModelAdmin[Voucher]):
    """What codes are worth, to whom and when. How often they were used is counted by orders."""

    form = VoucherForm
    inlines = (VoucherUseInline,)
    change_list_template = "admin/orders/voucher/change_list.html"
    list_display = (
        *("code", "worth", "subject", "valid_from", "valid_to"),
        *("used_count", "uses_left", "is_active"),
    )
    list_filter = ("is_active", "kind", "valid_to")
    list_select_related = ("subject",)
    list_per_page = 50
    search_fields = ("code", "email", "uses__order__number")
    search_help_text = _("Code, e-mail address, or number of an order")
    autocomplete_fields = ("subject",)
    readonly_fields = ("used_count", "created_at")
    actions = ("take_out_of_force",)
    fieldsets = (
        (None, {"fields": ("code", "is_active", "kind", "percent", "amount")}),
        (_("Holds for"), {"fields": ("minimum_amount", "subject", "email")}),
        (_("Holds when"), {"fields": ("valid_from", "valid_to")}),
        (
            _("How often"),
            {"fields": ("max_uses", "max_uses_per_customer", "used_count", "created_at")},
        ),
    )

    @admin.display(description=_("worth"), ordering="kind")
    def worth(self, voucher: Voucher) -> str:
        """What it takes off."""
        if voucher.percent is not None:
            return f"{voucher.percent.normalize():f} %"
        if voucher.amount is not None:
            return format_money(voucher.amount, settings.SHOP_CURRENCY)
        return voucher.get_kind_display()

    @admin.display(description=_("uses left"))
    def uses_left(self, voucher: Voucher) -> int | str:
        """How often it can still be used."""
        return "∞" if voucher.max_uses is None else voucher.max_uses - voucher.used_count

    @admin.action(description=_("Take the selected out of force"), permissions=["change"])
    def take_out_of_force(self, request: HttpRequest, selected: QuerySet[Voucher]) -> None:
        """Orders that have used one keep what they were promised."""
        number = selected.filter(is_active=True).update(is_active=False)
        text = ngettext(
            "%(n)d voucher is out of force.", "%(n)d vouchers are out of force.", number
        )
        messages.success(request, text % {"n": number})

    def save_model(
        self, request: HttpRequest, obj: Voucher, form: forms.ModelForm[Voucher], change: bool
    ) -> None:
        """Write only what staff has changed: a checkout may count a use at this moment."""
        obj.save(update_fields=form.changed_data if change else None)

    def get_urls(self) -> list[URLPattern]:
        """With the page that makes many."""
        many = self.admin_site.admin_view(self.many)
        return [path("many/", many, name="orders_voucher_many"), *super().get_urls()]

    def many(self, request: HttpRequest) -> HttpResponse:
        """Make many that are used once each; the answer is a CSV file of their codes.

        A form that was sent before gives the file of the codes that it made.
        """
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ManyVouchersForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "title": _("Create many vouchers"),
                "opts": Voucher._meta,
                "form": form,
                "media": self.media + form.media,
            }
            status = 422 if form.errors else 200
            return render(request, "admin/orders/voucher/many.html", context, status=status)
        return _codes(self._make_once(request, form))

    @transaction.atomic
    def _make_once(self, request: HttpRequest, form: ManyVouchersForm) -> list[Voucher]:
        wanted = form.cleaned_data
        if not DoneForm.objects.claim(wanted["key"]):
            return list(Voucher.objects.filter(batch=wanted["key"]).order_by("code"))
        made = vouchers.create_many(
            form.instance,
            number=wanted["number"],
            prefix=wanted["beginning"],
            batch=wanted["key"],
        )
        for voucher in made[:1]:
            self.log_addition(request, voucher, f"{len(made)} × {voucher}")
        return made


def _codes(made: list[Voucher]) -> HttpResponse:
    lines: list[Any] = ["code", *(voucher.code for voucher in made)]
    response = HttpResponse("\r\n".join([*lines, ""]), content_type="text/csv; charset=utf-8")
    name = f"vouchers-{timezone.localdate().isoformat()}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
