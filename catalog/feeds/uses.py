"""Who uses what a run has made: only what nobody uses can go with it."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import SET_NULL, Exists, OuterRef, Q
from django.utils.translation import gettext as _

from catalog.feeds.vocabulary import Made
from catalog.models import (
    Contributor,
    Cover,
    Edition,
    Imprint,
    Publisher,
    Series,
    Supply,
    Work,
)

GO_ALONG_WITH_EDITIONS = frozenset(
    {
        *("catalog.Contribution", "catalog.Cover", "catalog.Edition", "catalog.ImportRecord"),
        *("catalog.Price", "catalog.Provenance", "catalog.SupplierRecord", "catalog.Supply"),
    }
)
GO_ALONG_WITH_WORKS = frozenset(
    {
        *("catalog.Classification", "catalog.Contribution", "catalog.MatchReview"),
        *("catalog.Recommendation", "catalog.SearchEntry", "catalog.SeriesMembership"),
        "catalog.Work_subjects",
    }
)
"""Rows that say something of an edition or a work. Those of any other table use it."""


def _users(model: Any, along: frozenset[str]) -> list[tuple[Any, str]]:
    """Tables with a reference to the model, but for those that go along, and its column's name."""
    relations = (
        each for each in model._meta.get_fields(include_hidden=True)
        if each.auto_created and not each.concrete and (each.one_to_many or each.one_to_one)
    )  # fmt: skip
    return [
        (each.related_model, each.field.name)
        for each in relations
        if each.related_model._meta.label not in along
    ]


def of_editions(ids: Collection[int]) -> dict[int, str]:
    """Of these editions those that something uses, with what that is, in words."""
    found: dict[int, str] = {}
    for model, column in _users(Edition, GO_ALONG_WITH_EDITIONS):
        rows = model._default_manager.filter(**{f"{column}__in": list(ids)})
        text = _("It is among: %(rows)s.") % {"rows": model._meta.verbose_name_plural}
        found |= dict.fromkeys(rows.values_list(f"{column}_id", flat=True).distinct(), text)
    chosen = Cover.objects.filter(edition__in=ids).exclude(source=Cover.Source.FETCHED)
    text = _("Staff has chosen its cover.")
    found |= dict.fromkeys(chosen.values_list("edition_id", flat=True), text)
    waited = Supply.objects.filter(edition__in=ids, awaited__gt=0)
    text = _("Customers wait for it.")
    return found | dict.fromkeys(waited.values_list("edition_id", flat=True), text)


def would_lose(edition_id: int) -> bool:
    """Whether rows would go on without the edition if it were deleted: lines of orders, say.

    Those that go along with it are named before anybody confirms.
    """
    return any(
        model._default_manager.filter(**{column: edition_id}).exists()
        for model, column in _users(Edition, GO_ALONG_WITH_EDITIONS)
        if model._meta.get_field(column).remote_field.on_delete is SET_NULL
    )


def delete_unused(made: Iterable[Made]) -> None:
    """Delete what was made beside editions, as far as nothing is left that uses it."""
    ids: Made = {}
    for each in made:
        for kind, more in each.items():
            ids.setdefault(kind, []).extend(more)
    works = Q(editions=None)
    for model, column in _users(Work, GO_ALONG_WITH_WORKS | {"catalog.Edition"}):
        works &= ~Q(Exists(model._default_manager.filter(**{column: OuterRef("pk")})))
    for kind, model, unused in (
        ("work", Work, works),
        ("contributor", Contributor, Q(contributions=None)),
        ("series", Series, Q(memberships=None)),
        ("imprint", Imprint, Q(editions=None)),
        ("publisher", Publisher, Q(imprints=None)),
    ):
        if kind in ids:
            model._default_manager.filter(unused, pk__in=ids[kind]).delete()
