"""Suppliers in the back office: how their files are read, and what came of the latest."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.admin import import_pages
from catalog.admin.slugged import IN_PLAIN_WORDS
from catalog.models import ImportRun, Supplier
from catalog.models.supplier import PRICE_TYPES, default_price_types

KINDS = {
    "02": gettext_lazy("Recommended, tax included"),
    "42": gettext_lazy("The publisher’s own shop price, tax included"),
    "04": gettext_lazy("Fixed by law or contract, tax included"),
    "22": gettext_lazy("Recommended before publication, tax included"),
    "41": gettext_lazy("The publisher’s own shop price, without tax"),
    "01": gettext_lazy("Recommended, without tax"),
    "21": gettext_lazy("Recommended before publication, without tax"),
    "05": gettext_lazy("What the shop pays the supplier, without tax"),
    "07": gettext_lazy("What the shop pays the supplier, tax included"),
}
"""Codes of ONIX list 58 that are asked for, in our words."""
PLACE = "price_type_"
NEW_TITLES = ("trust", "offers_at_once")
ORDERS = ("takes_orders", "order_days")
TRUST = gettext_lazy(
    "0 to 32767. Where two suppliers say different things of a book, the one with the higher number"
    " is believed; of equals, the later. What staff wrote is believed before everybody."
)


def _place(code: str) -> forms.IntegerField:
    """A kind of price's place in the order of choice."""
    return forms.IntegerField(label=KINDS[code], required=False, min_value=1, max_value=99)


class SupplierForm(forms.ModelForm[Supplier]):
    """A supplier; each kind of price has its place in the order of choice, or none."""

    price_type_02 = _place("02")
    price_type_42 = _place("42")
    price_type_04 = _place("04")
    price_type_22 = _place("22")
    price_type_41 = _place("41")
    price_type_01 = _place("01")
    price_type_21 = _place("21")
    price_type_05 = _place("05")
    price_type_07 = _place("07")

    class Meta:
        model = Supplier
        exclude = ("price_types",)  # noqa: DJ006 - the places below make it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "trust" in self.fields:
            self.fields["trust"].help_text = TRUST
        chosen = self.instance.price_types if self.instance.pk else default_price_types()
        for code in PRICE_TYPES:
            if f"{PLACE}{code}" in self.fields:
                place = chosen.index(code) + 1 if code in chosen else None
                self.fields[f"{PLACE}{code}"].initial = place

    def clean(self) -> dict[str, Any]:
        """Put the kinds of prices in their order. Refuses to take none."""
        data = super().clean() or self.cleaned_data
        if not any(name.startswith(PLACE) for name in self.fields):
            return data  # who may only look
        places = {code: data.get(f"{PLACE}{code}") for code in PRICE_TYPES}
        chosen = sorted((place, PRICE_TYPES.index(code)) for code, place in places.items() if place)
        if not chosen and not self.errors:
            self.add_error(None, _("Give at least one kind of price a place."))
        others = [code for code in self.instance.price_types if code not in PRICE_TYPES]
        self.instance.price_types = [PRICE_TYPES[index] for _place, index in chosen] + others
        return data


def _place_on_form(name: str) -> int:
    """Name and code first, also where the code can only be read; then as the model has them."""
    return ("name", "code").index(name) if name in ("name", "code") else 2


