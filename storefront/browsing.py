"""What there is to leaf through besides subjects: what is new, what is to come, who did what."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, F, OuterRef, Window
from django.db.models.functions import RowNumber

from catalog import cards
from catalog.cards import Card
from catalog.models import Contribution, Contributor, ContributorRole, Edition, Format, Work
from catalog.models.edition import EditionQuerySet

MOST_NEW = 36
LOOKED_AT = 400  # editions, of which several may be of one work
OF_A_ROLE = 12


@dataclass(frozen=True)
class Month:
    """The works whose editions came on sale, or will, in one month."""

    first_day: datetime.date
    cards: list[Card] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """What a contributor did: a role, how many works it was in, and the best known of them."""

    role: str
    size: int
    cards: list[Card] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The role by its name."""
        return str(dict(ContributorRole.choices).get(self.role, self.role))


def new(today: datetime.date) -> list[Month]:
    """What came out last, the latest first; a work stands there by its newest edition."""
    out = _books().filter(publication_date__lte=today).exclude(embargo_date__gt=today)
    months = _by_month(_looked_at(out.order_by("-publication_date", "id")))
    return sorted(months, key=lambda month: month.first_day, reverse=True)


def coming(today: datetime.date) -> list[Month]:
    """What comes out next, the next first."""
    ahead = _books().filter(publication_date__gt=today)
    held_back = _books().filter(embargo_date__gt=today)
    found = {  # an edition may be both
        edition.pk: edition
        for edition in (
            *_looked_at(ahead.order_by("publication_date", "-id")),  # the index, read backwards
            *_looked_at(held_back.order_by("embargo_date", "-id")),
        )
    }
    return _by_month(sorted(found.values(), key=lambda each: (each.release_date, -each.pk)))


def with_descriptions(shown: Sequence[Card]) -> list[tuple[Card, str]]:
    """Each with what is said of its work."""
    works = Work.objects.filter(pk__in=[card.work_id for card in shown])
    said = dict(works.values_list("pk", "description"))
    return [(card, said.get(card.work_id, "")) for card in shown]


def parts_of(person: Contributor) -> list[Part]:
    """The contributor's roles in works for sale, the most frequent first; in a fixed number of
    queries. Each has its best known works.
    """
    offered = Edition.objects.offered().filter(work=OuterRef("work"))
    parts = person.contributions.filter(Exists(offered)).order_by()
    sizes = parts.values("role").annotate(size=Count("work", distinct=True))
    by_role = {row["role"]: Part(row["role"], row["size"]) for row in sizes}
    if len(by_role) > 1:
        best = parts.values("role", "work").distinct().annotate(fame=F("work__popularity"))
        order = (F("fame").desc(), F("work"))
        place = Window(RowNumber(), partition_by=F("role"), order_by=order)
        ranked = best.annotate(place=place).filter(place__lte=OF_A_ROLE)
        pairs = list(ranked.order_by("role", "place").values_list("role", "work"))
        read = {card.work_id: card for card in cards.read({work: None for _role, work in pairs})}
        for role, work in pairs:
            if work in read and role in by_role:  # or it came, or went, this moment
                by_role[role].cards.append(read[work])
    return sorted(by_role.values(), key=lambda part: (-part.size, part.role))


def works_as(person: Contributor, role: str) -> list[int]:
    """The ids of the works in which the contributor had this part."""
    parts = Contribution.objects.filter(contributor=person, role=role)
    return list(parts.values_list("work", flat=True))


def _books() -> EditionQuerySet:
    return Edition.objects.offered().exclude(format=Format.GIFT_CARD)


def _looked_at(editions: EditionQuerySet) -> EditionQuerySet:
    return editions.only("work_id", "publication_date", "embargo_date")[:LOOKED_AT]


def _by_month(editions: Iterable[Edition]) -> list[Month]:
    chosen: dict[int, int] = {}
    for edition in editions:
        if len(chosen) < MOST_NEW:
            chosen.setdefault(edition.work_id, edition.pk)
    return _months(cards.read(chosen, editions=chosen.values()))


def _months(shown: Iterable[Card]) -> list[Month]:
    months: dict[datetime.date, Month] = {}
    for card in shown:
        if card.release_date is not None:
            first = card.release_date.replace(day=1)
            months.setdefault(first, Month(first)).cards.append(card)
    return list(months.values())
