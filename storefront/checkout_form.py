"""The form of the one-page checkout: what is asked, and what of it is needed when."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.boundfield import BoundWidget
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Address, User
from orders import countries
from orders.gateways import PaymentMethod
from orders.models import PostalAddress, ShippingMethod
from orders.models.numbers import LONGEST_CODE
from storefront.checkout_offer import Choice, Offer
from storefront.forms import (
    ADDRESS_FIELDS,
    MAX_ADDRESSES,
    NEEDED,
    CountryField,
    EmailField,
    check_postcode,
    is_kept,
    prepare_address_fields,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ANOTHER_ADDRESS = "another"
GIFT_CARDS = "gift_card"  # hidden fields: the codes of those that were taken


def _code_input() -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"})


@dataclass(frozen=True)
class ShippingChoice:
    """A radio button of the shipping methods, with what the order costs by it."""

    radio: BoundWidget
    choice: Choice


class CheckoutForm(forms.Form):
    """Contact, delivery and payment."""

    email = EmailField(help_text=_("We send the confirmation and news of your order there."))
    shipping_method = forms.ChoiceField(
        label=_("Delivery"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose how your order reaches you.")},
    )
    saved_address = forms.ChoiceField(
        label=_("Deliver to"), widget=forms.RadioSelect, required=False
    )
    name = forms.CharField(max_length=200, required=False)
    line1 = forms.CharField(max_length=200, required=False)
    line2 = forms.CharField(max_length=200, required=False)
    postcode = forms.CharField(max_length=20, required=False)
    city = forms.CharField(max_length=100, required=False)
    country = CountryField(required=False)
    save_address = forms.BooleanField(label=_("Keep this address for next time"), required=False)
    payment_method = forms.ChoiceField(
        label=_("Payment"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose how you want to pay.")},
    )

    voucher = forms.CharField(
        label=_("Voucher code"), max_length=LONGEST_CODE, required=False, widget=_code_input()
    )
    new_gift_card = forms.CharField(
        label=_("Gift card number"), max_length=LONGEST_CODE, required=False, widget=_code_input()
    )

    offer: Offer

    use_required_attribute = False  # what is required depends on the choices

    def __init__(
        self,
        *,
        shipping_methods: Sequence[ShippingMethod],
        payment_methods: Sequence[PaymentMethod],
        user: User | None,
        usual_country: str = "",
        data: QueryDict | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        """For a basket that may be sent by `shipping_methods`, most often to `usual_country`."""
        super().__init__(data, initial=initial)
        self.fields["country"].initial = usual_country
        self.shipping_methods = {method.code: method for method in shipping_methods}
        self.payment_methods = payment_methods
        self.user = user
        self.addresses = {str(each.pk): each for each in user.addresses.all()} if user else {}
        self._offer_choices()
        self._prefill()

    def _offer_choices(self) -> None:
        prepare_address_fields(self.fields, section="shipping")
        self.fields["email"].widget.attrs["autocomplete"] = "email"
        _choices_of(self, "shipping_method").choices = [
            (method.code, method.name) for method in self.shipping_methods.values()
        ]
        _choices_of(self, "payment_method").choices = [
            (method.code, method.name) for method in self.payment_methods
        ]
        if self.addresses:
            _choices_of(self, "saved_address").choices = [
                *((key, _on_one_line(address)) for key, address in self.addresses.items()),
                (ANOTHER_ADDRESS, _("Another address")),
            ]
        else:
            del self.fields["saved_address"]
        if self.user is None:
            del self.fields["save_address"]

    def _prefill(self) -> None:
        for name, choices in (
            ("shipping_method", self.shipping_methods),
            ("payment_method", [method.code for method in self.payment_methods]),
            ("saved_address", self.addresses),
        ):
            if name in self.fields:
                self.fields[name].initial = next(iter(choices), None)
        if self.user is not None:
            self.fields["email"].initial = self.user.email
            self.fields["name"].initial = self.user.name

    def attach(self, offer: Offer) -> None:
        """Show and check by `offer`, made for what was typed; before anything else is asked."""
        self.offer = offer
        served = (each.method.code for each in offer.choices if not each.refusal)
        first = self.fields["shipping_method"].initial
        self.fields["shipping_method"].initial = next(served, first)

    def answer_codes(self, typed: Iterable[str], refused: Mapping[str, str]) -> None:
        """Empty the fields of what was typed and taken; say at the others why it is `refused`.
        Nothing else is checked yet.
        """
        for name in typed:
            if name not in refused:
                self.initial[name] = ""
        for name, problem in refused.items():
            told = self.error_class([problem], renderer=self.renderer, field_id=self[name].auto_id)
            self.errors[name] = told

    @property
    def blank_for(self) -> tuple[str, ...] | None:
        """What the empty form of a guest depends on; None: something is filled in."""
        if self.is_bound or self.initial or self.user:
            return None
        return (str(self.fields["country"].initial), *(each.code for each in self.payment_methods))

    @property
    def destination(self) -> str:
        """The country that it goes to, as far as it was said; empty: not known."""
        saved = self.addresses.get(self["saved_address"].value()) if self.addresses else None
        country = saved.country if saved else self["country"].value()
        return country if country in countries.NAMES else ""

    @property
    def chosen(self) -> Choice | None:
        """The way of shipping that is chosen on the page."""
        return self.offer.choice(str(self["shipping_method"].value()))

    def shipping_choices(self) -> Iterator[ShippingChoice]:
        """The radio buttons of the shipping methods."""
        for radio, choice in zip(self["shipping_method"], self.offer.choices, strict=True):
            yield ShippingChoice(radio, choice)

    def payment_choices(self) -> Iterator[tuple[BoundWidget, PaymentMethod]]:
        """The radio buttons of the payment methods."""
        yield from zip(self["payment_method"], self.payment_methods, strict=True)

    @property
    def asks_for_address(self) -> bool:
        """Whether any of the offered methods needs one."""
        return any(method.requires_address for method in self.shipping_methods.values())

    @property
    def asks_for_country_alone(self) -> bool:
        """Whether nothing is sent, but the tax depends on where the customer is."""
        return self.offer.needs_country

    def clean(self) -> dict[str, Any]:
        """An address where a parcel goes to a new one, and a way of shipping that goes there."""
        cleaned = super().clean() or self.cleaned_data
        for name in ("expected_total", "expected_payable"):
            cleaned[name] = self._read_expected(name, cleaned.get("shipping_method", ""))
        choice = self.offer.choice(cleaned.get("shipping_method", ""))
        saved = self._saved_address(cleaned)
        needs_address = bool(choice and choice.method.requires_address) and not saved
        self._check_address(cleaned, NEEDED if needs_address else self._needed_without_address)
        if choice and choice.refusal:
            self._refuse(choice, saved)
        return cleaned

    @property
    def _needed_without_address(self) -> "Mapping[str, StrOrPromise]":
        return {"country": NEEDED["country"]} if self.asks_for_country_alone else {}

    def _check_address(self, cleaned: dict[str, Any], needed: "Mapping[str, StrOrPromise]") -> None:
        if not needed:
            for name in ADDRESS_FIELDS:
                self.errors.pop(name, None)
        for name, message in needed.items():
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, message)
        if "city" in needed:
            check_postcode(self, cleaned)

    def _refuse(self, choice: Choice, saved: Address | None) -> None:
        """Blame the country if it is not sent there at all, or else the way of shipping."""
        if self.offer.is_served or not choice.method.requires_address:
            self.add_error("shipping_method", choice.refusal)
            return
        country = {"country": countries.name_of(self.destination)}
        message = _("We cannot send this order to %(country)s.") % country
        self.add_error("saved_address" if saved else "country", message)

    def _read_expected(self, name: str, code: str) -> Decimal | None:
        # One for each shipping method, because without scripts the page cannot do the sum.
        text = self.data.get(f"{name}_{code}") or self.data.get(name)
        field = forms.DecimalField(max_digits=12, decimal_places=2, required=False)
        expected: Decimal | None = field.clean(text)
        return expected

    def _saved_address(self, cleaned: dict[str, Any]) -> Address | None:
        return self.addresses.get(cleaned.get("saved_address", ""))

    @property
    def chosen_shipping_method(self) -> ShippingMethod:
        """How the order reaches the customer."""
        return self.shipping_methods[self.cleaned_data["shipping_method"]]

    @property
    def address(self) -> PostalAddress | None:
        """Where the parcel goes, or None when there is none."""
        if not self.chosen_shipping_method.requires_address:
            return None
        saved = self._saved_address(self.cleaned_data)
        if saved is not None:
            return PostalAddress(**{name: getattr(saved, name) for name in ADDRESS_FIELDS})
        return PostalAddress(**{name: self.cleaned_data[name] for name in ADDRESS_FIELDS})

    def keep_address(self) -> None:
        """Put the new address into the user's address book, when they asked for it."""
        address = self.address
        is_wanted = self.cleaned_data.get("save_address", False)
        if self.user is None or address is None or not is_wanted:
            return
        if self._saved_address(self.cleaned_data) or len(self.addresses) >= MAX_ADDRESSES:
            return
        fields = {name: getattr(address, name) for name in ADDRESS_FIELDS}
        if not is_kept(self.user, fields):
            self.user.addresses.create(**fields)


def _on_one_line(address: Address) -> str:
    """All of it, so that no two look alike."""
    town = f"{address.postcode} {address.city}".strip()
    country = countries.name_of(address.country)
    parts = (address.name, address.line1, address.line2, town, country)
    return ", ".join(part for part in parts if part)


def _choices_of(form: forms.Form, name: str) -> forms.ChoiceField:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type
    return field
