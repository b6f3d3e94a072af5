"""What the trade's codes of an edition's state mean, in our words; the codes are facts of ONIX."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MEANINGS: dict[str, dict[str, Promise]] = {
    "publishing_status": {
        "00": gettext_lazy("Not said"),
        "01": gettext_lazy("Given up before publication"),
        "02": gettext_lazy("Forthcoming"),
        "03": gettext_lazy("Postponed, no day known"),
        "04": gettext_lazy("Published and on sale"),
        "05": gettext_lazy("With another publisher now"),
        "06": gettext_lazy("Out of stock, no day known"),
        "07": gettext_lazy("Out of print"),
        "08": gettext_lazy("Not on sale any more"),
        "09": gettext_lazy("Not known"),
        "10": gettext_lazy("Remaindered"),
        "11": gettext_lazy("Withdrawn"),
        "12": gettext_lazy("Recalled, not safe"),
        "13": gettext_lazy("Sold only as part of a set"),
        "15": gettext_lazy("Recalled, not safe"),
        "16": gettext_lazy("Withdrawn for a while"),
        "17": gettext_lazy("Withdrawn for good"),
        "18": gettext_lazy("Its parts are sold, not the set"),
    },
    "supplier_availability": {
        "01": gettext_lazy("Given up before publication"),
        "09": gettext_lazy("Not out yet: postponed, no day known"),
        "10": gettext_lazy("Not out yet"),
        "11": gettext_lazy("Not out yet: will be in stock"),
        "12": gettext_lazy("Not out yet: will be printed on demand"),
        "20": gettext_lazy("Available"),
        "21": gettext_lazy("In stock"),
        "22": gettext_lazy("Ordered specially"),
        "23": gettext_lazy("Printed on demand"),
        "30": gettext_lazy("Not available for a while"),
        "31": gettext_lazy("Out of stock for a while"),
        "32": gettext_lazy("Being reprinted"),
        "33": gettext_lazy("Waiting to be published again"),
        "34": gettext_lazy("Withdrawn for a while"),
        "40": gettext_lazy("Not available"),
        "41": gettext_lazy("Not available: there is a newer one"),
        "42": gettext_lazy("Not available: there is another format"),
        "43": gettext_lazy("Not from this supplier any more"),
        "44": gettext_lazy("From the publisher alone"),
        "45": gettext_lazy("Sold only as part of a set"),
        "46": gettext_lazy("Withdrawn"),
        "47": gettext_lazy("Remaindered"),
        "48": gettext_lazy("Not available: another one is printed on demand"),
        "49": gettext_lazy("Recalled"),
        "50": gettext_lazy("Its parts are sold, not the set"),
        "51": gettext_lazy("Out of print"),
        "52": gettext_lazy("Not sold in this market any more"),
        "97": gettext_lazy("No recent news of it"),
        "98": gettext_lazy("No news of it any more"),
        "99": gettext_lazy("Ask the supplier"),
    },
}
"""Of columns of an edition: code lists 64 and 65, issue 73."""


def read_out(column: str, code: str) -> str:
    """What the code means, and the code; it alone where no meaning is known, or it has none."""
    meaning = MEANINGS.get(column, {}).get(code)
    return _("%(meaning)s (%(code)s)") % {"meaning": meaning, "code": code} if meaning else code
