"""What was typed into the checkout's form, kept for who looks at the basket meanwhile.

The visitor's session holds it, for an hour at most: until the order is placed, or somebody signs
in, who need not be the same person. A guest's session has a row from then on (docs/decisions/0025).
"""

import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from orders.gift_cards import MAX_CARDS
from storefront.checkout_form import GIFT_CARDS, CheckoutForm

DRAFT = "draft"  # in the session: since when, and what was typed, as lists by the field's name
KEPT = datetime.timedelta(hours=1)
LONGEST = 254  # of a field
FIELDS = frozenset({*CheckoutForm.base_fields, GIFT_CARDS})


def keep(request: HttpRequest, *, at: datetime.datetime) -> None:
    """Have the session know what the form says."""
    typed = {
        name: [value[:LONGEST] for value in values[:MAX_CARDS]]
        for name, values in request.POST.lists()
        if name in FIELDS
    }
    request.session[DRAFT] = {"at": at.timestamp(), "typed": typed}


def read(request: HttpRequest, *, at: datetime.datetime) -> MultiValueDict[str, str]:
    """What the form says that is sent now, or else what was kept."""
    if request.method == "POST":
        return request.POST
    draft = request.session.get(DRAFT)
    if draft is None:
        return MultiValueDict()
    if at.timestamp() - draft["at"] > KEPT.total_seconds():
        forget(request.session)
        return MultiValueDict()
    return MultiValueDict(draft["typed"])


def forget(session: SessionBase) -> None:
    """Nothing is typed any more."""
    session.pop(DRAFT, None)
