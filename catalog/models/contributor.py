"""Contributor: a person or body that had a part in works; Contribution: which part."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models.former_address import Addressed, FormerAddress
from catalog.roles import ContributorRole

ROLE_LABELS = dict(ContributorRole.choices)


class Contributor(Addressed):
    """A person or body."""

    address_kind = FormerAddress.Kind.CONTRIBUTOR

    name = models.CharField(_("name"), max_length=200, help_text=_("As printed: Jane Austen"))
    sort_name = models.CharField(
        _("name for sorting"), max_length=200, help_text=_("As filed: Austen, Jane")
    )
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    is_corporate = models.BooleanField(_("is a body"), default=False)
    birth_year = models.SmallIntegerField(_("born"), null=True, blank=True)
    death_year = models.SmallIntegerField(_("died"), null=True, blank=True)
    biography = models.TextField(_("biography"), blank=True, max_length=20_000)

    class Meta:
        verbose_name = _("contributor")
        verbose_name_plural = _("contributors")
        ordering = ("sort_name", "id")
        indexes = (models.Index(fields=("sort_name",), name="contributor_by_sort_name"),)
        constraints = (
            models.CheckConstraint(
                name="contributor_died_after_birth",
                condition=Q(birth_year=None)
                | Q(death_year=None)
                | Q(death_year__gte=models.F("birth_year")),
                violation_error_message=_("The year of death lies before the year of birth."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The page with this contributor's works."""
        return self.address(self.slug)

    @staticmethod
    def address(slug: str) -> str:
        """The page of the contributor with this slug."""
        return f"/contributors/{slug}/"


class Contribution(models.Model):
    """One contributor's part in a work, or in one edition of it (its translator, its narrator)."""

    work = models.ForeignKey("catalog.Work", models.CASCADE, related_name="contributions")
    edition = models.ForeignKey(
        "catalog.Edition",
        models.CASCADE,
        related_name="contributions",
        null=True,
        blank=True,
        help_text=_("Only where the part concerns a single edition."),
    )
    contributor = models.ForeignKey(Contributor, models.PROTECT, related_name="contributions")
    role = models.CharField(_("role"), max_length=3, choices=ContributorRole)
    ordinal = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        ordering = ("ordinal", "id")
        constraints = (
            models.UniqueConstraint(
                name="contribution_once",
                fields=("work", "edition", "contributor", "role"),
                nulls_distinct=False,
            ),
        )

    def __str__(self) -> str:
        return f"{self.contributor} ({self.get_role_display()})"

    @property
    def role_label(self) -> str:
        """The role's name; `get_role_display` makes a table of all of them at each call."""
        return str(ROLE_LABELS.get(self.role, self.role))

    @property
    def is_author(self) -> bool:
        """Whether the part is the writing itself."""
        return self.role == ContributorRole.AUTHOR
