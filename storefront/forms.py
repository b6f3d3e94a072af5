"""What visitors may write into the shop's forms; every field has a limit and a plain error."""

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Address, User
from catalog import isbn
from orders import countries, vouchers
from orders.models import Basket, BasketLine
from orders.models.basket import MAX_LINES, MAX_QUANTITY
from orders.models.numbers import LONGEST_CODE

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST_NUMBER = 60  # an ISBN with label and separators
MOST_TYPED = 20  # letters of what was typed for a number that are shown again
MAX_ADDRESSES = 30  # in an address book
ADDRESS_FIELDS = ("name", "line1", "line2", "postcode", "city", "country")


class CountrySelect(forms.Select):
    """A select of hundreds of plain options: Django would render a template for each of them."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> SafeString:
        """As Django writes it."""
        options = _options_of_countries(get_language())
        for code in map(escape, self.format_value(value)):
            options = options.replace(f'value="{code}">', f'value="{code}" selected>')
        told = flatatt(self.build_attrs(self.attrs, attrs))
        return format_html('<select name="{}"{}>\n{}\n</select>', name, told, SafeString(options))

    def use_required_attribute(self, initial: Any) -> bool:
        """Yes: the first choice is none. Django would look through all for that."""
        return True


@functools.cache
def _options_of_countries(language: str | None) -> str:
    return "\n".join(
        f'  <option value="{escape(code)}">{escape(label)}</option>' for code, label in _countries()
    )


def _countries() -> "list[tuple[str, StrOrPromise]]":
    return [("", _("Choose a country")), *countries.choices()]


class CountryField(forms.ChoiceField):
    """A country by its code."""

    def __init__(self, **options: Any) -> None:
        """Of all countries, in the reader's language."""
        super().__init__(label=_("Country"), widget=CountrySelect, choices=_countries, **options)

    def valid_value(self, value: object) -> bool:
        """Whether there is such a country."""
        return value in countries.NAMES


E_MAIL = _("E-mail address")
NOT_AN_EMAIL = {
    "required": _("Please enter your e-mail address."),
    "invalid": _("Please enter an e-mail address such as name@example.com."),
}


class EmailField(forms.EmailField):
    """An e-mail address, in the shop's words."""

    def __init__(self, **options: Any) -> None:
        """As long as the longest that there can be."""
        super().__init__(label=E_MAIL, max_length=254, error_messages=NOT_AN_EMAIL, **options)


class NumberField(forms.CharField):
    """An edition's number in any notation; becomes its 13 digits."""

    def clean(self, value: object) -> str:
        """The 13 digits."""
        text: str = super().clean(value)
        try:
            return isbn.normalize(text)
        except isbn.InvalidNumber:
            raise forms.ValidationError(
                _("“%(text)s” is not a valid ISBN: please check the digits."),
                params={"text": text[:40]},
                code="invalid",
            ) from None


class QuantityField(forms.IntegerField):
    """How many copies of one edition."""

    def __init__(self, *, min_value: int, **options: Any) -> None:
        """From `min_value` on."""
        super().__init__(
            label=_("Quantity"),
            min_value=min_value,
            max_value=MAX_QUANTITY,
            error_messages={
                "invalid": _("The quantity must be a whole number, such as 1."),
                "required": _("Please give a quantity."),
                "min_value": _("The quantity must be at least %(limit_value)s."),
                "max_value": _("We sell at most %(limit_value)s copies of a title at once."),
            },
            **options,
        )


_NUMBER = NumberField(
    label=_("ISBN"),
    max_length=LONGEST_NUMBER,
    error_messages={"required": _("Please give the ISBN of the book.")},
)
_QUANTITY = QuantityField(min_value=1, required=False)


class NotALine(Exception):
    """What was sent names no edition, or no number of copies; `errors` say so, in words."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(errors)
        self.errors = errors


def read_line(sent: QueryDict) -> tuple[str, int]:
    """The 13 digits of the edition that is to go into the basket, and how many copies of it: one,
    when nothing was said.

    Raises NotALine. Asks the fields by themselves: a form would copy them for each visitor.
    """
    values: dict[str, Any] = {}
    errors: list[str] = []
    for name, field in (("isbn13", _NUMBER), ("quantity", _QUANTITY)):
        try:
            values[name] = field.clean(sent.get(name))
        except forms.ValidationError as error:
            errors += [f"{field.label}: {message}" for message in error.messages]
    if errors:
        raise NotALine(errors)
    quantity = values["quantity"]
    return values["isbn13"], 1 if quantity is None else quantity


class BasketForm(forms.Form):
    """The quantities of a basket as they were typed, which line is to go, and what comes back."""

    def __init__(self, lines: Sequence[BasketLine], data: QueryDict) -> None:
        """For the `lines` that are in it now.

        What was not changed on the page stays as it is, whatever other tabs did to it meanwhile.
        """
        super().__init__(data)
        self.lines = lines
        self.removed = data.get("remove", "")
        for line in lines:
            name = _quantity_of(line)
            is_changed = data.get(name) != data.get(f"shown-{line.edition.isbn13}")
            if name in data and is_changed and line.edition.isbn13 != self.removed:
                field = QuantityField(min_value=0)
                field.label = _("“%(title)s”") % {"title": line.edition.display_title}
                self.fields[name] = field
        removed = [
            name
            for name in data
            if name.startswith(_REMOVED) and isbn.is_edition_number(name.removeprefix(_REMOVED))
        ]
        if "undo" in data:
            for name in removed[:MAX_LINES]:  # no basket had more
                self.fields[name] = QuantityField(min_value=1)

    @property
    def brought_back(self) -> dict[str, int]:
        """How many copies come back of what the step before removed, by isbn13."""
        self.full_clean()
        return {
            name.removeprefix(_REMOVED): quantity
            for name, quantity in self.cleaned_data.items()
            if name.startswith(_REMOVED)
        }

    @property
    def removal(self) -> dict[str, int]:
        """None of the line that is to go, by its isbn13, whatever is wrong with others."""
        return {
            line.edition.isbn13: 0 for line in self.lines if line.edition.isbn13 == self.removed
        }

    @property
    def changed(self) -> dict[str, int]:
        """The other numbers of copies that are others now, by isbn13; once the form is valid."""
        typed = {line: self.cleaned_data.get(_quantity_of(line)) for line in self.lines}
        return {
            line.edition.isbn13: quantity
            for line, quantity in typed.items()
            if quantity not in (None, line.quantity)
        }

    def typed(self, line: BasketLine) -> str:
        """What stands in the line's field; of a flood of letters, the first."""
        return str(self.data.get(_quantity_of(line), line.quantity))[:MOST_TYPED]

    def problem(self, line: BasketLine) -> str:
        """What is wrong with that; empty: nothing."""
        return " ".join(map(str, self.errors.get(_quantity_of(line), ())))


