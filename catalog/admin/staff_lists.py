"""The booksellers' recommendations."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from caching import store
from catalog.admin.slugged import IN_PLAIN_WORDS
from catalog.models import StaffList, StaffListEntry, generations


class EntryInline(admin.TabularInline[StaffListEntry, StaffList]):
    """The works of the list, each with its note."""

    model = StaffListEntry
    autocomplete_fields = ("work",)
    extra = 0


@admin.register(StaffList)
class StaffListAdmin(admin.ModelAdmin[StaffList]):
    """Lists, in the order in which the home page takes them."""

    formfield_overrides = IN_PLAIN_WORDS
    inlines = (EntryInline,)
    list_display = ("title", "ordinal")
    search_fields = ("title",)
    prepopulated_fields = {"slug": ("title",)}

    def save_related(
        self, request: HttpRequest, form: ModelForm[StaffList], formsets: Any, change: bool
    ) -> None:
        """Have the list shown anew, and the books' pages that quote it."""
        before = generations.picked_from([form.instance.pk])
        super().save_related(request, form, formsets, change)
        store.bump_after_commit({*before, *generations.picked_from([form.instance.pk])})

    def delete_model(self, request: HttpRequest, obj: StaffList) -> None:
        """Have the pages forget it."""
        with transaction.atomic():
            store.bump_after_commit(generations.picked_from([obj.pk]))
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[StaffList]) -> None:
        """Have the pages forget them."""
        with transaction.atomic():
            gone = list(queryset.values_list("pk", flat=True))
            store.bump_after_commit(generations.picked_from(gone))
            super().delete_queryset(request, queryset)