@admin.register(Supplier)
class SupplierAdmin(admin.ModelAdmin[Supplier]):
    """Publishers, distributors and wholesalers whose files the shop reads."""

    form = SupplierForm
    formfield_overrides = IN_PLAIN_WORDS
    list_display = ("name", "currency", "trust", "latest", "run_count")
    search_fields = ("name", "code")
    show_full_result_count = False
    change_list_template = "admin/catalog/supplier/change_list.html"
    change_form_template = "admin/catalog/supplier/change_form.html"
    prepopulated_fields = {"code": ("name",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Supplier]:
        """With the latest run and how many there were."""
        numbers = [f"{count.outcome}_count" for count in import_pages.counts_of(ImportRun())]
        latest = ImportRun.objects.filter(supplier=OuterRef("pk")).order_by("-id")
        said = JSONObject(id="pk", status="status", **{name: name for name in numbers})
        return (
            super()
            .get_queryset(request)
            .annotate(
                latest_at=Subquery(latest.values("created_at")[:1]),
                latest_run=Subquery(latest.values(said=said)[:1]),
                runs_in_all=Count("runs"),
            )
            .order_by(F("trust").desc(), "name")
        )

    def get_fieldsets(self, request: HttpRequest, obj: Supplier | None = None) -> Any:
        """The prices apart, with what their places mean."""
        if obj is not None and not self.has_change_permission(request, obj):
            return [(None, {"fields": [*self.get_fields(request, obj), "prices"]})]
        names = self.get_fields(request, obj)
        prices = [f"{PLACE}{code}" for code in PRICE_TYPES]
        explained = _(
            "1 is the best: of the prices in a record, the kind with the lowest number is taken."
            " A kind without a number is never taken. To prices without tax, the tax is added."
        )
        groups = {_("New titles, and who is believed"): NEW_TITLES, _("Orders"): ORDERS}
        grouped = {*prices, *NEW_TITLES, *ORDERS}
        rest = sorted((name for name in names if name not in grouped), key=_place_on_form)
        return [
            (None, {"fields": rest}),
            (_("Which of its prices are taken"), {"fields": prices, "description": explained}),
            *((title, {"fields": fields}) for title, fields in groups.items()),
        ]

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Supplier | None = None
    ) -> dict[str, Any]:
        """The code is made of the name once."""
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Most send prices in the shop's own currency."""
        return {"currency": settings.SHOP_CURRENCY, **super().get_changeform_initial_data(request)}

    def get_readonly_fields(
        self, request: HttpRequest, obj: Supplier | None = None
    ) -> tuple[str, ...]:
        """The code stays: it says in every edition who said what."""
        return ("code", "prices") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Supplier | None = None) -> Any:
        """All; who may only look reads the prices in one line."""
        fields = [name for name in super().get_fields(request, obj) if name != "prices"]
        if obj is None or self.has_change_permission(request, obj):
            return [str(name) for name in fields]
        return [str(name) for name in fields if not str(name).startswith(PLACE)]

    @admin.display(description=gettext_lazy("prices, the best first"))
    def prices(self, supplier: Supplier) -> str:
        """The kinds that are taken."""
        return "; ".join(str(KINDS.get(code, code)) for code in supplier.price_types)

    def has_delete_permission(self, request: HttpRequest, obj: Supplier | None = None) -> bool:
        """Who has sent files stays, as what they said does."""
        if obj is not None and obj.runs.exists():
            return False
        return super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """They are dealt with one by one."""
        return {}

    @admin.display(description=gettext_lazy("latest import"), empty_value="–")
    def latest(self, supplier: Any) -> SafeString | None:
        """When, and how it ended."""
        if supplier.latest_run is None:
            return None
        run = ImportRun(**supplier.latest_run)
        day = date_format(timezone.localtime(supplier.latest_at), "SHORT_DATETIME_FORMAT")
        return format_html(
            '<a href="{}">{}</a> <span class="shop-state shop-run-{}">{}</span> {}',
            reverse("admin:catalog_importrun_change", args=[run.pk]),
            day,
            run.status,
            run.get_status_display(),
            import_pages.figures(run),
        )

    @admin.display(description=gettext_lazy("imports"), ordering="runs_in_all")
    def run_count(self, supplier: Any) -> SafeString | str:
        """How many files they have sent; a link to them."""
        if not supplier.runs_in_all:
            return "0"
        return format_html(
            '<a href="{}?supplier__id__exact={}">{}</a>',
            reverse("admin:catalog_importrun_changelist"),
            supplier.pk,
            number_format(supplier.runs_in_all, force_grouping=True),
        )
