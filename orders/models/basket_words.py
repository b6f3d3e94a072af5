"""What a basket says of its lines: why one cannot be ordered, and when its copies come."""

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from orders.models.basket import BasketLine


def problem(line: "BasketLine") -> str:
    """Why the line cannot be ordered as it is; empty: it can."""
    edition = line.edition
    if not edition.is_offered or line.unit_amount is None:
        return _("Not for sale any more.")
    if edition.is_forthcoming:
        return _problem_of_preorder(line)
    if line.here_quantity == line.quantity or edition.promise_kind:
        return ""
    if line.here_quantity <= 0:
        return _("Out of stock.")
    text = ngettext("Only %(n)d left.", "Only %(n)d left.", line.here_quantity)
    return text % {"n": line.here_quantity}


def promise(line: "BasketLine") -> str:
    """When copies come that are not there; empty: all are there."""
    edition, supply = line.edition, line.edition.own_supply
    if line.problem or supply is None:
        return ""
    if edition.is_forthcoming:
        day = supply.expected_date(timezone.localdate()) or edition.release_date
        told = {"day": date_format(day or "", "DATE_FORMAT")}
        if edition.is_embargoed and day == edition.embargo_date:
            return _("Pre-order: on sale from %(day)s") % told
        return _("Pre-order: out on %(day)s") % told
    awaited, days = line.quantity - line.here_quantity, {"days": supply.backorder_days}
    if not awaited:
        return ""
    if not line.here_quantity:
        text = ngettext(
            "We order it for you: usually %(days)d day",
            "We order it for you: usually %(days)d days",
            supply.backorder_days,
        )
        return text % days
    text = ngettext(
        "%(here)d now, %(awaited)d in about %(days)d day",
        "%(here)d now, %(awaited)d in about %(days)d days",
        supply.backorder_days,
    )
    return text % {**days, "here": line.here_quantity, "awaited": awaited}


def _problem_of_preorder(line: "BasketLine") -> str:
    supply, today = line.edition.own_supply, timezone.localdate()
    if supply is None or supply.kind(today) is None:
        return _("Not out yet.")
    room = None if line.edition.is_digital else supply.room(today)
    if room is None or room >= line.quantity:
        return ""
    if not room:
        return _("No more pre-orders are taken.")
    return ngettext(
        "Only %(n)d more can be pre-ordered.", "Only %(n)d more can be pre-ordered.", room
    ) % {"n": room}
