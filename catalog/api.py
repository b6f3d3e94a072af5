"""The catalogue for programs: editions for everyone, stock for staff.

The authentication of `staff_router` is attached where the API is put together.
"""

import base64
import binascii
import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema
from ninja.errors import ValidationError
from pydantic import AfterValidator, Field, PlainSerializer, StringConstraints

from catalog import isbn, recommending
from catalog.criteria import words
from catalog.models import (
    Contribution,
    Edition,
    Location,
    Stock,
    Subject,
    Work,
)
from catalog.models.edition import EditionQuerySet
from catalog.recommending import Beside

if TYPE_CHECKING:
    from accounts.models import User

router = Router(tags=["catalogue"])
staff_router = Router(tags=["staff"])

PAGE_SIZE = 50
DRAWN_WIDTH, DRAWN_HEIGHT = 400, 600  # pixels, as pages show it
MOST_ON_HAND = 1_000_000
MOST_RECOMMENDED = 12

Number = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(isbn.normalize),
    Field(description="An ISBN, ISMN, GTIN-13 or in-store number, in any notation."),
]
Money = Annotated[
    Decimal, PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str, when_used="always")
]
"""An amount as a string with two decimals, so that no reader makes a float of it."""
ONE_LINE = r"^[^\x00-\x1f\x7f]*$"  # no control characters: no NUL, no line break


class StaffRequest(HttpRequest):
    """A request with a bearer token."""

    auth: "User"


class Price(Schema):
    """What a copy costs, tax included."""

    amount: Money
    currency: str


class Contributor(Schema):
    """Someone who had a part in the edition."""

    name: str
    role: str


class Availability(Schema):
    """Whether and how customers can have it today."""

    state: str = Field(description="in_stock, few, out, digital, preorder, to_order or forthcoming")
    date: datetime.date | None = Field(description="For when a forthcoming edition is promised.")
    days: int | None = Field(description="How long ordering it for a customer usually takes.")


class CoverOut(Schema):
    """The cover in its largest size."""

    url: str
    width: int = Field(description="In pixels.")
    height: int = Field(description="In pixels.")
    is_drawn: bool = Field(description="By the shop, because it has no picture: an SVG.")

    @classmethod
    def of(cls, edition: Edition) -> "CoverOut":
        """The picture, or what is drawn in its place."""
        cover = edition.own_cover
        if cover is None:
            url = f"/covers/{edition.isbn13}.svg"
            return cls(url=url, width=DRAWN_WIDTH, height=DRAWN_HEIGHT, is_drawn=True)
        width = cover.widths[-1]
        return cls(
            url=cover.url(width, "jpg"),
            width=width,
            height=cover.height_at(width),
            is_drawn=False,
        )


class EditionOut(Schema):
    """One sellable form of a work."""

    isbn13: str
    title: str
    subtitle: str
    contributors: list[Contributor]
    format: str
    language: str
    imprint: str
    publisher: str
    publication_date: datetime.date | None
    price: Price | None = Field(description="null: not for sale")
    available: int | None = Field(description="null: digital, never sold out")
    availability: Availability
    subjects: list[str]
    cover: CoverOut
    url: str

    @classmethod
    def of(cls, edition: Edition) -> "EditionOut":
        """What the API says of an edition that `_editions` has selected."""
        amount = edition.price_amount
        facts = edition.availability
        level = facts.level(edition.isbn13, on=timezone.localdate())
        price = None if amount is None else Price(amount=amount, currency=settings.SHOP_CURRENCY)
        return cls(
            isbn13=edition.isbn13,
            title=edition.display_title,
            subtitle=edition.display_subtitle,
            contributors=[
                Contributor(name=part.contributor.name, role=part.role_label)
                for part in edition.own_contributions
            ],
            format=edition.format,
            language=edition.language,
            imprint=edition.imprint.name,
            publisher=edition.imprint.publisher.name,
            publication_date=edition.publication_date,
            price=price,
            available=None if facts.free is None else max(0, facts.free),
            availability=Availability(state=level.state, date=level.date, days=level.days),
            subjects=[subject.slug for subject in edition.work.subjects.all()],
            cover=CoverOut.of(edition),
            url=edition.get_absolute_url(),
        )


class EditionPage(Schema):
    """A part of a list, and the cursor to the next part."""

    items: list[EditionOut]
    next: str | None


class RecommendationOut(Schema):
    """A book that goes with another, and why."""

    isbn13: str = Field(description="The edition that stands for it.")
    title: str
    byline: str
    format: str
    price: Price | None
    reason: str = Field(description="pinned, next, bought, contributor, subject or staff")
    because: str = Field(description="The reason as a sentence for customers.")
    url: str

    @classmethod
    def of(cls, found: Beside) -> "RecommendationOut":
        """What the API says of a recommendation that `recommending.beside` has chosen."""
        card, amount = found.card, found.card.price_amount
        price = None if amount is None else Price(amount=amount, currency=settings.SHOP_CURRENCY)
        return cls(
            isbn13=card.isbn13,
            title=card.title,
            byline=card.byline,
            format=card.format,
            price=price,
            reason=found.reason,
            because=found.because,
            url=card.url,
        )


class Recommendations(Schema):
    """All that is recommended beside an edition, the best first."""

    items: list[RecommendationOut]


class EditionFilter(Schema):
    """What to list."""

    q: str = Field("", max_length=200, pattern=ONE_LINE, description="Words, or an ISBN.")
    subject: str = Field(
        "", max_length=100, pattern=ONE_LINE, description="A subject’s slug; includes all below."
    )
    cursor: str = Field("", max_length=100, description="`next` of the part before.")


