"""Rows of a form in a table: each field says by itself what it is, as no label stands beside it."""

from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Field, Model
from django.forms.models import BaseInlineFormSet, ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _

C = TypeVar("C", bound=Model)
P = TypeVar("P", bound=Model)


class LabeledFormSet(BaseInlineFormSet[Any, Any, Any]):
    """Its box to tick for deleting a row is labeled, too."""

    def add_fields(self, form: ModelForm[Any], index: int | None) -> None:
        """Name the row that would go."""
        super().add_fields(form, index)
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
