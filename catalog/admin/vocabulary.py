"""The names that works share: contributors, publishers, imprints, series."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.admin.labeled import LabeledInline
from catalog.admin.merges import TEMPLATE, MergingMixin
from catalog.admin.upkeep import UpkeepAdmin
from catalog.models import (
    Contributor,
    Edition,
    Imprint,
    Publisher,
    Series,
    SeriesMembership,
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


class MembershipInline(LabeledInline[SeriesMembership, Series]):
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
