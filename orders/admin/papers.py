"""Papers in the back office: invoices and credit notes as issued, and what lies in parcels."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from catalog.money import format_money
from orders.admin.reading import PartOfOrder, ReadOnlyAdmin
from orders.documents import slips
from orders.documents.contents import from_json
from orders.documents.printing import print_paper
from orders.models import Document, Shipment


def answer_pdf(pdf: bytes, filename: str) -> HttpResponse:
    """The file, to be looked at in the browser."""
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{filename}"'
    return response


def _link(name: str, key: int, words: Any) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{name}", args=[key]), words)


class DocumentInline(PartOfOrder):
    """What was issued."""

    model = Document
    fields = readonly_fields = ("kind", "number", "issued_at", "file")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the files, which are large."""
        return super().get_queryset(request).defer("pdf", "content")

    @admin.display(description=_("file"))
    def file(self, document: Document) -> SafeString:
        """Where it is read."""
        return _link("orders_document_pdf", document.pk, "PDF")


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin[Document]):
    """Invoices and credit notes, latest first; for the bookkeeping."""

    list_display = ("number", "kind", "order", "amount", "issued_at", "file")
    list_filter = ("kind", "year", "issued_at")
    list_select_related = ("order",)
    search_fields = ("number", "order__number")
    search_help_text = _("Number of a document or an order")
    fields = readonly_fields = ("number", "kind", "order", "amount", "issued_at", "file")

    def has_view_permission(self, request: HttpRequest, obj: Document | None = None) -> bool:
        """Who may see orders may see what was issued for them."""
        return request.user.has_perm("orders.view_order")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the files, which are large."""
        return super().get_queryset(request).defer("pdf")

    @admin.display(description=_("amount"))
    def amount(self, document: Document) -> str:
        """What it comes to."""
        bill = from_json(document.content)
        return format_money(bill.total_amount, bill.currency)

    @admin.display(description=_("file"))
    def file(self, document: Document) -> SafeString:
        """Where it is read."""
        return _link("orders_document_pdf", document.pk, "PDF")

    # --- Files ----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Besides, the files."""
        wrap = self.admin_site.admin_view
        own = [
            path("<int:pk>/pdf/", wrap(self.show_pdf), name="orders_document_pdf"),
            path(
                "packing-slip/<int:pk>/", wrap(self.show_packing_slip), name="orders_packing_slip"
            ),
            path(
                "gift-receipt/<int:pk>/", wrap(self.show_gift_receipt), name="orders_gift_receipt"
            ),
        ]
        return [*own, *super().get_urls()]

    def show_pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A document, as it was issued."""
        self._check(request)
        document = get_object_or_404(Document, pk=pk)
        return answer_pdf(bytes(document.pdf), document.filename)

    def show_packing_slip(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What is in a parcel, for whoever packs it and whoever opens it."""
        shipment = self._shipment(request, pk)
        pdf = print_paper(slips.packing_slip(shipment, at=timezone.now()))
        return answer_pdf(pdf, f"packing-slip-{shipment.order.number}-{pk}.pdf")

    def show_gift_receipt(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What is in a parcel, without what it cost."""
        shipment = self._shipment(request, pk)
        slip = slips.gift_receipt(shipment.order, at=timezone.now(), shipment=shipment)
        return answer_pdf(print_paper(slip), f"gift-receipt-{shipment.order.number}-{pk}.pdf")

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _shipment(self, request: HttpRequest, pk: int) -> Shipment:
        self._check(request)
        shipment = Shipment.objects.select_related("order__user", "location").filter(pk=pk).first()
        if shipment is None:
            raise Http404
        return shipment


INLINES = ((DocumentInline, "documents"),)
"""What an order's page shows, where there are some."""
