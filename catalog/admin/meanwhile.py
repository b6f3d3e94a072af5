"""Forms that stay open while somebody else saves: only what was changed in one is written."""

from typing import Any, ClassVar, TypeVar

from django import forms
from django.contrib.admin.utils import display_for_field
from django.db import models
from django.utils.translation import gettext as _

M = TypeVar("M", bound=models.Model)


class MeanwhileForm(forms.ModelForm[M]):
    """Carries along what each field said when the page was opened.

    A field counts as changed if it differs from that, and no longer if it differs from what
    somebody else has saved meanwhile. Where both changed the same, the form says so once.
    """

    also_carried: ClassVar[tuple[str, ...]] = ()
    """Fields that are none of the model's, but show what it says."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._of_model = {field.name for field in self._meta.model._meta.get_fields()}
        carried = [name for name in self.fields if name in {*self._of_model, *self.also_carried}]
        # What was sent without it comes from a program: that is compared with what is there.
        is_told = any(self.add_initial_prefix(name) in self.data for name in carried)
        self._carried = carried if self.instance.pk and (is_told or not self.is_bound) else []
        for name in self._carried:
            self.fields[name].show_hidden_initial = True

    def clean(self) -> dict[str, Any]:
        """Name each field that somebody else has changed, too, and to what."""
        data = super().clean() or self.cleaned_data
        for name in self._carried:
            if name in self.changed_data and name in data:
                self._compare(name)
        return data

    def _compare(self, name: str) -> None:
        """Refuse the field if it is not any more as it was shown; sent again, it is written."""
        field, hidden = self.fields[name], self.add_initial_prefix(name)
        widget = field.hidden_widget()
        now = self.get_initial_for_field(field, name)
        there = _texts(field.prepare_value(now))
        if there == _texts(widget.value_from_datadict(self.data, self.files, hidden)):
            return
        if there == _texts(field.prepare_value(self.cleaned_data[name])):
            return
        text = _(
            "Somebody changed this meanwhile. It is “%(value)s” now: save again to have yours."
        )
        self.add_error(name, text % {"value": self._in_words(name, now) or "–"})
        sent: Any = self.data  # a QueryDict, as it came from a page
        self.data = sent.copy()
        self.data.setlist(hidden, there)  # type: ignore[attr-defined]

    def _in_words(self, name: str, value: Any) -> str:
        if name not in self._of_model:
            return "" if value is None else str(value)
        field: Any = self._meta.model._meta.get_field(name)
        if field.many_to_many:
            return ", ".join(map(str, value))
        if field.is_relation:
            return str(getattr(self.instance, name) or "")
        return str(display_for_field(value, field, ""))

    def _post_clean(self) -> None:
        """Leave the row as it is now in all that was not changed here."""
        for name in self._carried:
            if name in self._of_model and name not in self.changed_data:
                self.cleaned_data.pop(name, None)
        super()._post_clean()  # type: ignore[misc]


def _texts(value: Any) -> list[str]:
    """As the page carries it; browsers send line breaks in a notation of their own."""
    values = value if isinstance(value, list | tuple | models.QuerySet) else [value]
    return sorted(
        str(each).replace("\r\n", "\n").strip() for each in values if each not in (None, "")
    )
