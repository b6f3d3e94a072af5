"""The form of an edition: what it is, and a new price from a day on."""

import datetime
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog import isbn
from catalog.admin.meanwhile import MeanwhileForm
from catalog.models import Edition, Price
from catalog.money import MOST_AMOUNT


class EditionForm(MeanwhileForm[Edition]):
    """An edition, and maybe a new price from a day on."""

    isbn13 = forms.CharField(
        label=gettext_lazy("ISBN or SKU"),
        max_length=40,
        help_text=gettext_lazy(
            "In any notation. Music has an ISMN, anything else the GTIN-13 under its bar code;"
            " a number of the shop’s own begins with 2."
        ),
    )
    new_price = forms.DecimalField(
        label=gettext_lazy("New price"),
        required=False,
        min_value=0,
        max_value=MOST_AMOUNT,
        max_digits=10,
        decimal_places=2,
        help_text=gettext_lazy("Tax included. Leave empty to keep the prices as they are."),
    )
    price_from = forms.DateField(
        label=gettext_lazy("From"),
        required=False,
        widget=AdminDateWidget,
        help_text=gettext_lazy("Today, unless you name a later day."),
    )
    tax_rate = forms.DecimalField(
        label=gettext_lazy("Tax rate"),
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=2,
        help_text=gettext_lazy(
            "Percent contained in the price; empty: no tax is shown. Changed without a new price,"
            " the price stays as it is, and later prices with the same rate change with it."
        ),
    )
    replaces_later = forms.BooleanField(
        label=gettext_lazy("Replace the prices that begin later"), required=False
    )

    also_carried = ("tax_rate",)
    price_told = ""
    """What became of the price, for the edition's history."""

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
        elif "isbn13" in self.fields and (free := Edition.objects.next_own_number()):
            text = _("The next free one of these: %(number)s.") % {"number": free}
            self.fields["isbn13"].help_text = f"{self.fields['isbn13'].help_text} {text}"

    def clean_isbn13(self) -> str:
        """The 13 digits that are meant, of an edition that is not there yet."""
        said = self.cleaned_data["isbn13"]
        try:
            number = isbn.normalize(said)
        except isbn.InvalidNumber:
            raise forms.ValidationError(f"“{said}” {isbn.why_invalid(said)}") from None
        there = Edition.objects.filter(isbn13=number).exclude(pk=self.instance.pk).first()
        if there is not None:
            address = reverse("admin:catalog_edition_change", args=[there.pk])
            link = format_html('<a href="{}">{}</a>', address, there)
            raise forms.ValidationError(format_html(_("It is there already: {}."), link))
        return number

    def clean(self) -> dict[str, Any]:
        """Refuse a day without a price, and an embargo that would hold nothing back."""
        data = super().clean()
        embargo, published = data.get("embargo_date"), data.get("publication_date")
        if "embargo_date" in self.changed_data and embargo and published and embargo <= published:
            self.add_error(
                "embargo_date",
                _("It is not sold before its publication anyway: name a later day, or none."),
            )
        self._check_price(data)
        return data

    def write_price(self, edition: Edition) -> None:
        """Set the new price, or the new rate alone, if there is one; to be saved before."""
        data, first = self.cleaned_data, self._first_day(self.cleaned_data)
        amount, is_other_rate = data.get("new_price"), "tax_rate" in self.changed_data
        if amount is None and not is_other_rate:
            return
        before = edition.prices.in_force(first).first()
        planned = 0
        if amount is None:
            planned = Price.objects.set_tax_rate(edition, data["tax_rate"], valid_from=first)
        else:
            rate = data["tax_rate"] if is_other_rate else ...
            edition.set_price(amount, valid_from=first, tax_rate=rate)
        self.price_told = _price_change(before, edition.prices.in_force(first).get(), first)
        if planned:
            text = ngettext("also %(n)d later price", "also %(n)d later prices", planned)
            self.price_told += ", " + text % {"n": planned}

    def _check_price(self, data: dict[str, Any]) -> None:
        """A day that is over keeps its price, and none that was planned vanishes unasked."""
        if "price_from" in self.errors:
            return
        first, amount = self._first_day(data), data.get("new_price")
        if first < timezone.localdate():
            self.add_error(
                "price_from",
                _("That day is over, and what it cost then stays. Choose today or a later day."),
            )
        elif amount is None and "new_price" not in self.errors:
            self._check_rate_alone(first, is_day_named=bool(data.get("price_from")))
        elif amount is not None and not data.get("replaces_later"):
            later = list(self.instance.prices.beginning_after(first)) if self.instance.pk else []
            if later:
                text = _("Planned prices would go: %(prices)s. If they may, tick “%(box)s”.")
                box = self.fields["replaces_later"].label
                self.add_error("new_price", text % {"prices": _listed(later), "box": box})

    def _check_rate_alone(self, first: datetime.date, *, is_day_named: bool) -> None:
        """Another rate needs a price that it is contained in, and a day something that begins."""
        if "tax_rate" in self.errors:
            return
        if "tax_rate" not in self.changed_data:
            if is_day_named:
                self.add_error("new_price", _("What shall it cost from that day on?"))
        elif not (self.instance.pk and self.instance.prices.in_force(first).exists()):
            self.add_error("new_price", _("It has no price on that day: say what it shall cost."))

    @staticmethod
    def _first_day(data: dict[str, Any]) -> datetime.date:
        return data.get("price_from") or timezone.localdate()


def _price_change(before: Price | None, now: Price, first: datetime.date) -> str:
    """Old and new, in a few words."""
    was = before.amount if before else _("none")
    told = f"{was} → {now.amount} {now.currency}"
    if before is not None and before.tax_rate != now.tax_rate:
        rates = ["–" if rate is None else f"{rate} %" for rate in (before.tax_rate, now.tax_rate)]
        told += ", " + _("tax %(old)s → %(new)s") % {"old": rates[0], "new": rates[1]}
    return _("Price: %(change)s, from %(day)s") % {"change": told, "day": first.isoformat()}


def _listed(prices: Iterable[Price]) -> str:
    return "; ".join(
        _("%(amount)s from %(day)s")
        % {"amount": price, "day": date_format(price.valid_from, "SHORT_DATE_FORMAT")}
        for price in prices
    )
