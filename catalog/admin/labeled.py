"""Rows of a form in a table: each field says by itself what it is, as no label stands beside it."""

from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Field, Model
from django.forms.boundfield import BoundField
from django.forms.models import BaseInlineFormSet, ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

C = TypeVar("C", bound=Model)
P = TypeVar("P", bound=Model)


class NamedField(BoundField):
    """A field with its name before it, which shows on a phone: there rows are no table any more."""

    def as_widget(self, *args: Any, **kwargs: Any) -> SafeString:
        """The name is for eyes; the field tells it by itself."""
        widget = super().as_widget(*args, **kwargs)
        if self.is_hidden:
            return widget
        name = '<span class="shop-field-name" aria-hidden="true">{}</span>{}'
        return format_html(name, capfirst(self.label), widget)


class LabeledFormSet(BaseInlineFormSet[Any, Any, Any]):
    """Its box to tick for deleting a row is labeled, too."""

    def add_fields(self, form: ModelForm[Any], index: int | None) -> None:
        """Name the row that would go."""
        super().add_fields(form, index)
        form.bound_field_class = NamedField
        if form.instance.pk and "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = _("Delete: %s") % form.instance


class LabeledInline(admin.TabularInline[C, P]):
    """Django's table names its columns alone; who hears the page hears it in the field."""

    formset = LabeledFormSet

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """With the column's name as the field's."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and field.label:
            field.widget.attrs["aria-label"] = str(field.label)
        return field
