"""Regrouping: that doubles were merged or a work was split: by whom, and what undoing it takes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from django.apps import apps
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

K = TypeVar("K", int, str)


@dataclass(frozen=True)
class Merged:
    """A contributor, series or imprint that is gone, and where it went."""

    kind: str
    name: str
    """As files go on writing it: a `sort_name`, a title, a name."""
    gone: dict[str, Any]
    """The columns of the row that is gone."""
    publisher: str
    """Of an imprint; its publisher may be gone, too."""
    kept: Any
    """The row that stays now."""


class RegroupingQuerySet(models.QuerySet["Regrouping"]):
    """Selections of what was merged and split."""

    def in_force(self) -> Self:
        """Merges that were not undone."""
        return self.filter(action=Regrouping.Action.MERGED, undone_at=None)

    def current_keys(self, keys: Iterable[str]) -> dict[str, str]:
        """Of keys whose works were merged into others: the keys of those, as they are now.

        Files may name a work by its old key for ever.
        """
        from catalog.models.work import Work

        merged = self.in_force().filter(kind=Regrouping.Kind.WORK)
        named = merged.filter(other_key__in=set(keys))
        found = merged._to_the_end(dict(named.values_list("other_key", "kept_id")))
        names = dict(Work.objects.filter(pk__in=found.values()).values_list("pk", "key"))
        return {key: names[pk] for key, pk in found.items() if pk in names}

    def current_names(self, names: Mapping[str, Collection[str]]) -> list[Merged]:
        """What files name so, by kind, and staff has merged into others; the oldest merge first.

        Of people it is how they are filed. One statement where there are none; none without names.
        """
        wanted = {name for each in names.values() for name in each}
        if not wanted:
            return []
        columns = ("pk", "kind", "other_key", "kept_id", "content__gone", "content__publisher")
        named = self.in_force().filter(kind__in=names, other_key__among=wanted).order_by("pk")
        rows = [row for row in named.values_list(*columns) if row[2] in names[row[1]]]
        kept: dict[int, Any] = {}
        for kind in {row[1] for row in rows}:
            merged = self.in_force().filter(kind=kind)
            ids = merged._to_the_end({row[0]: row[3] for row in rows if row[1] == kind})
            there = apps.get_model("catalog", kind)._default_manager.in_bulk(set(ids.values()))
            kept |= {pk: there[kept_id] for pk, kept_id in ids.items() if kept_id in there}
        return [
            Merged(kind, name, gone, publisher or "", kept[pk])
            for pk, kind, name, _kept_id, gone, publisher in rows
            if pk in kept
        ]

    def _to_the_end(self, found: dict[K, int]) -> dict[K, int]:
        """What was `found`, with the ids of what stays now if what stayed was merged since."""
        ahead = set(found.values())
        while ahead:  # as often as rows were merged one into the other
            further = dict(self.filter(other_id__in=ahead).values_list("other_id", "kept_id"))
            found = {key: further.get(pk, pk) for key, pk in found.items()}
            ahead = set(further.values())
        return found


class Regrouping(models.Model):
    """One merge: `kept` stays, `other` is gone. Or one split: `other` was made out of `kept`.

    Both are named by their ids alone: a row that is gone comes back under its id when the merge is
    undone.
    """

    class Kind(models.TextChoices):
        """What was merged."""

        WORK = "work", _("work")
        CONTRIBUTOR = "contributor", _("contributor")
        SERIES = "series", _("series")
        IMPRINT = "imprint", _("imprint")

    class Action(models.TextChoices):
        """What was done."""

        MERGED = "merged", _("merged")
        SPLIT = "split", _("split")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    action = models.CharField(_("action"), max_length=10, choices=Action, default=Action.MERGED)
    kept_id = models.BigIntegerField()
    kept_name = models.CharField(_("stays"), max_length=500)
    other_id = models.BigIntegerField()
    other_name = models.CharField(_("gone, or new"), max_length=500)
    other_key = models.CharField(
        max_length=300,
        blank=True,
        help_text="Of a work that is gone, how a person who is gone is filed, what a series or an"
        " imprint was called: files may still name them.",
    )
    content = models.JSONField(
        default=dict, encoder=DjangoJSONEncoder, help_text="What undoing it takes."
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    done_at = models.DateTimeField(_("done at"))
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    objects = RegroupingQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge or split")
        verbose_name_plural = _("merges and splits")
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("other_key",), name="regrouping_by_key", condition=~Q(other_key="")
            ),
            models.Index(fields=("kind", "other_id"), name="regrouping_of_other"),
        )

    def __str__(self) -> str:
        return f"{self.other_name} → {self.kept_name}"

    @property
    def may_be_undone(self) -> bool:
        """Whether it is a merge that still stands."""
        return self.action == self.Action.MERGED and self.undone_at is None
