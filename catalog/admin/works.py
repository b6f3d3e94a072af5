"""Works in the back office: what they are called, who made them, their series and editions."""

import secrets
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.admin.upkeep import UpkeepAdmin
from catalog.matching import words
from catalog.models import Contribution, Edition, SeriesMembership, Work
from catalog.models.slugs import readable


class ContributionInline(admin.TabularInline[Contribution, Work]):
    """Who had a part in the work, or in one of its editions."""

    model = Contribution
    autocomplete_fields = ("contributor",)
    fields = ("ordinal", "role", "contributor", "edition")
    extra = 0

    def get_formset(self, request: HttpRequest, obj: Work | None = None, **kwargs: Any) -> Any:
        """Remember whose editions may be chosen."""
        self.work = obj
        return super().get_formset(request, obj, **kwargs)

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer the editions of this work alone."""
        if db_field.name == "edition":
            work = getattr(self, "work", None)
            kwargs["queryset"] = Edition.objects.filter(work=work).select_related("work")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class MembershipInline(admin.TabularInline[SeriesMembership, Work]):
    """The series that the work stands in."""

    model = SeriesMembership
    autocomplete_fields = ("series",)
    extra = 0


class EditionInline(admin.TabularInline[Edition, Work]):
    """The work's editions, to look at and follow."""

    model = Edition
    fields = ("isbn13", "format", "language", "imprint", "publication_date", "is_offered")
    readonly_fields = fields
    show_change_link = True
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edition]:
        """With what a row shows."""
        return super().get_queryset(request).select_related("imprint", "work")

    def has_add_permission(self, request: HttpRequest, obj: Work | None = None) -> bool:
        """An edition has a page of its own."""
        return False


class WorkForm(forms.ModelForm[Work]):
    """A work; its key may be left to the shop."""

    class Meta:
        model = Work
        fields = "__all__"  # noqa: DJ007 - the admin class lists them

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            self.fields["key"].required = False

    def clean_key(self) -> str:
        """The key given, or a new one."""
        key: str = self.cleaned_data["key"]
        if key:
            return key
        title = readable(self.cleaned_data.get("title", ""), fallback="work")
        return f"{title}-{secrets.token_hex(4)}"


@admin.register(Work)
class WorkAdmin(UpkeepAdmin[Work]):
    """The intellectual creations."""

    form = WorkForm
    inlines = (ContributionInline, EditionInline, MembershipInline)
    autocomplete_fields = ("subjects", "main_subject")
    fieldsets = (
        (None, {"fields": ("title", "subtitle", "description")}),
        (_("Origin"), {"fields": ("original_language", "first_published")}),
        (_("Where it is found"), {"fields": ("main_subject", "subjects", "popularity")}),
        (_("Import"), {"fields": ("key",)}),
    )
    list_display = ("title", "people", "first_published", "popularity")
    list_filter = ("original_language",)
    list_per_page = 50
    search_fields = ("title",)  # shows the box; get_search_results does the finding
    search_help_text = _("Title, contributor, imprint, series or subject")
    ordering = ("title", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Work]:
        """With the people, whom every row names."""
        return super().get_queryset(request).prefetch_related("contributions__contributor")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Work], search_term: str
    ) -> tuple[QuerySet[Work], bool]:
        """By words in the search entries, as in the shop."""
        query = words(search_term)
        if query is None:
            return queryset, False
        return queryset.filter(search_entry__vector=query), False

    def affected_works(self, obj: Work) -> Iterable[int]:
        """Itself."""
        return [obj.pk]

    @admin.display(description=_("by"))
    def people(self, work: Work) -> str:
        """The byline."""
        return work.byline
