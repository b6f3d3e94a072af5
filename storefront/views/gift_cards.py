"""What is left on a gift card, for whoever has its code; limits keep codes from being guessed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from orders import gift_cards
from orders.models import GiftCard
from storefront.forms import GiftCardForm
from storefront.private import private


@private
@require_http_methods(["GET", "HEAD", "POST"])
def balance(request: HttpRequest) -> HttpResponse:
    """Ask for a code; a POST shows what the card holds, so that no address has the code in it."""
    form = GiftCardForm(request.POST if request.method == "POST" else None)
    card = _find(form) if form.is_valid() else None
    context = {
        "form": form,
        "card": card,
        "is_expired": card is not None and card.is_expired(timezone.now()),
    }
    status = 422 if form.errors else 200
    return render(request, "storefront/gift_card.html", context, status=status)


def _find(form: GiftCardForm) -> GiftCard | None:
    try:
        return gift_cards.find(form.cleaned_data["code"])
    except gift_cards.UnknownGiftCard as error:
        form.add_error("code", str(error))
        return None
