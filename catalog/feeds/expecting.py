"""What records say of numbers that are not here yet, kept until the shop has those editions."""

from collections.abc import Collection, Mapping

from django.db.models import Case, Value, When

from catalog.feeds import replacing
from catalog.feeds.states import EditionState
from catalog.likeness import REPLACES, SAME_WORK
from catalog.models import Edition, ExpectedRelation
from catalog.onix.records import Record

KEPT = SAME_WORK | REPLACES


def note(records: Collection[Record], editions: Mapping[str, EditionState]) -> dict[str, list[str]]:
    """Keep what these records say of numbers that nothing here has.

    By the numbers of who said it, the numbers that were not kept of them before: what is kept
    already stays. Three statements for any number of records, none without relations.
    """
    said = {
        (record.isbn13, each.isbn13): each.code
        for record in records
        for each in record.relations
        if each.code in KEPT and each.isbn13 not in editions
    }
    if not said:
        return {}
    numbers = {number for _by, number in said}
    here = set(Edition.objects.filter(isbn13__among=numbers).values_list("isbn13", flat=True))
    kept = set(
        ExpectedRelation.objects.filter(
            edition__among={editions[by].id for by, _number in said}, isbn13__among=numbers
        ).values_list("edition__isbn13", "isbn13")
    )
    new = {pair: said[pair] for pair in sorted(said) if pair[1] not in here and pair not in kept}
    ExpectedRelation.objects.bulk_create(
        [
            ExpectedRelation(edition_id=editions[by].id, isbn13=number, code=code)
            for (by, number), code in new.items()
        ],
        ignore_conflicts=True,
    )
    noted: dict[str, list[str]] = {}
    for by, number in new:
        noted.setdefault(by, []).append(number)
    return noted


def point_to_new(new: Mapping[str, int]) -> None:
    """Let editions that waited for these new ones point to them, or be pointed to.

    Numbers → ids of editions that were written just now.
    """
    waiting = ExpectedRelation.objects.filter(isbn13__among=new, code__in=REPLACES)
    by_old: dict[int, int] = {}
    for number, code, pk in waiting.order_by("pk").values_list("isbn13", "code", "edition"):
        old, by = (new[number], pk) if code == replacing.REPLACES else (pk, new[number])
        by_old.setdefault(old, by)
    if by_old:
        cases = Case(*(When(pk=old, then=Value(by)) for old, by in by_old.items()))
        Edition.objects.filter(pk__in=by_old, replaced_by=None).update(replaced_by=cases)