class StockAtLocation(Schema):
    """The copies at one location."""

    location: str
    name: str
    on_hand: int
    allocated: int
    available: int


class StockOut(Schema):
    """The copies of an edition, in sum and by location."""

    isbn13: str
    on_hand: int
    allocated: int
    available: int
    awaited: int = Field(description="Promised to customers, still to come.")
    locations: list[StockAtLocation]


class StockIn(Schema):
    """A count."""

    on_hand: int = Field(ge=0, le=MOST_ON_HAND, strict=True, description="What was counted.")
    location: str = Field(
        "", max_length=40, pattern=ONE_LINE, description="A location’s code; else the first one."
    )
    reason: str = Field("", max_length=200, pattern=ONE_LINE)


def invalid(source: str, field: str, message: str) -> ValidationError:
    """The error for a value that only the database can judge, to be raised by an endpoint."""
    loc = (source, "", field) if source == "body" else (source, field)
    return ValidationError([{"loc": loc, "msg": message, "type": "value_error"}])


@router.get("editions", response=EditionPage, summary="List editions")
def list_editions(request: HttpRequest, wanted: Query[EditionFilter]) -> EditionPage:
    """Editions that the shop offers, in the order in which they were entered."""
    editions = _editions()
    if wanted.cursor:
        editions = editions.filter(pk__gt=_read_cursor(wanted.cursor))
    if wanted.subject:
        if not Subject.objects.filter(slug=wanted.subject).exists():
            raise invalid("query", "subject", _("There is no such subject."))
        editions = editions.filter(work__in=Work.objects.in_subject(wanted.subject))
    if wanted.q.strip():
        editions = _matching(editions, wanted.q)
    found = list(editions.order_by("pk")[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    return EditionPage(
        items=[EditionOut.of(edition) for edition in shown],
        next=_write_cursor(shown[-1].pk) if len(found) > PAGE_SIZE else None,
    )


@router.get("editions/{isbn13}", response=EditionOut, summary="Look an edition up")
def show_edition(request: HttpRequest, isbn13: Path[Number]) -> EditionOut:
    """One edition that the shop offers."""
    return EditionOut.of(_found(_editions(), isbn13))


@router.get(
    "editions/{isbn13}/recommendations",
    response=Recommendations,
    summary="What goes with an edition",
)
def show_recommendations(request: HttpRequest, isbn13: Path[Number]) -> Recommendations:
    """At most twelve other books, each with the reason why it stands there."""
    edition = _found(Edition.objects.offered(), isbn13)
    chosen = recommending.beside([edition.work_id], most=MOST_RECOMMENDED)
    return Recommendations(items=[RecommendationOut.of(found) for found in chosen])


@staff_router.get("stock/{isbn13}", response=StockOut, summary="Read stock")
def show_stock(request: StaffRequest, isbn13: Path[Number]) -> StockOut:
    """The copies of an edition at every location."""
    return _stock_of(_found(Edition.objects.select_related("supply"), isbn13))


@staff_router.put("stock/{isbn13}", response=StockOut, summary="Set stock to what was counted")
def count_stock(request: StaffRequest, isbn13: Path[Number], count: StockIn) -> StockOut:
    """Write what was counted at a location; the difference goes into the ledger."""
    edition = _found(Edition.objects.select_related("supply"), isbn13)
    if edition.is_digital:
        raise invalid("path", "isbn13", _("This edition is digital; it takes no stock."))
    locations = Location.objects.filter(code=count.location) if count.location else Location.objects
    location = locations.first()
    if location is None:
        raise invalid("body", "location", _("There is no such location."))
    with transaction.atomic():
        stock, _was_created = Stock.objects.get_or_create(edition=edition, location=location)
        reason = count.reason.strip() or _("Counted (API)")
        stock.count(count.on_hand, reason=reason, actor=request.auth)
    return _stock_of(edition)


def _editions() -> EditionQuerySet:
    contributions = Contribution.objects.select_related("contributor")
    return (
        Edition.objects.offered()
        .with_price()
        .with_availability()
        .select_related("work", "imprint__publisher", "cover")
        .prefetch_related(Prefetch("work__contributions", contributions), "work__subjects")
    )


def _matching(editions: EditionQuerySet, text: str) -> EditionQuerySet:
    """Those with the number that `text` is, or else found by its words, as in the shop."""
    try:
        return editions.filter(isbn13=isbn.normalize(text))
    except isbn.InvalidNumber:
        query = words(text)
        if query is None:
            return editions.none()
        return editions.filter(work__search_entry__vector=query)


def _found(editions: EditionQuerySet, number: str) -> Edition:
    edition = editions.filter(isbn13=number).first()
    if edition is None:
        raise Http404
    return edition


def _stock_of(edition: Edition) -> StockOut:
    rows = [
        StockAtLocation(
            location=stock.location.code,
            name=stock.location.name,
            on_hand=stock.on_hand,
            allocated=stock.allocated,
            available=stock.available,
        )
        for stock in edition.stocks.select_related("location").order_by("location")
    ]
    return StockOut(
        isbn13=edition.isbn13,
        on_hand=sum(row.on_hand for row in rows),
        allocated=sum(row.allocated for row in rows),
        available=sum(row.available for row in rows),
        awaited=edition.own_supply.awaited if edition.own_supply else 0,
        locations=rows,
    )


def _write_cursor(last_id: int) -> str:
    return base64.urlsafe_b64encode(f"e{last_id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    number = text.removeprefix("e")
    # 18 digits always fit the database's bigint.
    if not (text.startswith("e") and number.isdecimal() and len(number) <= 18):
        raise invalid("query", "cursor", _("This is no cursor of a list before."))
    return int(number)
