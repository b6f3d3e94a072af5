"""Puts what changed into ids that exist and into words that staff reads."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from catalog.feeds.merging import Difference
from catalog.feeds.states import EditionState, WorkState
from catalog.feeds.vocabulary import Vocabulary
from catalog.models import Contributor, Edition, Imprint, Series, Subject

if TYPE_CHECKING:
    from catalog.feeds.taking import Result

KINDS = {
    "imprint": ("imprint", Imprint, "name"),
    "replaced_by": ("edition", Edition, "isbn13"),
    "contributors": ("contributor", Contributor, "name"),
    "work.contributors": ("contributor", Contributor, "name"),
    "work.main_subject": ("subject", Subject, "name"),
    "work.subjects": ("subject", Subject, "name"),
    "work.series": ("series", Series, "title"),
}
"""Fields that hold ids: what of, and the column with its name."""
MADE_HERE = ("imprint", "contributors", "work.contributors", "work.series")


def ids_in(value: Any) -> Iterable[int]:
    """The ids in a field's value: itself, a list of them, or of pairs that begin with them."""
    if isinstance(value, int):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield each[0] if isinstance(each, list) else each


def _with_ids(value: Any, ids: dict[int, int]) -> Any:
    if isinstance(value, int):
        return ids.get(value, value)
    if isinstance(value, list):
        return [
            [ids.get(each[0], each[0]), *each[1:]] if isinstance(each, list) else each
            for each in value
        ]
    return value


def _holding(
    editions: Collection[EditionState], works: Collection[WorkState]
) -> Iterable[tuple[dict[str, Any], str]]:
    for name in MADE_HERE:
        states: Collection[Any] = works if name.startswith("work.") else editions
        for state in states:
            if name in state.changed:
                yield state.values, name


def placeholders(editions: Collection[EditionState], works: Collection[WorkState]) -> list[int]:
    """What has no id yet of all that changed fields name, in the order of its naming."""
    found = (
        pk for values, name in _holding(editions, works) for pk in ids_in(values[name]) if pk < 0
    )
    return list(dict.fromkeys(found))


def translate(
    editions: Collection[EditionState], works: Collection[WorkState], ids: dict[int, int]
) -> None:
    """Put real ids in the place of those."""
    if ids:
        for values, name in _holding(editions, works):
            values[name] = _with_ids(values[name], ids)


def translated(differences: dict[str, Difference], ids: dict[int, int]) -> dict[str, Difference]:
    """Differences with real ids, without what was made and unmade within one batch."""
    found = {}
    for name, (old, new, source) in differences.items():
        was, became = (_with_ids(old, ids), _with_ids(new, ids)) if name in KINDS else (old, new)
        if was != became:
            found[name] = (was, became, source)
    return found


class Words:
    """Names of what the differences of a batch point to, each table looked up once."""

    def __init__(
        self, vocabulary: Vocabulary, ids: dict[int, int], results: "Collection[Result]"
    ) -> None:
        self.words = {
            (kind, ids.get(pk, pk)): word for (kind, pk), word in vocabulary.words.items()
        }
        wanted: dict[str, set[int]] = {}
        for result in results:
            for name, (old, new, _source) in (
                result.merge.differences.items() if result.merge else ()
            ):
                if name in KINDS:
                    wanted.setdefault(KINDS[name][0], set()).update(ids_in(old), ids_in(new))
        for kind, model, column in dict.fromkeys(KINDS.values()):
            missing = {pk for pk in wanted.get(kind, ()) if (kind, pk) not in self.words and pk > 0}
            if missing:
                found = model._default_manager.filter(pk__in=missing)
                self.words |= {(kind, pk): word for pk, word in found.values_list("pk", column)}

    def of(self, differences: dict[str, Difference]) -> dict[str, list[Any]]:
        """Field → [what it was, what it became]."""
        return {
            name: [self._say(name, old), self._say(name, new)]
            for name, (old, new, _source) in differences.items()
        }

    def _say(self, name: str, value: Any) -> Any:
        if name == "price":
            return [_period(*period) for period in value or ()]
        if name == "work.classifications":
            return [f"{scheme} {code}" for scheme, code, _is_main in value or ()]
        if name not in KINDS or value is None:
            return value
        kind = KINDS[name][0]
        if isinstance(value, list):
            return [self._one(kind, each) for each in value]
        return self.words.get((kind, value), str(value))

    def _one(self, kind: str, each: Any) -> str:
        pk, more = (each[0], each[1]) if isinstance(each, list) else (each, None)
        word = self.words.get((kind, pk), str(pk))
        return f"{word} ({more})" if more else word


def _period(amount: str, _rate: str | None, first: str, last: str | None) -> str:
    return f"{amount} {first} – {last or ''}".strip()
