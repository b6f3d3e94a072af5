"""What every catalogue admin shares: renewing what is derived from works."""

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.db import models, transaction
from django.forms import ModelForm
from django.http import HttpRequest

from caching import store
from catalog import indexing
from catalog.admin.slugged import IN_PLAIN_WORDS
from catalog.models import generations

M = TypeVar("M", bound=models.Model)


class UpkeepAdmin(admin.ModelAdmin[M]):
    """Renews search entries, suggestions and cached pages with each change."""

    show_full_result_count = False
    formfield_overrides = IN_PLAIN_WORDS
    named_by: ClassVar[tuple[str, ...]] = ()
    """Fields that any page may show; a change of one makes all of them stale."""

    def affected_works(self, obj: M) -> Iterable[int]:
        """The ids of the works whose entries and pages show `obj`."""
        raise NotImplementedError  # Django's metaclass is not that of an ABC

    def save_related(
        self, request: HttpRequest, form: ModelForm[M], formsets: Any, change: bool
    ) -> None:
        """After the last write, renew what the change touches: what it had and what it has."""
        before = set(self.affected_works(form.instance))
        store.bump_after_commit(generations.showing(before))  # of people who are taken off, too
        super().save_related(request, form, formsets, change)
        indexing.works_changed(before | set(self.affected_works(form.instance)))
        if set(self.named_by) & set(form.changed_data):
            indexing.vocabulary_changed()

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        """Delete, and renew what showed it."""
        with transaction.atomic():
            before = set(self.affected_works(obj))
            store.bump_after_commit(generations.showing(before))
            super().delete_model(request, obj)
            indexing.works_changed(before)
            indexing.vocabulary_changed()

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[M]) -> None:
        """One by one, so that each is taken care of."""
        with transaction.atomic():
            for obj in queryset:
                self.delete_model(request, obj)
