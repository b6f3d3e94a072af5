"""The form of an edition: what it is, and a new price from a day on."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import isbn
from catalog.admin.meanwhile import MeanwhileForm
from catalog.models import Edition


class EditionForm(MeanwhileForm[Edition]):
    """An edition, and maybe a new price from a day on."""

    isbn13 = forms.CharField(
        label=gettext_lazy("ISBN or SKU"),
        max_length=40,
        help_text=gettext_lazy("In any notation; a number of the shop’s own begins with 2."),
    )
    new_price = forms.DecimalField(
        label=gettext_lazy("New price"),
        required=False,
        min_value=0,
        max_digits=10,
        decimal_places=2,
        help_text=gettext_lazy("Tax included. Leave empty to keep the prices as they are."),
    )
    price_from = forms.DateField(
        label=gettext_lazy("From"),
        required=False,
        widget=AdminDateWidget,
        help_text=gettext_lazy("Today, unless you say otherwise. Later prices are replaced."),
    )
    tax_rate = forms.DecimalField(
        label=gettext_lazy("Tax rate"),
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=2,
        help_text=gettext_lazy("Percent contained in the new price; empty: no tax is shown."),
    )

    class Meta:
        model = Edition
        fields = "__all__"
        help_texts = {
            "embargo_date": gettext_lazy(
                "The first day on which it may be sold, if that is later than its publication."
                " Until then customers can at most pre-order it."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "tax_rate" in self.fields:
            running = self.instance.prices.in_force(timezone.localdate()).first()
            self.fields["tax_rate"].initial = running.tax_rate if running else None
            today = f"{running.amount} {running.currency}" if running else _("not for sale")
            field = self.fields["new_price"]
            field.help_text = f"{_('Today: %(price)s.') % {'price': today}} {field.help_text}"

    def clean_isbn13(self) -> str:
        """The 13 digits that are meant."""
        try:
            return isbn.normalize(self.cleaned_data["isbn13"])
        except isbn.InvalidNumber:
            raise forms.ValidationError(_("This is no valid ISBN or SKU.")) from None

    def clean(self) -> dict[str, Any]:
        """Refuse a day without a price, and an embargo that would hold nothing back."""
        data = super().clean() or self.cleaned_data
        embargo, published = data.get("embargo_date"), data.get("publication_date")
        if "embargo_date" in self.changed_data and embargo and published and embargo <= published:
            self.add_error(
                "embargo_date",
                _("It is not sold before its publication anyway: name a later day, or none."),
            )
        if data.get("price_from") and data.get("new_price") is None:
            self.add_error("new_price", _("What shall it cost from that day on?"))
        return data
