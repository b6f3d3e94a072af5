"""Recommendation: a work that stands beside another, and why; and what staff have said of it."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Curation(models.Model):
    """A bookseller's word on a pair: this one always, or this one never."""

    class Kind(models.TextChoices):
        """What is to be done."""

        PIN = "pin", gettext_lazy("Always show, and first")
        VETO = "veto", gettext_lazy("Never show")

    work = models.ForeignKey("catalog.Work", models.CASCADE, related_name="curations")
    other = models.ForeignKey(
        "catalog.Work",
        models.CASCADE,
        related_name="+",
        verbose_name=gettext_lazy("other work"),
    )
    kind = models.CharField(gettext_lazy("what to do"), max_length=4, choices=Kind)
    ordinal = models.PositiveSmallIntegerField(gettext_lazy("position"), default=1)
    note = models.CharField(
        gettext_lazy("note"),
        max_length=200,
        blank=True,
        help_text=gettext_lazy("Why, in a sentence that visitors read."),
    )

    class Meta:
        verbose_name = gettext_lazy("pinned or vetoed recommendation")
        verbose_name_plural = gettext_lazy("pinned and vetoed recommendations")
        ordering = ("ordinal", "id")
        constraints = (
            models.UniqueConstraint(name="curation_once", fields=("work", "other")),
            models.CheckConstraint(
                name="curation_of_another",
                condition=~Q(work=F("other")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.work} – {self.other}: {self.get_kind_display()}"

    def clean(self) -> None:
        """Refuse a work beside itself, where the form cannot ask the constraint."""
        if self.work_id == self.other_id:
            raise ValidationError({"other": _("A book does not stand beside itself.")})


class BoughtTogether(models.Model):
    """How often two works are bought together, of several customers: told by the orders."""

    work = models.ForeignKey("catalog.Work", models.CASCADE, related_name="+")
    other = models.ForeignKey("catalog.Work", models.CASCADE, related_name="+")
    score = models.FloatField(gettext_lazy("score"), help_text=gettext_lazy("Cosine, up to 1."))

    class Meta:
        verbose_name = gettext_lazy("pair bought together")
        verbose_name_plural = gettext_lazy("pairs bought together")
        constraints = (
            models.UniqueConstraint(name="bought_together_once", fields=("work", "other")),
        )

    def __str__(self) -> str:
        return f"{self.work} – {self.other}: {self.score:.3f}"


class Recommendation(models.Model):
    """One work beside another; written by `catalog.affinities` alone, so that it can be redone."""

    class Reason(models.TextChoices):
        """Why it is there; the first that holds is told."""

        PINNED = "pinned", gettext_lazy("Pinned by staff")
        NEXT_IN_SERIES = "next", gettext_lazy("Next in the series")
        BOUGHT_TOGETHER = "bought", gettext_lazy("Bought together")
        SAME_CONTRIBUTOR = "contributor", gettext_lazy("Same contributor")
        SAME_SUBJECT = "subject", gettext_lazy("Same subject and audience")
        STAFF_PICK = "staff", gettext_lazy("Staff pick")

    work = models.ForeignKey("catalog.Work", models.CASCADE, related_name="recommendations")
    other = models.ForeignKey("catalog.Work", models.CASCADE, related_name="recommended_beside")
    rank = models.PositiveSmallIntegerField(gettext_lazy("rank"))
    reason = models.CharField(gettext_lazy("reason"), max_length=11, choices=Reason)
    series = models.ForeignKey("catalog.Series", models.CASCADE, null=True, related_name="+")
    contributor = models.ForeignKey(
        "catalog.Contributor", models.CASCADE, null=True, related_name="+"
    )
    subject = models.ForeignKey("catalog.Subject", models.CASCADE, null=True, related_name="+")
    entry = models.ForeignKey("catalog.StaffListEntry", models.CASCADE, null=True, related_name="+")
    curation = models.ForeignKey(Curation, models.CASCADE, null=True, related_name="+")

    class Meta:
        verbose_name = gettext_lazy("recommendation")
        verbose_name_plural = gettext_lazy("recommendations")
        ordering = ("work", "rank")
        constraints = (
            models.UniqueConstraint(name="recommendation_once", fields=("work", "other")),
        )

    def __str__(self) -> str:
        return f"{self.work} – {self.other}: {self.get_reason_display()}"

    @property
    def because(self) -> str:
        """The sentence that says why; needs what the reason names."""
        named = {
            self.Reason.NEXT_IN_SERIES: self.series,
            self.Reason.BOUGHT_TOGETHER: self.work,
            self.Reason.SAME_CONTRIBUTOR: self.contributor,
            self.Reason.SAME_SUBJECT: self.subject,
        }
        said = self.curation.note if self.curation else self.entry.note if self.entry else ""
        return sentence(self.reason, named=str(named.get(self.Reason(self.reason), "")), said=said)


def sentence(reason: str, *, named: str, said: str) -> str:
    """Why a work stands beside another: `named` is what the reason names, `said` staff's words."""
    match reason:
        case Recommendation.Reason.NEXT_IN_SERIES:
            return _("Comes next in %(series)s") % {"series": named}
        case Recommendation.Reason.BOUGHT_TOGETHER:
            return _("Often bought with “%(title)s”") % {"title": named}
        case Recommendation.Reason.SAME_CONTRIBUTOR:
            return _("Also by %(name)s") % {"name": named}
        case Recommendation.Reason.SAME_SUBJECT:
            return _("Also in %(subject)s") % {"subject": named}
    if said:
        return _("Recommended by our booksellers: “%(note)s”") % {"note": said}
    return _("Recommended by our booksellers")


def stored_of(works: str) -> str:
    """SQL for what was found for `works`, which is an expression; the best first.

    The other work's id, its rank, the reason, what the reason names, and staff's words.
    """
    reasons = Recommendation.Reason
    return f"""
SELECT found.other_id, found.rank, found.reason,
    CASE found.reason
        WHEN '{reasons.NEXT_IN_SERIES}' THEN series.title
        WHEN '{reasons.BOUGHT_TOGETHER}' THEN work.title
        WHEN '{reasons.SAME_CONTRIBUTOR}' THEN person.name
        WHEN '{reasons.SAME_SUBJECT}' THEN subject.name
    END AS named,
    coalesce(curation.note, entry.note) AS said
FROM catalog_recommendation AS found
JOIN catalog_work AS work ON work.id = found.work_id
LEFT JOIN catalog_series AS series ON series.id = found.series_id
LEFT JOIN catalog_contributor AS person ON person.id = found.contributor_id
LEFT JOIN catalog_subject AS subject ON subject.id = found.subject_id
LEFT JOIN catalog_stafflistentry AS entry ON entry.id = found.entry_id
LEFT JOIN catalog_curation AS curation ON curation.id = found.curation_id
WHERE found.work_id = {works}
ORDER BY found.rank, found.work_id
"""  # noqa: S608 - reasons of our own


def stored_as_json(work: str) -> str:
    """SQL for the same of one work as an array of rows, for a statement that asks of more."""
    row = "json_build_array(other_id, rank, reason, named, said)"
    return f"(SELECT json_agg({row} ORDER BY rank) FROM ({stored_of(work)}) AS found)"  # noqa: S608 - as above
