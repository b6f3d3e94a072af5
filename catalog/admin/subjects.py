"""The tree of subjects, and the shop's own shelves in it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog import indexing, shelf_sizes
from catalog.admin.upkeep import UpkeepAdmin
from catalog.models import Subject, Work


class SubjectForm(forms.ModelForm[Subject]):
    """A subject, its place in the tree and how it is shown."""

    class Meta:
        model = Subject
        fields = (
            "scheme", "code", "name", "slug", "parent", "gathers", "intro", "ordinal", "is_shown",
        )  # fmt: skip

    def clean_parent(self) -> Subject | None:
        """Refuse to hang a subject below itself."""
        parent: Subject | None = self.cleaned_data["parent"]
        if parent and self.instance.pk and parent.path.startswith(self.instance.path):
            raise forms.ValidationError(_("A subject cannot stand below itself."))
        return parent

    def clean(self) -> dict[str, Any]:
        """Let shelves of the shop's own gather, from what is no such shelf."""
        data = super().clean() or self.cleaned_data
        gathered = data.get("gathers") or ()
        if gathered and data.get("scheme") != Subject.Scheme.SHOP:
            self.add_error("gathers", _("Only a shelf of the shop’s own gathers others."))
        elif any(each.is_own for each in gathered):
            self.add_error("gathers", _("A shelf gathers Thema subjects, not other shelves."))
        return data


class RowForm(forms.ModelForm[Subject]):
    """A subject's row in the list; what can be changed in it says of which subject."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            label = Subject._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            field.widget.attrs["aria-label"] = f"{self.instance.name}: {label}"


@admin.register(Subject)
class SubjectAdmin(UpkeepAdmin[Subject]):
    """The tree of topics, with the shop's own shelves."""

    form = SubjectForm
    fieldsets = (
        (None, {"fields": ("name", "slug", "scheme", "code", "parent")}),
        (_("What stands there"), {"fields": ("gathers",)}),
        (_("How it is shown"), {"fields": ("is_shown", "ordinal", "intro")}),
    )
    list_display = ("indented_name", "code", "scheme", "size", "ordinal", "is_shown")
    list_editable = ("ordinal", "is_shown")
    list_filter = ("scheme", "is_shown")
    list_per_page = 200
    search_fields = ("name", "code")
    autocomplete_fields = ("parent", "gathers")
    prepopulated_fields = {"slug": ("name",)}
    named_by = SubjectForm.Meta.fields

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """With names for who cannot see the headings of the columns."""
        return super().get_changelist_form(request, form=RowForm, **kwargs)

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm[Subject], formsets: Any, change: bool
    ) -> None:
        """Renew the works' entries only where a name that stands in them has changed."""
        if "name" in form.changed_data:
            super().save_related(request, form, formsets, change)
        else:
            admin.ModelAdmin.save_related(self, request, form, formsets, change)
            if set(self.named_by) & set(form.changed_data):
                indexing.vocabulary_changed()
        if "parent" in form.changed_data:
            indexing.subject_moved(form.instance.pk)
        elif "gathers" in form.changed_data:
            shelf_sizes.renew()

    def delete_model(self, request: HttpRequest, obj: Subject) -> None:
        """Count the shelves that it gathered for, or that gathered it."""
        with transaction.atomic():
            super().delete_model(request, obj)
            shelf_sizes.renew()

    @admin.display(description=_("name"), ordering="path")
    def indented_name(self, subject: Subject) -> str:
        """The name, set off by its depth."""
        return "— " * subject.depth + subject.name

    def affected_works(self, obj: Subject) -> Iterable[int]:
        """Those classified under it."""
        return Work.objects.filter(subjects=obj).values_list("pk", flat=True)
