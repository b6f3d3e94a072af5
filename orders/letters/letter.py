"""A letter: the parts that any e-mail of the shop may have, and the e-mail made of them."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import get_language

from orders.models import Document, Seller


@dataclass(frozen=True)
class Item:
    """Some copies of something."""

    quantity: int
    title: str
    details: str = ""
    amount: str = ""
    note: str = ""
    """What is special about it: when it is expected."""


@dataclass(frozen=True)
class Place:
    """An address, with what it is."""

    heading: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Letter:
    """What stands in an e-mail; what is empty is left out."""

    subject: str
    heading: str
    paragraphs: Sequence[str]
    order_number: str
    order_url: str
    """Empty: the letter may come into other hands."""
    highlight: str = ""
    """What is to be copied: a gift card's code."""
    facts: Sequence[tuple[str, str]] = ()
    button: tuple[str, str] | None = None
    """Its words and where it leads; without one it leads to the order."""
    items_heading: str = ""
    items: Sequence[Item] = ()
    sums: Sequence[tuple[str, str]] = ()
    """The total is the last but for the tax, which stands in `tax`."""
    tax: tuple[str, str] | None = None
    places: Sequence[Place] = ()

    def to_email(
        self, *, to: str, message_id: str, document: Document | None
    ) -> EmailMultiAlternatives:
        """The e-mail, which answers go to the seller of."""
        seller = Seller.objects.current()
        context = {
            "letter": self,
            "shop_name": settings.SHOP_NAME,
            "language": get_language() or settings.LANGUAGE_CODE,
            "imprint": _imprint(seller),
        }
        mail = _Mail(
            subject=" ".join(self.subject.split()),
            body=_tidied(render_to_string("orders/email/base.txt", context)),
            to=[to],
            reply_to=[seller.email] if seller.email else None,
            headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
        )
        mail.attach_alternative(render_to_string("orders/email/base.html", context), "text/html")
        if document:
            mail.attach(document.filename, bytes(document.pdf), "application/pdf")
        return mail


class _Mail(EmailMultiAlternatives):
    """Put together once: to look whether it can be an e-mail, and to hand it over."""

    @functools.cached_property
    def _put_together(self) -> Any:
        return super().message()

    def message(self, **_options: Any) -> Any:
        """What the mail server is given; nothing may be changed afterwards."""
        return self._put_together


def make_message_id(*parts: str) -> str:
    """The e-mail's own number, the same whenever it is sent: a second copy can be told as one."""
    name = ".".join(re.sub(r"[^A-Za-z0-9_]+", "-", part) for part in parts if part)
    return f"<{name}@{urlsplit(settings.SHOP_URL).hostname or 'localhost'}>"


def _imprint(seller: Seller) -> str:
    """Who writes, in one line."""
    who = (seller.legal_name, *seller.address.splitlines(), seller.tax_number)
    return " · ".join(part.strip() for part in who if part.strip())


def _tidied(text: str) -> str:
    """Without the empty lines that left out parts leave."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
