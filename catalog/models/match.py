"""MatchReview: two works that may be one, for staff to decide."""

import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User


class MatchReviewQuerySet(models.QuerySet["MatchReview"]):
    """Selections of reviews."""

    def undecided(self) -> Self:
        """Those that wait for a person."""
        return self.filter(decision=MatchReview.Decision.OPEN)

    def of_pair(self, one_id: int, other_id: int) -> Self:
        """The one of these two works, whichever of them came first."""
        return self.filter(Q(work=one_id, other=other_id) | Q(work=other_id, other=one_id))


class MatchReview(models.Model):
    """A doubtful match: `work` may be the same as `other`, which was there before."""

    class Decision(models.TextChoices):
        """What a person said."""

        OPEN = "open", _("Not decided")
        SAME = "same", _("The same work")
        DIFFERENT = "different", _("Different works")

    work = models.ForeignKey("catalog.Work", models.CASCADE, related_name="match_reviews")
    other = models.ForeignKey("catalog.Work", models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField(_("score"), help_text=_("0 to 100."))
    reasons = models.JSONField(default=list, help_text="What speaks for and against it.")
    decision = models.CharField(
        _("decision"), max_length=10, choices=Decision, default=Decision.OPEN
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = MatchReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("doubtful match")
        verbose_name_plural = _("doubtful matches")
        ordering = ("-score", "id")
        constraints = (
            models.UniqueConstraint(name="match_review_once", fields=("work", "other")),
            models.CheckConstraint(name="match_review_of_two", condition=~Q(work=F("other"))),
            models.CheckConstraint(name="match_review_score", condition=Q(score__range=(0, 100))),
        )

    def __str__(self) -> str:
        return f"{self.work} / {self.other}"

    def decide(self, decision: str, *, actor: "User | None", at: datetime.datetime | None) -> bool:
        """Note what a person said, unless another person did meanwhile; whether it was noted."""
        now_open = type(self).objects.filter(pk=self.pk, decision=self.decision)
        return bool(now_open.update(decision=decision, decided_by=actor, decided_at=at))

    @staticmethod
    def in_order(one_id: int, other_id: int) -> tuple[int, int]:
        """The ids for `work` and `other`, so that no pair stands there twice: the younger first."""
        return max(one_id, other_id), min(one_id, other_id)


class ExpectedRelation(models.Model):
    """What an edition's record says of a number that the shop did not have yet.

    A record that comes with the number later is matched with that edition. The row stays: the
    newcomer may be undone, and come again.
    """

    edition = models.ForeignKey(
        "catalog.Edition", models.CASCADE, related_name="expected_relations"
    )
    isbn13 = models.CharField(_("ISBN-13 or SKU"), max_length=13)
    code = models.CharField(max_length=2, help_text="ONIX list 51.")

    class Meta:
        verbose_name = _("expected relation")
        verbose_name_plural = _("expected relations")
        constraints = (
            models.UniqueConstraint(name="expected_relation_once", fields=("edition", "isbn13")),
        )
        indexes = (models.Index(fields=("isbn13",), name="expected_by_number"),)

    def __str__(self) -> str:
        return f"{self.edition} {self.code} {self.isbn13}"
