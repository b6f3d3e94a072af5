"""Exporting the catalogue as an ONIX file, in constant memory and few statements."""

import datetime
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from catalog.models import Contribution, Edition, Format, Price
from catalog.onix import writing

BATCH = 500
"""Editions fetched at once: a fixed number of statements each."""


def export_onix(
    *, sent_at: datetime.datetime, since: datetime.date | None = None
) -> Iterator[bytes]:
    """The catalogue as a message of ONIX 3.1, piece by piece; gift cards are no books.

    `since` leaves out what was entered before that day, unless one of its prices begins since.
    """
    sender = settings.SHOP_NAME
    yield writing.header(sender=sender, sent_at=sent_at).encode()
    for editions in _batches(_chosen(since)):
        yield "".join(writing.product(edition, sender=sender) for edition in editions).encode()
    yield writing.FOOTER.encode()


def _chosen(since: datetime.date | None) -> QuerySet[Edition]:
    editions = Edition.objects.exclude(format=Format.GIFT_CARD)
    if since is None:
        return editions
    begins = Price.objects.filter(edition=OuterRef("pk"), valid_from__gte=since)
    return editions.filter(Q(created_at__date__gte=since) | Exists(begins))


def _batches(editions: QuerySet[Edition]) -> Iterator[list[Edition]]:
    """By primary key, so that the last batch costs what the first one costs."""
    contributions = Contribution.objects.select_related("contributor")
    rows = (
        editions.select_related("work", "imprint__publisher", "replaced_by")
        .prefetch_related(
            Prefetch("work__contributions", contributions),
            "work__editions",
            "work__subjects",
            "work__classifications",
            "work__series_memberships__series",
            Prefetch("prices", Price.objects.order_by("valid_from", "id")),
        )
        .order_by("pk")
    )
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        yield batch
        last = batch[-1].pk
