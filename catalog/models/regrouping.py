"""Regrouping: that doubles were merged or a work was split: by whom, and what undoing it takes."""

from collections.abc import Iterable
from typing import Any, Self, TypeVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

K = TypeVar("K", int, str)


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

    def current_people(self, sort_names: Iterable[str]) -> list[tuple[dict[str, Any], int]]:
        """Contributors that were filed so and merged into others, and the ids of those now.

        Each as the columns of the row that is gone. One statement where there are none.
        """
        merged = self.in_force().filter(kind=Regrouping.Kind.CONTRIBUTOR)
        named = merged.filter(other_key__in=set(sort_names)).order_by("pk")
        rows = list(named.values_list("pk", "kept_id", "content__gone"))
        kept = merged._to_the_end({pk: kept_id for pk, kept_id, _gone in rows})
        return [(gone, kept[pk]) for pk, _kept_id, gone in rows]

    def _to_the_end(self, found: dict[K, int]) -> dict[K, int]:
        """The same with the ids of what stays now, if what stayed then was merged since."""
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
        max_length=200,
        blank=True,
        help_text="Of a work that is gone, or how a person who is gone is filed: files may still"
        " name them.",
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
