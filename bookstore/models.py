"""What the shop as a whole keeps: why jobs failed, which Procrastinate itself does not remember."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobFailure(models.Model):
    """What went wrong when a job ran last; it goes with the job."""

    # The database cascades by itself, as Procrastinate deletes old jobs by statements of its own.
    job = models.OneToOneField(
        "procrastinate.ProcrastinateJob",
        models.DO_NOTHING,
        primary_key=True,
        db_constraint=False,
        related_name="failure",
    )
    message = models.TextField(_("what went wrong"))
    failed_at = models.DateTimeField(_("failed at"))

    class Meta:
        verbose_name = _("failure of a job")
        verbose_name_plural = _("failures of jobs")

    def __str__(self) -> str:
        return self.message
