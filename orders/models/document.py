"""Document: an invoice or a credit note, issued once, numbered without a gap, never changed."""

from django.db import models
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _


class DocumentKind(models.TextChoices):
    """What it is; each kind has numbers of its own."""

    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")


class DocumentCounterQuerySet(models.QuerySet["DocumentCounter"]):
    """The counters, as a source of numbers."""

    def take(self, kind: DocumentKind, year: int) -> int:
        """The next number, from 1 on; nobody else takes one before the transaction ends.

        A transaction that fails gives its number back, so that none is ever missing.
        """
        self.bulk_create([DocumentCounter(kind=kind, year=year)], ignore_conflicts=True)
        counter = self.select_for_update().get(kind=kind, year=year)
        counter.last += 1
        counter.save(update_fields=("last",))
        return counter.last


class DocumentCounter(models.Model):
    """The last number of a kind in a year; locked by whoever takes the next."""

    kind = models.CharField(max_length=12, choices=DocumentKind)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    objects = DocumentCounterQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(name="document_counter_once", fields=("kind", "year")),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"


class Document(models.Model):
    """A page that stays as it was issued (a trigger refuses any change)."""

    kind = models.CharField(_("kind"), max_length=12, choices=DocumentKind)
    year = models.PositiveSmallIntegerField(_("year"))
    sequence = models.PositiveIntegerField(_("number in the year"))
    number = models.CharField(_("number"), max_length=40, unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="documents")
    refund = models.OneToOneField(
        "orders.Refund", models.PROTECT, null=True, blank=True, related_name="credit_note"
    )
    content = models.JSONField(_("content"))
    pdf = models.BinaryField(_("PDF"))
    issued_at = models.DateTimeField(_("issued at"))

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                name="document_number_once", fields=("kind", "year", "sequence")
            ),
            models.UniqueConstraint(
                name="document_one_invoice_an_order",
                fields=("order",),
                condition=Q(kind="invoice"),
            ),
            models.CheckConstraint(
                name="document_credit_note_of_refund",
                condition=Q(kind="invoice", refund=None)
                | Q(kind="credit_note", refund__isnull=False),
            ),
            models.CheckConstraint(name="document_counts_from_one", condition=Q(sequence__gt=0)),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def filename(self) -> str:
        """What its file is called: kind and number, in characters that every system knows."""
        return f"{slugify(self.get_kind_display()) or self.kind}-{slugify(self.number)}.pdf"
