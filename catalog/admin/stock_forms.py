"""What staff does with an edition's stock at one location: the form of each, and its verb."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.admin.once import OnceForm
from catalog.models import Location, Stock

MOST_COPIES = 100_000  # in one go; more is a slip of the finger


class StockForm(OnceForm):
    """Where, how many, why."""

    location = forms.ModelChoiceField(
        Location.objects.all(), label=gettext_lazy("Location"), empty_label=None
    )
    quantity = forms.IntegerField(label=gettext_lazy("Copies"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    title: str | Promise = ""
    button: str | Promise = ""

    def apply(self, stock: Stock, actor: Any) -> None:
        """Do it. Raises InsufficientStock."""
        raise NotImplementedError  # Django's metaclass is not that of an ABC


class ReceiveForm(StockForm):
    """Copies that came in."""

    title = gettext_lazy("Receive copies")
    button = gettext_lazy("Receive")
    quantity = forms.IntegerField(
        label=gettext_lazy("Copies received"), min_value=1, max_value=MOST_COPIES
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, required=False,
        help_text=gettext_lazy("For example the number of the delivery note."),
    )  # fmt: skip

    def apply(self, stock: Stock, actor: Any) -> None:
        """Take them in."""
        data = self.cleaned_data
        stock.receive(data["quantity"], reason=data["reason"], actor=actor)


class AdjustForm(StockForm):
    """A correction by a difference."""

    title = gettext_lazy("Adjust the stock")
    button = gettext_lazy("Adjust")
    quantity = forms.IntegerField(
        label=gettext_lazy("Difference"), min_value=-MOST_COPIES, max_value=MOST_COPIES,
        help_text=gettext_lazy("−2 when two copies are missing, 1 when one turned up."),
    )  # fmt: skip

    def clean_quantity(self) -> int:
        """Refuse a difference that is none."""
        quantity: int = self.cleaned_data["quantity"]
        if quantity == 0:
            raise forms.ValidationError(_("A difference of 0 changes nothing."))
        return quantity

    def apply(self, stock: Stock, actor: Any) -> None:
        """Correct the counter."""
        data = self.cleaned_data
        stock.adjust(data["quantity"], reason=data["reason"], actor=actor)


class DamageForm(StockForm):
    """Copies that nobody will buy."""

    title = gettext_lazy("Write off damaged copies")
    button = gettext_lazy("Write off")
    quantity = forms.IntegerField(
        label=gettext_lazy("Copies damaged"), min_value=1, max_value=MOST_COPIES
    )
    reason = forms.CharField(
        label=gettext_lazy("What happened"), max_length=200,
        help_text=gettext_lazy("For example: coffee, torn jacket, bent in the post."),
    )  # fmt: skip

    def apply(self, stock: Stock, actor: Any) -> None:
        """Write them off."""
        data = self.cleaned_data
        stock.damage(data["quantity"], reason=data["reason"], actor=actor)


class CountForm(StockForm):
    """What somebody counted on the shelf."""

    title = gettext_lazy("Enter what you counted")
    button = gettext_lazy("Save the count")
    quantity = forms.IntegerField(
        label=gettext_lazy("Copies on the shelf"), min_value=0, max_value=MOST_COPIES,
        help_text=gettext_lazy("All that lie there, promised to orders or not."),
    )  # fmt: skip

    def apply(self, stock: Stock, actor: Any) -> None:
        """Make the counter say so."""
        data = self.cleaned_data
        stock.count(data["quantity"], reason=data["reason"], actor=actor)


FORMS: dict[str, type[StockForm]] = {
    "receive": ReceiveForm,
    "adjust": AdjustForm,
    "damage": DamageForm,
    "count": CountForm,
}
