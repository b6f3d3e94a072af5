"""What staff calls the fields that suppliers' records fill, and how their values are read out."""

import datetime
import re
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import trade_codes
from catalog.feeds import fields
from catalog.models import ContributorRole, Edition, Work
from catalog.models.provenance import OF_WORK

OTHERS = {
    "backorders": gettext_lazy("ordered for customers"),
    "contributors": gettext_lazy("translators and narrators"),
    "price": gettext_lazy("price"),
    "work.classifications": gettext_lazy("other classifications"),
    "work.contributors": gettext_lazy("people"),
    "work.series": gettext_lazy("series"),
}
"""What is no column of an edition or a work."""

PEOPLE = ("contributors", "work.contributors")
ROLE = re.compile(r"\((\w{3})\)\Z")


def label(name: str) -> str:
    """The field in words: `Pages`, or for `work.title` `Title of the work`."""
    text = short_label(name)
    return _("%(field)s of the work") % {"field": text} if name.startswith(OF_WORK) else text


def short_label(name: str) -> str:
    """The same without saying whose it is."""
    plain, field = name.removeprefix(OF_WORK), _field(name)
    text = OTHERS.get(name) or (field.verbose_name if field else plain.replace("_", " "))
    return capfirst(str(text))


def of_reason(name: str) -> str:
    """What a reason is about: one of our fields in words, or the file's element as it is."""
    return label(name) if name in fields.BLOCKS else name


def read_out(name: str, value: Any) -> str:
    """The value as a person reads it; empty for nothing."""
    match value:
        case None | "" | []:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case list():
            return "; ".join(read_out(name if name in PEOPLE else "", item) for item in value)
        case dict():
            return ", ".join(filter(None, (read_out("", part) for part in value.values())))
    field = _field(name)
    choices: dict[Any, Any] = dict(field.flatchoices) if field else {}
    text = trade_codes.read_out(name, str(choices.get(value, value)))
    if name in PEOPLE:
        text = ROLE.sub(_role, text)
    return _day(text) if isinstance(field, models.DateField) else text


def _role(code: re.Match[str]) -> str:
    """The role in words: `(A01)` is (Author)."""
    known = ContributorRole.values
    return f"({ContributorRole(code[1]).label})" if code[1] in known else code[0]


def _day(text: str) -> str:
    try:
        return date_format(datetime.date.fromisoformat(text))
    except ValueError:
        return text  # as it was written down


def _field(name: str) -> "models.Field[Any, Any] | None":
    """The column, if it is one."""
    model = Work if name.startswith(OF_WORK) else Edition
    try:
        field = model._meta.get_field(name.removeprefix(OF_WORK))
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, models.Field) else None