_REMOVED = "removed-"


def _quantity_of(line: BasketLine) -> str:
    """The name of its field."""
    return f"quantity-{line.edition.isbn13}"


class VoucherForm(forms.Form):
    """A voucher for the basket."""

    voucher = forms.CharField(
        label=_("Voucher code"),
        max_length=LONGEST_CODE,
        error_messages={"required": _("Please type the code of the voucher.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    use_required_attribute = False  # the other buttons of its page need none

    def __init__(self, data: QueryDict | None = None) -> None:
        """Empty, unless a code was typed or the button was pressed that needs one."""
        is_meant = data is not None and (data.get("voucher", "").strip() or "use_voucher" in data)
        super().__init__(data if is_meant else None)

    @property
    def blank_for(self) -> tuple[()] | None:
        """That it is empty; None: something is filled in."""
        return None if self.is_bound else ()

    def use_for(self, basket: Basket) -> None:
        """Keep the voucher that was typed, if one was, with the basket. Raises BasketGone."""
        if not self.is_valid():
            return
        try:
            vouchers.keep(basket, self.cleaned_data["voucher"])
        except vouchers.UnknownVoucher as error:
            self.add_error("voucher", str(error))


class GiftCardForm(forms.Form):
    """The code of a gift card whose balance somebody wants to know."""

    code = forms.CharField(
        label=_("Code of the gift card"),
        help_text=_("16 letters and digits. Spaces and hyphens do not matter."),
        max_length=LONGEST_CODE,
        error_messages={"required": _("Please type the code of the gift card.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class AddressForm(forms.ModelForm[Address]):
    """A postal address in the address book."""

    country = CountryField()

    class Meta:
        model = Address
        fields = ADDRESS_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """With the hints that browsers fill addresses by."""
        super().__init__(*args, **kwargs)
        prepare_address_fields(self.fields)

    def clean(self) -> dict[str, Any]:
        """A postcode where there are postcodes, and an address that is not in the book yet."""
        cleaned = super().clean() or self.cleaned_data
        check_postcode(self, cleaned)
        if not self.errors and is_kept(self.instance.user, cleaned, besides=self.instance.pk or 0):
            raise forms.ValidationError(_("This address is in your address book already."))
        return cleaned


class NameForm(forms.ModelForm[User]):
    """How the shop calls a customer."""

    class Meta:
        model = User
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """With the hint that browsers fill it by."""
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["name"].required = True


AUTOCOMPLETE = {
    "name": "name",
    "line1": "address-line1",
    "line2": "address-line2",
    "postcode": "postal-code",
    "city": "address-level2",
    "country": "country",
}
LABELS = {
    "name": _("Full name"),
    "line1": _("Address"),
    "line2": _("Address, second line"),
    "postcode": _("Postcode"),
    "city": _("City"),
}


NEEDED = {
    "name": _("Please enter the name of the person who receives the parcel."),
    "line1": _("Please enter the street and house number."),
    "city": _("Please enter the city."),
    "country": _("Please choose the country."),
}


def prepare_address_fields(fields: Mapping[str, forms.Field], section: str = "") -> None:
    """Label the address fields and give them the hints that browsers fill them by."""
    for name, hint in AUTOCOMPLETE.items():
        fields[name].widget.attrs["autocomplete"] = f"{section} {hint}".strip()
        fields[name].label = LABELS.get(name, fields[name].label)
        if name in NEEDED:
            fields[name].error_messages["required"] = NEEDED[name]
    fields["postcode"].required = False  # some countries have none: see check_postcode


def is_kept(user: User, address: Mapping[str, Any], *, besides: int = 0) -> bool:
    """Whether the user's address book has this very address, in whatever case it was typed."""
    same = {f"{name}__iexact": address[name] for name in ADDRESS_FIELDS}
    return user.addresses.filter(**same).exclude(pk=besides).exists()


def check_postcode(form: forms.BaseForm, cleaned: Mapping[str, Any]) -> None:
    """Add an error unless there is a postcode or the country has none."""
    if cleaned.get("country") in countries.WITHOUT_POSTCODES or cleaned.get("postcode"):
        return
    if "postcode" not in form.errors:
        form.add_error("postcode", _("Please enter the postcode."))
