"""Subject: a node in the tree that works are classified by."""

from collections.abc import Sequence
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from catalog.models.former_address import Addressed, FormerAddress

QUALIFIER = "^[0-9]"
"""A regular expression: the codes of Thema that say more about a subject, as `1DDF`, France."""
VISIBLE = f"{{row}}.is_shown AND NOT ({{row}}.scheme = 'thema' AND {{row}}.code ~ '{QUALIFIER}')"
"""`SubjectQuerySet.visible` in SQL, of the subject `row`."""

LONGEST_PATH = 250


def check_code(code: str) -> None:
    """Validate a model field: raises ValidationError for what has a meaning in paths."""
    if set(code) & {"/", ":"}:
        raise ValidationError(_("A code has neither “/” nor “:”."))


def lineage(path: str) -> list[str]:
    """The paths from the root down to this one: `F/FB/` → `F/`, `F/FB/`."""
    return [path[: place + 1] for place, letter in enumerate(path) if letter == "/"]


def _begins(path: models.expressions.Combinable, start: models.expressions.Combinable) -> Exact:
    """Whether `path` is `start` or lies below it."""
    starts = Func(path, start, function="starts_with", output_field=models.BooleanField())
    return Exact(starts, Value(True))


class SubjectQuerySet(models.QuerySet["Subject"]):
    """Selections of subjects."""

    def top(self) -> Self:
        """The roots of the tree."""
        return self.filter(parent=None)

    def under(self, subject: "Subject") -> Self:
        """`subject` and everything below it."""
        return self.filter(path__startswith=subject.path)

    def holding(self, slug: str) -> Self:
        """All whose works stand on the shelf `slug`: it, what is below, and what these gather.

        A shelf of the shop's own gathers by the paths of the tree, so works need no other tag.
        """
        path = models.Subquery(Subject.objects.filter(slug=slug).values("path")[:1])
        roots = Subject.objects.filter(Q(path__startswith=path) | Q(shelves__path__startswith=path))
        above = roots.filter(_begins(models.OuterRef("path"), F("path")))
        return self.filter(models.Exists(above))

    def marked(self, subject: "Subject") -> list[int]:
        """The ids that mark works of `subject` in search entries: it, and what it gathers.

        What is below needs no mark of its own: entries name all above each subject.
        """
        gathered = self.filter(shelves__path__startswith=subject.path).distinct()
        return [subject.pk, *gathered.order_by("pk").values_list("pk", flat=True)]

    def plant(self, subjects: Sequence["Subject"]) -> "list[Subject]":
        """Write many new ones at once, whose parents are there."""
        for subject in subjects:
            subject.path = subject.own_path
        return self.bulk_create(subjects)

    def in_order(self) -> Self:
        """As they stand beside each other: the shop's order, then the tree's."""
        return self.order_by("ordinal", "path")

    def visible(self) -> Self:
        """Those that may be shown: not hidden, and no qualifiers."""
        shelves = self.exclude(scheme=Subject.Scheme.THEMA, code__regex=QUALIFIER)
        return shelves.filter(is_shown=True)

    def shown(self) -> Self:
        """Those that visitors find: visible, and with works for sale."""
        return self.visible().filter(size__gt=0)


class Subject(Addressed):
    """A classified topic; its code comes from Thema, or is the shop's own."""

    address_kind = FormerAddress.Kind.SUBJECT

    class Scheme(models.TextChoices):
        """Who gave the code."""

        THEMA = "thema", "Thema"
        SHOP = "shop", _("The shop’s own")

    ORDINAL = 100
    """The place of what nobody has placed."""

    scheme = models.CharField(_("scheme"), max_length=10, choices=Scheme, default=Scheme.THEMA)
    code = models.CharField(_("code"), max_length=20, validators=[check_code])
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )
    intro = models.TextField(
        _("introduction"),
        blank=True,
        max_length=2_000,
        default="",
        db_default="",
        help_text=_("Stands above the books on its page."),
    )
    ordinal = models.PositiveSmallIntegerField(
        _("place"),
        default=ORDINAL,
        db_default=ORDINAL,
        help_text=_("The lower, the earlier among those beside it."),
    )
    is_shown = models.BooleanField(
        _("shown"),
        default=True,
        db_default=True,
        help_text=_("Among the subjects that visitors browse."),
    )
    gathers = models.ManyToManyField(
        "self",
        symmetrical=False,
        related_name="shelves",
        blank=True,
        verbose_name=_("gathers"),
        help_text=_("Subjects whose books stand here too, with all that is below them."),
    )
    size = models.PositiveIntegerField(
        _("titles"),
        default=0,
        db_default=0,
        editable=False,
        help_text=_("Works for sale here and below; counted by `catalog.shelf_sizes`."),
    )
    path = models.CharField(
        max_length=LONGEST_PATH,
        unique=True,
        editable=False,
        help_text=_("Codes from the root: F/FB/FBC/; the shop’s own are marked: F/shop:LOCAL/"),
    )

    objects = SubjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("subject")
        verbose_name_plural = _("subjects")
        ordering = ("path",)
        constraints = (
            models.UniqueConstraint(name="subject_code_in_scheme", fields=("scheme", "code")),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the path right, here and below."""
        old_path = self.path
        self.path = self.own_path
        super().save(*args, **kwargs)
        if old_path and old_path != self.path:
            for child in self.children.all():
                child.save()

    def clean(self) -> None:
        """Refuse to stand deeper than a path can say."""
        if len(self.own_path) > LONGEST_PATH:
            raise ValidationError({"parent": _("This is too deep in the tree.")})

    @property
    def own_path(self) -> str:
        """The path that goes with the code and the parent."""
        own = self.code if self.scheme == self.Scheme.THEMA else f"{self.scheme}:{self.code}"
        return f"{self.parent.path if self.parent else ''}{own}/"

    def get_absolute_url(self) -> str:
        """The page with this subject's works."""
        return f"/subjects/{self.slug}/"

    @property
    def is_own(self) -> bool:
        """Whether it is a shelf of the shop's own making."""
        return self.scheme == Subject.Scheme.SHOP

    @property
    def depth(self) -> int:
        """0 for a root."""
        return self.path.count("/") - 1


class Classification(models.Model):
    """A code of another scheme that a supplier has sent: kept, never shown as a subject."""

    class Scheme(models.TextChoices):
        """Who gave the code."""

        BISAC = "bisac", "BISAC"
        BIC = "bic", "BIC"

    work = models.ForeignKey("catalog.Work", models.CASCADE, related_name="classifications")
    scheme = models.CharField(_("scheme"), max_length=10, choices=Scheme)
    code = models.CharField(_("code"), max_length=20)
    is_main = models.BooleanField(_("main"), default=False)

    class Meta:
        verbose_name = _("classification")
        verbose_name_plural = _("classifications")
        ordering = ("work", "-is_main", "id")
        constraints = (
            models.UniqueConstraint(name="classification_once", fields=("work", "scheme", "code")),
        )

    def __str__(self) -> str:
        return f"{self.scheme} {self.code}"
