"""StaffList: works that the booksellers recommend together, each with a note."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.former_address import Addressed, FormerAddress


class StaffList(Addressed):
    """A list of recommended works."""

    address_kind = FormerAddress.Kind.LIST

    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    intro = models.TextField(_("introduction"), blank=True, max_length=2_000)
    ordinal = models.PositiveSmallIntegerField(
        _("position"), default=1, help_text=_("The first list stands on the home page.")
    )
    is_sample = models.BooleanField(_("sample"), default=False, editable=False)

    class Meta:
        verbose_name = _("staff list")
        verbose_name_plural = _("staff lists")
        ordering = ("ordinal", "id")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The page with the list and its notes."""
        return f"/lists/{self.slug}/"


class StaffListEntry(models.Model):
    """A work on a list, and why."""

    staff_list = models.ForeignKey(StaffList, models.CASCADE, related_name="entries")
    work = models.ForeignKey("catalog.Work", models.CASCADE, related_name="list_entries")
    ordinal = models.PositiveSmallIntegerField(_("position"), default=1)
    note = models.TextField(_("note"), blank=True, max_length=1_000)

    class Meta:
        verbose_name = _("entry of a staff list")
        verbose_name_plural = _("entries of staff lists")
        ordering = ("ordinal", "id")
        constraints = (
            models.UniqueConstraint(name="work_once_in_list", fields=("staff_list", "work")),
        )

    def __str__(self) -> str:
        return f"{self.staff_list}: {self.work}"
