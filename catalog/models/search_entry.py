"""SearchEntry: what a work is found, filtered, counted and sorted by, denormalized; SearchWord: the
words that there are; SearchDay: the day that the entries are of.
"""

import datetime
from collections.abc import Collection
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

COPIES_MARK = "=here"
"""A word of the vector of each work of which copies may be at hand."""
MARKED = f"'{COPIES_MARK}'"

LOCK = """
SELECT work_id FROM catalog_searchentry
WHERE work_id IN (SELECT work_id FROM catalog_edition WHERE id = ANY(%(editions)s))
ORDER BY work_id FOR NO KEY UPDATE
"""
MARK = """
UPDATE catalog_searchentry SET vector = vector || array_to_tsvector(%(mark)s)
WHERE work_id IN (SELECT work_id FROM catalog_edition WHERE id = ANY(%(editions)s))
  AND NOT vector @@ %(marked)s::tsquery
"""
MISSING = """
SELECT edition.id FROM catalog_stock AS stock
JOIN catalog_edition AS edition ON edition.id = stock.edition_id
JOIN catalog_searchentry AS entry ON entry.work_id = edition.work_id
WHERE stock.on_hand > stock.allocated AND NOT entry.vector @@ %(marked)s::tsquery
LIMIT %(most)s
"""
UNMARK = """
UPDATE catalog_searchentry SET vector = ts_delete(vector, %(mark)s)
WHERE work_id = ANY(%(works)s) AND NOT EXISTS (
    SELECT FROM catalog_edition AS edition JOIN catalog_stock AS stock
      ON stock.edition_id = edition.id
    WHERE edition.work_id = catalog_searchentry.work_id AND stock.on_hand > stock.allocated
)
"""


class SearchEntryQuerySet(models.QuerySet["SearchEntry"]):
    """The mark of copies, by which the index of words leaves out what is not there.

    Stock changes with every order, and no order shall wait for another at an entry. The mark is
    therefore set where the first copies come, and left where the last go: a job takes it away
    later. Whoever looks for what is at hand asks the stock of those that are marked.
    """

    @transaction.atomic
    def mark_copies(self, edition_ids: Collection[int]) -> None:
        """Mark the works of editions that had no copy left and have one now.

        First they are locked, so that an `unmark_copies` that runs has ended, or will see them.
        """
        editions = list(edition_ids)
        told: dict[str, Any] = {"editions": editions, "mark": [COPIES_MARK], "marked": MARKED}
        with connection.cursor() as cursor:
            cursor.execute(LOCK, told)
            cursor.execute(MARK, told)

    def mark_missing_copies(self, *, most: int) -> int:
        """Mark works of `most` editions that have copies and no mark; of how many editions it did.

        An edition that moves to another work while its first copies come leaves the mark behind,
        and a process of the release before the mark writes entries without it.
        """
        with connection.cursor() as cursor:
            cursor.execute(MISSING, {"marked": MARKED, "most": most})
            editions = [pk for (pk,) in cursor.fetchall()]
        if editions:
            self.mark_copies(editions)
        return len(editions)

    @transaction.atomic
    def unmark_copies(self, *, after: int, most: int) -> int | None:
        """Take the mark from those without copies among `most` works with ids above `after`.

        Returns the id of the last one, None at the end.
        """
        marked = self.extra(where=["vector @@ %s::tsquery"], params=[MARKED])
        rows = marked.filter(work__gt=after).order_by("work").select_for_update(no_key=True)
        works = list(rows.values_list("work", flat=True)[:most])
        with connection.cursor() as cursor:
            cursor.execute(UNMARK, {"works": works, "mark": COPIES_MARK})
        return works[-1] if works else None


class SearchEntry(models.Model):
    """One row a work, written by `catalog.indexing` in the transaction of the change.

    The keys sort upward: the smaller, the earlier in the list.
    """

    work = models.OneToOneField(
        "catalog.Work", models.CASCADE, primary_key=True, related_name="search_entry"
    )
    names = models.TextField(help_text="Titles and contributors, folded.")
    vector = SearchVectorField(
        help_text="Every word; those of titles and people once more with “^”; marks with “=”."
    )
    head = SearchVectorField(
        null=True, help_text="The words of titles (A) and people (B) with places, to rank by."
    )
    offers = ArrayField(
        models.BigIntegerField(),
        default=list,
        db_default=[],
        help_text="A number for each offered edition: catalog.offer_codes.",
    )
    editions = ArrayField(
        models.BigIntegerField(),
        default=list,
        db_default=[],
        help_text="The ids of the offered editions, in the order of their offers.",
    )
    subjects = ArrayField(
        models.BigIntegerField(), default=list, db_default=[], help_text="With all above them."
    )
    is_offered = models.BooleanField(default=False, db_default=False)
    popularity_key = models.IntegerField(default=0, db_default=0)
    title_key = models.TextField(default="", db_default="", db_collation="C")
    newest_key = models.IntegerField(default=0, db_default=0)
    price_key = models.IntegerField(default=0, db_default=0)

    objects = SearchEntryQuerySet.as_manager()

    class Meta:
        indexes = (
            GinIndex(fields=("vector",), name="search_entry_vector"),
            models.Index(fields=("work",), name="search_entry_unfinished", condition=Q(head=None)),
            models.Index(
                fields=("popularity_key", "title_key", "work"),
                name="search_entry_by_popularity",
                condition=Q(is_offered=True),
            ),
            models.Index(
                fields=("title_key", "work"),
                name="search_entry_by_title",
                condition=Q(is_offered=True),
            ),
            models.Index(
                fields=("newest_key", "work"),
                name="search_entry_by_newest",
                condition=Q(is_offered=True),
            ),
            models.Index(
                fields=("price_key", "work"),
                name="search_entry_by_price",
                condition=Q(is_offered=True),
            ),
        )

    def __str__(self) -> str:
        return self.names


class SearchWord(models.Model):
    """A word of a title or a name: what a typo may have meant."""

    word = models.TextField(primary_key=True)
    works = models.IntegerField(help_text="In how many works it stood when they were counted.")

    class Meta:
        indexes = (GinIndex(OpClass("word", "gin_trgm_ops"), name="search_word_trigrams"),)

    def __str__(self) -> str:
        return self.word


class SearchDayQuerySet(models.QuerySet["SearchDay"]):
    """The one note."""

    def note(self, day: datetime.date) -> None:
        """Have it be known that all entries are of that day."""
        self.update_or_create(pk=1, defaults={"day": day})


class SearchDay(models.Model):
    """The day of which prices and dates all entries are: one row."""

    day = models.DateField()

    objects = SearchDayQuerySet.as_manager()

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(pk=1), name="search_day_is_one"),)

    def __str__(self) -> str:
        return self.day.isoformat()


class UnansweredQuery(models.Model):
    """Words that found nothing: what customers look for and the shop does not have."""

    words = models.CharField(_("words"), max_length=200, unique=True)
    times = models.PositiveIntegerField(_("times"), default=1)
    last_at = models.DateTimeField(_("last"))

    class Meta:
        verbose_name = _("search that found nothing")
        verbose_name_plural = _("searches that found nothing")
        ordering = ("-times", "-last_at")
        indexes = (models.Index(fields=("last_at",), name="unanswered_query_by_last"),)

    def __str__(self) -> str:
        return self.words
