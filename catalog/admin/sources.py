"""Who said each field of an edition or a work, beside its form: locking it, giving it back."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from catalog.admin import field_names
from catalog.admin.upkeep import UpkeepAdmin
from catalog.models import Edition, Provenance, Supplier
from catalog.models.provenance import OF_WORK, RELEASED, STAFF

M = TypeVar("M", bound=models.Model)

EDITION_FIELDS = (
    *("format", "language", "title", "subtitle", "imprint", "contributors", "is_offered", "price"),
    *("publication_date", "embargo_date", "pages", "duration_minutes", "weight_grams"),
    *("height_mm", "width_mm", "thickness_mm", "edition_number", "edition_statement"),
    *("product_form", "publishing_status", "supplier_availability", "backorders", "replaced_by"),
    "cover_url",
)
WORK_FIELDS = tuple(
    f"{OF_WORK}{name}"
    for name in (
        *("title", "subtitle", "description", "contributors", "series", "original_language"),
        *("first_published", "main_subject", "subjects", "classifications", "keywords"),
        "audiences",
    )
)
"""What suppliers' records fill. Of what only staff writes nobody asks who said it."""

SAID_BY: dict[str | None, str | Promise] = {
    STAFF: gettext_lazy("staff"),
    RELEASED: gettext_lazy("given back: the next file says it"),
    None: gettext_lazy("not noted"),
}


@dataclass(frozen=True)
class Source:
    """A field, and what is known of it."""

    name: str
    label: str
    said_by: str
    is_locked: bool
    may_release: bool
    """Whether feeds leave it alone for another reason than a lock."""


class SourcedAdmin(UpkeepAdmin[M]):
    """Marks what staff writes, so that no feed overwrites it."""

    sourced_fields: ClassVar[tuple[str, ...]] = ()

    def sourced_editions(self, obj: M) -> list[int]:
        """The ids of the editions in whose provenance the fields of `obj` stand, in their order."""
        raise NotImplementedError  # Django's metaclass is not that of an ABC

    def sourced_changes(self, form: ModelForm[M], formsets: Collection[Any]) -> set[str]:
        """The fields, named as in provenance, that the forms have really changed."""
        raise NotImplementedError  # Django's metaclass is not that of an ABC

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        """Write what was changed and nothing else: feeds may have changed the rest meanwhile.

        Editions are locked first and by number, as an import locks them.
        """
        if not change:
            super().save_model(request, obj, form, change)
            return
        editions = Edition.objects.filter(pk__in=self.sourced_editions(obj))
        list(editions.order_by("isbn13").select_for_update(of=("self",)).values_list("pk"))
        columns = {field.name for field in obj._meta.concrete_fields}
        obj.save(update_fields=columns & set(form.changed_data))

    def save_related(
        self, request: HttpRequest, form: ModelForm[M], formsets: Any, change: bool
    ) -> None:
        """Besides, write down who said it now, and what was locked or given back."""
        super().save_related(request, form, formsets, change)
        editions = self.sourced_editions(form.instance)
        chosen = _chosen(request, self.sourced_fields)
        said = Provenance.objects.all()
        for verb, names in (
            (said.mark_staff, self.sourced_changes(form, formsets) - chosen["release"]),
            (said.release, chosen["release"]),
            (said.lock, chosen["lock"] - chosen["was-locked"] - chosen["release"]),
            (said.unlock, chosen["was-locked"] - chosen["lock"] - chosen["release"]),
        ):
            if names:
                verb(editions, names)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the table of sources."""
        obj = context.get("original")
        if obj is not None:
            context["sources"] = _table(self.sourced_fields, self.sourced_editions(obj))
        return super().render_change_form(request, context, *args, **kwargs)


def _chosen(request: HttpRequest, known: Collection[str]) -> dict[str, set[str]]:
    """What was ticked, and what the page had shown as locked: a colleague's lock stays."""
    return {
        choice: set(request.POST.getlist(f"source-{choice}")) & set(known)
        for choice in ("lock", "was-locked", "release")
    }


def _table(names: Collection[str], editions: Collection[int]) -> list[Source]:
    rows = list(Provenance.objects.filter(edition__in=editions))
    codes = {code for row in rows for code in row.sources.values()}
    suppliers = dict(Supplier.objects.filter(code__in=codes).values_list("code", "name"))
    return [_source(name, rows, suppliers) for name in names]


def _source(name: str, rows: Collection[Provenance], suppliers: dict[str, str]) -> Source:
    """The field as it stands in these rows: of a work, each edition may have had its record."""
    said = sorted({row.sources[name] for row in rows if name in row.sources})
    if STAFF in said:
        said = [STAFF]
    words = [str(SAID_BY.get(code) or suppliers.get(code, code)) for code in said]
    return Source(
        name=name,
        label=field_names.short_label(name),
        said_by=", ".join(words or [str(SAID_BY[None])]),
        is_locked=any(name in row.locked for row in rows),
        may_release=not said or said == [STAFF],
    )
