"""Subject: a node in the tree that works are classified by."""

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.former_address import Addressed, FormerAddress

LONGEST_PATH = 250


def check_code(code: str) -> None:
    """Validate a model field: raises ValidationError for what has a meaning in paths."""
    if set(code) & {"/", ":"}:
        raise ValidationError(_("A code has neither “/” nor “:”."))


def lineage(path: str) -> list[str]:
    """The paths from the root down to this one: `F/FB/` → `F/`, `F/FB/`."""
    return [path[: place + 1] for place, letter in enumerate(path) if letter == "/"]


class SubjectQuerySet(models.QuerySet["Subject"]):
    """Selections of subjects."""

    def top(self) -> Self:
        """The roots of the tree."""
        return self.filter(parent=None)

    def under(self, subject: "Subject") -> Self:
        """`subject` and everything below it."""
        return self.filter(path__startswith=subject.path)


class Subject(Addressed):
    """A classified topic; its code comes from Thema, or is the shop's own."""

    address_kind = FormerAddress.Kind.SUBJECT

    class Scheme(models.TextChoices):
        """Who gave the code."""

        THEMA = "thema", "Thema"
        SHOP = "shop", _("The shop’s own")

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
        self.path = self._path()
        super().save(*args, **kwargs)
        if old_path and old_path != self.path:
            for child in self.children.all():
                child.save()

    def clean(self) -> None:
        """Refuse to stand deeper than a path can say."""
        if len(self._path()) > LONGEST_PATH:
            raise ValidationError({"parent": _("This is too deep in the tree.")})

    def _path(self) -> str:
        own = self.code if self.scheme == self.Scheme.THEMA else f"{self.scheme}:{self.code}"
        return f"{self.parent.path if self.parent else ''}{own}/"

    def get_absolute_url(self) -> str:
        """The page with this subject's works."""
        return f"/subjects/{self.slug}/"

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
