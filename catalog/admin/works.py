"""Works in the back office: what they are called, who made them, their series and editions."""

import secrets
from collections.abc import Collection, Iterable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog import affinities
from catalog.admin import curations, merges
from catalog.admin.curations import CurationInline
from catalog.admin.labeled import LabeledFormSet, LabeledInline
from catalog.admin.meanwhile import MeanwhileForm
from catalog.admin.sources import WORK_FIELDS, SourcedAdmin
from catalog.criteria import words
from catalog.models import Contribution, Edition, SeriesMembership, Work
from catalog.models.provenance import OF_WORK
from catalog.models.slugs import readable

MOST_AROUND = 100  # books whose recommendations are found anew while staff waits


class ContributionFormSet(LabeledFormSet):
    """Refuses a part that the contributor has already: Django's own check passes over the rows
    that name no edition.
    """

    def clean(self) -> None:
        """Besides, name the row that says again what another says, also one that came meanwhile."""
        super().clean()
        shown = [form.instance.pk for form in self.initial_forms]
        others = Contribution.objects.filter(work=self.instance.pk).exclude(pk__in=shown)
        taken = set(others.values_list("contributor", "role", "edition"))
        for form in self.forms:
            data = getattr(form, "cleaned_data", None)
            if not data or data.get("DELETE") or form.errors:
                continue
            part = data["contributor"].pk, data["role"], data["edition"] and data["edition"].pk
            if part in taken:
                form.add_error(
                    "contributor",
                    gettext("%(contributor)s has this part already: delete one of the two rows.")
                    % {"contributor": data["contributor"]},
                )
            taken.add(part)


class ContributionInline(LabeledInline[Contribution, Work]):
    """Who had a part in the work, or in one of its editions."""

    model = Contribution
    formset = ContributionFormSet
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


class MembershipInline(LabeledInline[SeriesMembership, Work]):
    """The series that the work stands in."""

    model = SeriesMembership
    autocomplete_fields = ("series",)
    extra = 0


class EditionInline(admin.TabularInline[Edition, Work]):
    """The work's editions, to look at and follow."""

    model = Edition
    fields = ("number", "format", "language", "imprint", "publication_date", "is_offered")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edition]:
        """With what a row shows."""
        return super().get_queryset(request).select_related("imprint", "work")

    @admin.display(description=_("ISBN-13 or SKU"))
    def number(self, edition: Edition) -> str:
        """The way to the edition's page; Django's own stands above the row, where none is shown."""
        address = reverse("admin:catalog_edition_change", args=[edition.pk])
        return format_html('<a href="{}">{}</a>', address, edition.isbn13)

    def has_add_permission(self, request: HttpRequest, obj: Work | None = None) -> bool:
        """An edition has a page of its own."""
        return False


class WorkForm(MeanwhileForm[Work]):
    """A work; its key may be left to the shop."""

    class Meta:
        model = Work
        fields = "__all__"

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
class WorkAdmin(merges.MergingMixin, SourcedAdmin[Work]):
    """The intellectual creations."""

    form = WorkForm
    actions = ("merge_works",)
    change_form_template = "admin/catalog/work/change_form.html"
    sourced_fields = WORK_FIELDS
    inlines = (ContributionInline, EditionInline, MembershipInline, CurationInline)
    readonly_fields = ("popularity",)
    autocomplete_fields = ("subjects", "main_subject")
    fieldsets = (
        (None, {"fields": ("title", "subtitle", "description")}),
        (_("Origin"), {"fields": ("original_language", "first_published")}),
        (_("Where it is found"), {"fields": ("main_subject", "subjects")}),
        (_("How it is shown"), {"fields": ("boost", "popularity", "is_recommendable")}),
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

    def get_urls(self) -> list[URLPattern]:
        """Besides, the pages that split a work and say what stands beside it."""
        split = self.admin_site.admin_view(merges.split_view)
        beside = self.admin_site.admin_view(partial(curations.show, self))
        return [
            path("<int:pk>/split/", split, name="catalog_work_split"),
            path("<int:pk>/beside/", beside, name="catalog_work_beside"),
            *super().get_urls(),
        ]

    @admin.action(description=_("Merge the two chosen works"), permissions=["change", "delete"])
    def merge_works(self, request: HttpRequest, queryset: QuerySet[Work]) -> HttpResponse | None:
        """On to the page that shows both."""
        return merges.merge_chosen(request, queryset)

    def save_model(
        self, request: HttpRequest, obj: Work, form: forms.ModelForm[Work], change: bool
    ) -> None:
        """Have another boost count at once; tomorrow night everything is weighed anew."""
        if "boost" in form.changed_data:
            obj.popularity = max(0, obj.popularity + obj.boost - (form.initial.get("boost") or 0))
        super().save_model(request, obj, form, change)
        if change and "boost" in form.changed_data:
            obj.save(update_fields=["popularity"])

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm[Work], formsets: Any, change: bool
    ) -> None:
        """Have what is pinned or vetoed, or may not be recommended, show at once.

        Beside its neighbors, too, unless those are very many: the night looks after the others.
        """
        super().save_related(request, form, formsets, change)
        work = form.instance
        around = work.recommended_beside.values_list("work", flat=True)[:MOST_AROUND]
        affinities.renew([work.pk, *around])

    def affected_works(self, obj: Work) -> Iterable[int]:
        """Itself."""
        return [obj.pk]

    def sourced_editions(self, obj: Work) -> list[int]:
        """All of its own."""
        return list(obj.editions.order_by("isbn13").values_list("pk", flat=True))

    def sourced_changes(self, form: forms.ModelForm[Work], formsets: Collection[Any]) -> set[str]:
        """The work's fields, its people and its series."""
        changed = {f"{OF_WORK}{name}" for name in form.changed_data}
        rows = {Contribution: "contributors", SeriesMembership: "series"}
        changed |= {
            f"{OF_WORK}{rows[formset.model]}"
            for formset in formsets
            if formset.model in rows and formset.has_changed()
        }
        return changed & set(self.sourced_fields)

    @admin.display(description=_("by"))
    def people(self, work: Work) -> str:
        """The byline."""
        return work.byline
