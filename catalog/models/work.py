"""Work: the intellectual creation, whatever forms it is sold in."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Prefetch, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from caching import store
from catalog import languages, titles
from catalog.models import generations, slugs

if TYPE_CHECKING:
    from catalog.models.contributor import Contribution
    from catalog.models.edition import Edition

MOST_BOOST = 1_000_000
"""As 100,000 copies sold today; with any number of sales beside it the column can hold the sum."""


class WorkQuerySet(models.QuerySet["Work"]):
    """Selections of works."""

    def bulk_create(self, objs: "Iterable[Work]", *args: Any, **kwargs: Any) -> "list[Work]":
        """Insert many, each with its match key."""
        works = list(objs)
        for work in works:
            work.match_key = titles.match_key(work.title)
        if kwargs.get("update_fields") and "title" in kwargs["update_fields"]:
            kwargs["update_fields"] = {*kwargs["update_fields"], "match_key"}
        return super().bulk_create(works, *args, **kwargs)

    def bulk_update(
        self, objs: "Iterable[Work]", fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        """Update many; a new title has a new match key."""
        works, names = list(objs), set(fields)
        if "title" in names:
            names.add("match_key")
            for work in works:
                work.match_key = titles.match_key(work.title)
        return super().bulk_update(works, sorted(names), batch_size)

    def update(self, **kwargs: Any) -> int:
        """Update rows; one title for all of them has one match key."""
        if isinstance(kwargs.get("title"), str):
            kwargs["match_key"] = titles.match_key(kwargs["title"])
        return super().update(**kwargs)

    def offered(self) -> Self:
        """Works of which at least one edition is for sale."""
        from catalog.models.edition import Edition

        return self.filter(models.Exists(Edition.objects.offered().of_outer_work()))

    def for_cards(self) -> Self:
        """With their people and the editions that are offered, priced, in a fixed number of
        queries. Pages read less: `catalog.cards`.
        """
        from catalog.models.contributor import Contribution
        from catalog.models.edition import Edition

        people = Contribution.objects.filter(edition=None).select_related("contributor")
        editions = Edition.objects.offered().with_price()
        return self.prefetch_related(
            Prefetch("contributions", people), Prefetch("editions", editions)
        )

    def in_subject(self, slug: str) -> Self:
        """Works classified under the subject, or anything below it, or what it gathers."""
        from catalog.models.subject import Subject

        ids = list(Subject.objects.holding(slug).values_list("pk", flat=True))
        tagged = Work.subjects.through.objects.filter(work=models.OuterRef("pk"), subject__in=ids)
        return self.filter(models.Exists(tagged))


class Work(models.Model):
    """The intellectual creation; all its editions hang on it."""

    key = models.CharField(
        _("key"),
        max_length=200,
        unique=True,
        help_text=_("Joins the editions of one work when files are imported."),
    )
    title = models.CharField(_("title"), max_length=500)
    match_key = models.CharField(
        max_length=titles.LONGEST_KEY,
        editable=False,
        default="",
        db_default="",
        help_text="The title, normalized: what new editions’ works are looked up by.",
    )
    subtitle = models.CharField(_("subtitle"), max_length=500, blank=True)
    description = models.TextField(_("description"), blank=True, max_length=20_000)
    original_language = models.CharField(
        _("original language"), max_length=3, blank=True, choices=languages.CHOICES
    )
    first_published = models.SmallIntegerField(
        _("first published"),
        null=True,
        blank=True,
        help_text=_("Year; negative before the common era."),
    )
    subjects = models.ManyToManyField(
        "catalog.Subject", related_name="works", blank=True, verbose_name=_("subjects")
    )
    main_subject = models.ForeignKey(
        "catalog.Subject",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("main subject"),
    )
    keywords = models.TextField(
        _("keywords"),
        blank=True,
        max_length=5_000,
        default="",
        db_default="",
        help_text=_("Parted by semicolons: the work is found by them, and nobody sees them."),
    )
    audiences = ArrayField(
        models.CharField(max_length=2),
        verbose_name=_("audiences"),
        default=list,
        blank=True,
        db_default=[],
        help_text=_("Codes of ONIX list 28."),
    )
    popularity = models.PositiveIntegerField(
        _("popularity"),
        default=0,
        editable=False,
        help_text=_("The higher, the earlier in lists: what was sold of late, and the boost."),
    )
    boost = models.PositiveIntegerField(
        _("boost"),
        default=0,
        db_default=0,
        validators=[MaxValueValidator(MOST_BOOST)],
        help_text=_("Added to the popularity that sales give: 10 weigh as a copy sold today."),
    )
    is_recommendable = models.BooleanField(
        _("may be recommended"),
        default=True,
        db_default=True,
        help_text=_("Beside other books, where it fits; what is pinned there stays."),
    )
    is_sample = models.BooleanField(_("sample"), default=False, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        verbose_name = _("work")
        verbose_name_plural = _("works")
        ordering = ("title", "id")
        constraints = (
            models.CheckConstraint(name="work_title_not_empty", condition=~Q(title="")),
            models.CheckConstraint(
                name="work_first_published_plausible",
                condition=Q(first_published__range=(-3500, 2200)),
                violation_error_message=_("The year of the first publication is not likely."),
            ),
            models.CheckConstraint(name="work_boost_bounded", condition=Q(boost__lte=MOST_BOOST)),
        )
        indexes = (
            models.Index(fields=("-popularity", "id"), name="work_by_popularity"),
            models.Index(fields=("match_key",), name="work_by_match_key"),
        )

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the match key right."""
        self.match_key = titles.match_key(self.title)
        fields = kwargs.get("update_fields")
        if fields is not None and "title" in fields:
            kwargs["update_fields"] = {*fields, "match_key"}
        super().save(*args, **kwargs)

    @property
    def slug(self) -> str:
        """The readable part of the address of its editions."""
        return slugs.readable(self.title, fallback="book")

    @cached_property
    def authors(self) -> "list[Contribution]":
        """The main contributions, in order: authors, or whoever else comes first."""
        contributions = [c for c in self.contributions.all() if c.edition_id is None]
        return [c for c in contributions if c.is_author] or contributions[:1]

    @property
    def byline(self) -> str:
        """The authors' names as printed on a cover."""
        return ", ".join(contribution.contributor.name for contribution in self.authors)

    @cached_property
    def lead_edition(self) -> "Edition | None":
        """The edition that stands for the work in lists: the cheapest printed one that is out.

        Uses the editions that `for_cards` has prefetched.
        """
        return min(self.editions.all(), key=lambda edition: edition.list_rank, default=None)

    def went_stale(self) -> None:
        """Make every page that shows this work be computed anew after the commit."""
        store.bump_after_commit(generations.showing([self.pk]))
