"""The booksellers' recommendations."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from caching import store
from catalog.models import StaffList, StaffListEntry


class EntryInline(admin.TabularInline[StaffListEntry, StaffList]):
    """The works of the list, each with its note."""

    model = StaffListEntry
    autocomplete_fields = ("work",)
    extra = 0


@admin.register(StaffList)
class StaffListAdmin(admin.ModelAdmin[StaffList]):
    """Lists, in the order in which the home page takes them."""

    inlines = (EntryInline,)
    list_display = ("title", "ordinal")
    search_fields = ("title",)
    prepopulated_fields = {"slug": ("title",)}

    def save_related(
        self, request: HttpRequest, form: ModelForm[StaffList], formsets: Any, change: bool
    ) -> None:
        """Have the home page and the list's page shown anew."""
        super().save_related(request, form, formsets, change)
        store.bump_after_commit(["catalog"])

    def delete_model(self, request: HttpRequest, obj: StaffList) -> None:
        """Have the pages forget it."""
        with transaction.atomic():
            super().delete_model(request, obj)
            store.bump_after_commit(["catalog"])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[StaffList]) -> None:
        """Have the pages forget them."""
        with transaction.atomic():
            super().delete_queryset(request, queryset)
            store.bump_after_commit(["catalog"])
