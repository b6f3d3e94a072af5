"""Who sells, and which tax that means: the seller, tax rates and tax areas."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from caching import store
from orders import countries, tax_tables
from orders.admin.country_fields import CountriesField, CountryField, names_of
from orders.models import Seller, TaxArea, TaxRate


class SellerForm(forms.ModelForm[Seller]):
    """With the country by name."""

    country = CountryField(
        label=gettext_lazy("Country"),
        required=False,
        help_text=gettext_lazy(
            "Once it is set, the tables of tax rates and areas hold; before, the rates that stand"
            " with the prices."
        ),
    )


@admin.register(Seller)
class SellerAdmin(admin.ModelAdmin[Seller]):
    """One row, which is made by being saved first and never deleted."""

    form = SellerForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one seller."""
        return super().has_add_permission(request) and not Seller.objects.exists()

    def save_model(self, request: HttpRequest, obj: Seller, form: Any, change: bool) -> None:
        """The public pages say so at once."""
        super().save_model(request, obj, form, change)
        store.bump_after_commit(["seller"])

    def has_delete_permission(self, request: HttpRequest, obj: Seller | None = None) -> bool:
        """Invoices need one."""
        return False


class TaxRateForm(forms.ModelForm[TaxRate]):
    """With the country by name."""

    country = CountryField(label=gettext_lazy("Country"))
    rate = forms.DecimalField(
        label=gettext_lazy("Percent"), min_value=0, max_value=100, decimal_places=2
    )

    class Meta:
        model = TaxRate
        fields = ("country", "kind", "rate", "valid_from", "valid_to")

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for days in the wrong order."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("valid_from"), cleaned.get("valid_to")
        if first and last and last < first:
            self.add_error("valid_to", _("The last day comes before the first."))
        return cleaned


@admin.register(TaxRate)
class TaxRateAdmin(admin.ModelAdmin[TaxRate]):
    """Percent contained in prices. Orders carry copies of what held on their day."""

    form = TaxRateForm
    change_list_template = "admin/orders/taxrate/change_list.html"
    list_display = ("where", "kind", "rate", "valid_from", "valid_to")
    list_filter = ("kind", "country")
    search_fields = ("=country",)
    search_help_text = gettext_lazy("Code of a country, such as DE")

    @admin.display(description=gettext_lazy("country"), ordering="country")
    def where(self, rate: TaxRate) -> str:
        """The country's name."""
        return countries.name_of(rate.country)

    def get_urls(self) -> list[URLPattern]:
        """With the button that fills the tables."""
        load = self.admin_site.admin_view(require_POST(self.load))
        return [path("load/", load, name="orders_taxrate_load"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With a word on whether the tables hold at all."""
        extra = {
            "seller_country": countries.name_of(Seller.objects.current().country),
            "known_on": tax_tables.AS_OF,
        }
        return super().changelist_view(request, {**(extra_context or {}), **extra})

    def load(self, request: HttpRequest) -> HttpResponse:
        """Add what is missing of the rates that come with the shop."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        rates, areas = tax_tables.load()
        text = _(
            "Added %(rates)d rates and %(areas)d areas, as known on %(day)s."
            " Please check those that you need."
        )
        day = date_format(tax_tables.AS_OF, "DATE_FORMAT")
        messages.success(request, text % {"rates": rates, "areas": areas, "day": day})
        return HttpResponseRedirect(reverse("admin:orders_taxrate_changelist"), status=303)


class TaxAreaForm(forms.ModelForm[TaxArea]):
    """With countries by name."""

    seller_countries = CountriesField(
        label=gettext_lazy("For sellers in"), help_text=gettext_lazy("None: wherever you are.")
    )
    countries = CountriesField(
        label=gettext_lazy("Goods sent to"), help_text=gettext_lazy("None: everywhere else.")
    )

    class Meta:
        model = TaxArea
        fields = ("name", "seller_countries", "countries", "treatment", "ordinal")


@admin.register(TaxArea)
class TaxAreaAdmin(admin.ModelAdmin[TaxArea]):
    """How orders to some countries are taxed; the first area that fits holds."""

    form = TaxAreaForm
    list_display = ("name", "sellers", "where", "treatment", "ordinal")

    @admin.display(description=gettext_lazy("for sellers in"))
    def sellers(self, area: TaxArea) -> str:
        """The countries' names."""
        return names_of(area.seller_countries, most=3) or _("anywhere")

    @admin.display(description=gettext_lazy("goods sent to"))
    def where(self, area: TaxArea) -> str:
        """The countries' names."""
        return names_of(area.countries, most=3) or _("all others")
