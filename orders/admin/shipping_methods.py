"""The ways to the customer, which staff sets up: methods, zones and rates."""

from typing import Any

from django import forms
from django.contrib import admin
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from orders.admin.country_fields import CountriesField, names_of
from orders.models import ShippingMethod, ShippingRate, ShippingZone


class RateForm(forms.ModelForm[ShippingRate]):
    """One rate; no amount is below 0."""

    min_value_amount = forms.DecimalField(
        label=_("From an order value of"), min_value=0, max_digits=10, decimal_places=2, initial=0
    )
    amount = forms.DecimalField(label=_("Amount"), min_value=0, max_digits=10, decimal_places=2)

    class Meta:
        model = ShippingRate
        fields = ("zone", "max_weight_grams", "min_value_amount", "amount")


class RatesFormSet(BaseInlineFormSet[ShippingRate, ShippingMethod, Any]):
    """The rates of one method: each zone, weight and value once."""

    def clean(self) -> None:
        """Raises ValidationError for a rate that stands twice, or is for nothing."""
        super().clean()
        seen = set()
        for form in self.forms:
            rate = form.cleaned_data if form.is_valid() else {}
            if not rate.get("zone") or rate.get("DELETE"):
                continue
            key = (rate["zone"], rate.get("max_weight_grams"), rate.get("min_value_amount"))
            if not self.instance.requires_address:
                form.add_error("zone", _("Only what is sent to an address has rates."))
            elif key in seen:
                form.add_error("zone", _("There is another rate for this weight and value."))
            seen.add(key)


class RateInline(admin.TabularInline[ShippingRate, ShippingMethod]):
    """What it costs where; the first that fits holds."""

    model = ShippingRate
    form = RateForm
    formset = RatesFormSet
    extra = 1
    verbose_name_plural = _("rates: without any, the amount above holds everywhere")


@admin.register(ShippingMethod)
class ShippingMethodAdmin(admin.ModelAdmin[ShippingMethod]):
    """Orders carry copies of name and amount, so a change never touches what was agreed."""

    inlines = (RateInline,)
    list_display = ("name", "code", "amount", "location", "for_digital", "is_active", "ordinal")
    list_filter = ("is_active", "for_digital")
    list_select_related = ("location",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: ShippingMethod | None = None
    ) -> tuple[str, ...]:
        """The code stays: orders and programs name the method by it."""
        return ("code",) if obj else ()


class ZoneForm(forms.ModelForm[ShippingZone]):
    """With countries by name."""

    countries = CountriesField(
        label=_("Countries"), help_text=_("None: every country that is in no other zone.")
    )

    class Meta:
        model = ShippingZone
        fields = ("name", "countries", "ordinal")


@admin.register(ShippingZone)
class ShippingZoneAdmin(admin.ModelAdmin[ShippingZone]):
    """Countries that cost the same to send to."""

    form = ZoneForm
    list_display = ("name", "where", "ordinal")

    @admin.display(description=_("countries"))
    def where(self, zone: ShippingZone) -> str:
        """The countries' names."""
        return names_of(zone.countries) or str(_("all others"))
