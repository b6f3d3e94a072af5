"""FormerAddress: where things are whose address was another one."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from caching import store


class FormerAddressQuerySet(models.QuerySet["FormerAddress"]):
    """Keeps and finds what once stood at an address."""

    def keep(self, kind: str, slug: str, target_id: int) -> None:
        """Let what was at `slug` be found at `target_id`, which has another address now."""
        self.update_or_create(kind=kind, slug=slug, defaults={"target_id": target_id})

    def target_of(self, kind: str, slug: str) -> int | None:
        """The id of what was at this address once."""
        return self.filter(kind=kind, slug=slug).values_list("target_id", flat=True).first()

    def leading_to(self, kind: str, target_id: int) -> Self:
        """All former addresses of one thing."""
        return self.filter(kind=kind, target_id=target_id)


class FormerAddress(models.Model):
    """An address that once was public: where it leads is a row's id, so no chain can come about.

    What stands at an address today comes before what stood there once.
    """

    class Kind(models.TextChoices):
        """What stood there."""

        CONTRIBUTOR = "contributor", _("contributor")
        SERIES = "series", _("series")
        IMPRINT = "imprint", _("imprint")
        SUBJECT = "subject", _("subject")
        LIST = "list", _("staff list")
        EDITION = "edition", _("edition")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    slug = models.CharField(_("slug"), max_length=100, help_text="Of an edition, its number.")
    target_id = models.BigIntegerField()
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = FormerAddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
        constraints = (
            models.UniqueConstraint(name="former_address_once", fields=("kind", "slug")),
        )
        indexes = (models.Index(fields=("kind", "target_id"), name="former_address_of"),)

    def __str__(self) -> str:
        return f"{self.kind}: {self.slug}"


class Addressed(models.Model):
    """A row with a page of its own, at an address with its slug: the old one leads to the new."""

    address_kind: ClassVar[str]
    """Of FormerAddress.Kind."""
    slug: Any
    _slug_before: str | None = None

    class Meta:
        abstract = True

    def get_absolute_url(self) -> str:
        """The page's address; each model knows its own."""
        raise NotImplementedError  # Django's metaclass is not that of an ABC

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any, **kwargs: Any) -> Self:
        """Remember the slug that the row has."""
        row = super().from_db(db, field_names, values, **kwargs)
        row._slug_before = row.__dict__.get("slug")
        return row

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the old address, if it is another one now."""
        super().save(*args, **kwargs)
        before, self._slug_before = self._slug_before, self.slug
        if before and before != self.slug:
            FormerAddress.objects.filter(kind=self.address_kind, slug=self.slug).delete()
            FormerAddress.objects.keep(self.address_kind, before, self.pk)
            store.bump_after_commit(["catalog", "vocabulary"])
