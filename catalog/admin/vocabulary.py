"""The names that works share: contributors, publishers, imprints, series, subjects."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.admin.merges import TEMPLATE, MergingMixin
from catalog.admin.upkeep import UpkeepAdmin
from catalog.models import (
    Contributor,
    Edition,
    Imprint,
    Publisher,
    Series,
    SeriesMembership,
    Subject,
    Work,
)


@admin.register(Contributor)
class ContributorAdmin(MergingMixin, UpkeepAdmin[Contributor]):
    """People and bodies."""

    change_form_template = TEMPLATE
    list_display = ("sort_name", "name", "birth_year", "death_year", "is_corporate")
    list_filter = ("is_corporate",)
    list_per_page = 50
    search_fields = ("name", "sort_name")
    prepopulated_fields = {"slug": ("name",)}
    named_by = ("name", "slug")

    def affected_works(self, obj: Contributor) -> Iterable[int]:
        """Those they had a part in."""
        return obj.contributions.values_list("work", flat=True)


@admin.register(Publisher)
class PublisherAdmin(UpkeepAdmin[Publisher]):
    """The companies."""

    list_display = ("name", "imprint_count")
    search_fields = ("name",)
    named_by = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Publisher]:
        """With the number of imprints."""
        return super().get_queryset(request).annotate(imprint_count=Count("imprints"))

    @admin.display(description=_("imprints"), ordering="imprint_count")
    def imprint_count(self, publisher: Any) -> int:
        """How many brands it owns."""
        count: int = publisher.imprint_count
        return count

    def affected_works(self, obj: Publisher) -> Iterable[int]:
        """Those with an edition under one of its imprints."""
        return Edition.objects.filter(imprint__publisher=obj).values_list("work", flat=True)


@admin.register(Imprint)
class ImprintAdmin(MergingMixin, UpkeepAdmin[Imprint]):
    """The brands."""

    change_form_template = TEMPLATE
    list_display = ("name", "publisher")
    list_select_related = ("publisher",)
    search_fields = ("name", "publisher__name")
    autocomplete_fields = ("publisher",)
    prepopulated_fields = {"slug": ("name",)}
    named_by = ("name", "slug", "publisher")

    def affected_works(self, obj: Imprint) -> Iterable[int]:
        """Those with an edition under it."""
        return Edition.objects.filter(imprint=obj).values_list("work", flat=True)


class MembershipInline(admin.TabularInline[SeriesMembership, Series]):
    """The works of the series."""

    model = SeriesMembership
    autocomplete_fields = ("work",)
    extra = 0


@admin.register(Series)
class SeriesAdmin(MergingMixin, UpkeepAdmin[Series]):
    """The sets of works."""

    change_form_template = TEMPLATE
    inlines = (MembershipInline,)
    list_display = ("title",)
    search_fields = ("title",)
    prepopulated_fields = {"slug": ("title",)}
    named_by = ("title", "slug")

    def affected_works(self, obj: Series) -> Iterable[int]:
        """Its works."""
        return obj.memberships.values_list("work", flat=True)


class SubjectForm(forms.ModelForm[Subject]):
    """A subject and its place in the tree."""

    class Meta:
        model = Subject
        fields = ("scheme", "code", "name", "slug", "parent")

    def clean_parent(self) -> Subject | None:
        """Refuse to hang a subject below itself."""
        parent: Subject | None = self.cleaned_data["parent"]
        if parent and self.instance.pk and parent.path.startswith(self.instance.path):
            raise forms.ValidationError(_("A subject cannot stand below itself."))
        return parent


@admin.register(Subject)
class SubjectAdmin(UpkeepAdmin[Subject]):
    """The tree of topics."""

    form = SubjectForm
    list_display = ("indented_name", "code", "scheme")
    list_filter = ("scheme",)
    list_per_page = 200
    search_fields = ("name", "code")
    autocomplete_fields = ("parent",)
    prepopulated_fields = {"slug": ("name",)}
    named_by = ("name", "slug", "parent", "code")

    @admin.display(description=_("name"), ordering="path")
    def indented_name(self, subject: Subject) -> str:
        """The name, set off by its depth."""
        return "— " * subject.depth + subject.name

    def affected_works(self, obj: Subject) -> Iterable[int]:
        """Those classified under it."""
        return Work.objects.filter(subjects=obj).values_list("pk", flat=True)
