"""What the trade's records alone fill of an edition, as staff reads it; it locks and frees it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from catalog import trade_codes
from catalog.models import Edition

TRADE_FACTS = (
    "edition_number", "edition_statement", "height_mm", "width_mm", "thickness_mm", "form_in_words",
    "status_in_words", "availability_in_words", "replaced_by", "cover_url",
)  # fmt: skip
"""Columns, and codes in words."""


class TradeFactsMixin:
    """Codes in words, for an edition's page."""

    @admin.display(description=gettext_lazy("product form"))
    def form_in_words(self, edition: Edition) -> str:
        """What kind of thing it is said to be."""
        return trade_codes.read_out("product_form", edition.product_form)

    @admin.display(description=gettext_lazy("publishing status"))
    def status_in_words(self, edition: Edition) -> str:
        """How the publisher says it stands."""
        return trade_codes.read_out("publishing_status", edition.publishing_status)

    @admin.display(description=gettext_lazy("availability at the supplier’s"))
    def availability_in_words(self, edition: Edition) -> str:
        """Whether the supplier has it."""
        return trade_codes.read_out("supplier_availability", edition.supplier_availability)
