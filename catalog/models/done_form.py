"""DoneForm: forms of the back office that were carried out, so that a double click does it once."""

from django.db import connection, models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

CLAIM = "INSERT INTO catalog_doneform (key) VALUES (%s) ON CONFLICT DO NOTHING"


class DoneFormQuerySet(models.QuerySet["DoneForm"]):
    """What keeps the keys apart."""

    def claim(self, key: str) -> bool:
        """Whether the form with this key is carried out for the first time.

        Call it in the transaction that does what the form asks for: a second one waits here until
        that has committed, and may go on if it was rolled back.
        """
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, [key])
            return bool(cursor.rowcount)


class DoneForm(models.Model):
    """One form, known by the random key that it was rendered with."""

    key = models.CharField(_("key"), max_length=64, unique=True)
    done_at = models.DateTimeField(_("done at"), db_default=Now())

    objects = DoneFormQuerySet.as_manager()

    class Meta:
        verbose_name = _("form that was carried out")
        verbose_name_plural = _("forms that were carried out")

    def __str__(self) -> str:
        return self.key
