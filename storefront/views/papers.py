"""What a customer prints for somebody else: the gift receipt, which names no price."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from orders.documents import slips
from orders.documents.printing import print_paper
from storefront.private import private
from storefront.views.orders import find_order


@private
@require_safe
def gift_receipt(request: HttpRequest, number: str) -> HttpResponse:
    """The whole order without what it cost, once it is paid and unless it was canceled."""
    order = find_order(request, number)
    if order.paid_at is None or order.canceled_at or not order.needs_shipment:
        raise Http404
    pdf = print_paper(slips.gift_receipt(order, at=timezone.now()))
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="gift-receipt-{order.number}.pdf"'
    return response
