"""Whom and what records name: contributors, imprints, series and subjects, found or made.

What is not there yet has a negative id until `create` makes it, and is made only if a field that
is really written names it.
"""

from collections.abc import Collection, Iterable
from typing import Any

from catalog.feeds import rows
from catalog.feeds.sayings import Name, Saying
from catalog.models import (
    Contributor,
    FormerAddress,
    Imprint,
    Publisher,
    Regrouping,
    Series,
    Subject,
    slugs,
)
from catalog.onix.records import Topic

Kind = Regrouping.Kind

Made = dict[str, list[int]]
"""Ids of what was made, by the model's name."""


class Thema:
    """The shop's tree of Thema codes; a code that it does not have counts as its nearest parent."""

    def __init__(self) -> None:
        thema = Subject.objects.filter(scheme=Subject.Scheme.THEMA)
        self.ids: dict[str, int] = dict(thema.values_list("code", "pk"))

    def find(self, code: str) -> int | None:
        """The subject's id; None where the tree has nothing of it."""
        while code and code not in self.ids:
            code = code[:-1]
        return self.ids.get(code)

    def subjects(self, topics: Iterable[Topic]) -> tuple[int | None, list[int]]:
        """The main one and all: the main one is the first where the record marks none."""
        found = [(topic.is_main, pk) for topic in topics if (pk := self.find(topic.code))]
        main = next((pk for is_main, pk in found if is_main), found[0][1] if found else None)
        return main, sorted({pk for _is_main, pk in found})


class Vocabulary:
    """The names in one batch of records."""

    def __init__(self, sayings: Collection[Saying], thema: Thema) -> None:
        self.thema = thema
        self._next = 0
        self._missing: dict[int, tuple[str, Any]] = {}
        self.imprints: dict[tuple[str, str], int] = {}
        self.series: dict[str, int] = {}
        self.people: dict[tuple[str, int | None, bool], list[tuple[int | None, int]]] = {}
        self.words: dict[tuple[str, int], str] = {}
        """What staff reads for an id."""
        imprints = {v for s in sayings if (v := s.values.get("imprint"))}
        series = {t for s in sayings for t, _p in s.values.get("work.series", ())}
        people = {
            name.sort_name
            for saying in sayings
            for field in ("contributors", "work.contributors")
            for name, _role in saying.values.get(field, ())
        }
        self._find_imprints(imprints)
        self._find_series(series)
        self._find_people(people)
        self._find_merged(
            {
                Kind.IMPRINT: {key[0] for key in imprints if key not in self.imprints},
                Kind.SERIES: {title for title in series if title not in self.series},
                Kind.CONTRIBUTOR: people,
            }
        )

    def _find_imprints(self, wanted: Collection[tuple[str, str]]) -> None:
        if not wanted:
            return
        known = Imprint.objects.filter(name__among={imprint for imprint, _publisher in wanted})
        for pk, name, publisher in known.values_list("pk", "name", "publisher__name"):
            self.imprints[name, publisher] = pk
            self.words["imprint", pk] = name

    def _find_series(self, wanted: Collection[str]) -> None:
        if wanted:
            known = Series.objects.filter(title__among=wanted).values_list("title", "pk")
            self.series = dict(known)
            self.words |= {("series", pk): title for title, pk in self.series.items()}

    def _find_people(self, wanted: Collection[str]) -> None:
        if not wanted:
            return
        known = Contributor.objects.filter(sort_name__among=wanted).order_by("pk")
        columns = ("pk", "sort_name", "birth_year", "death_year", "is_corporate", "name")
        for pk, sort_name, born, died, is_corporate, name in known.values_list(*columns):
            self.people.setdefault((sort_name, born, is_corporate), []).append((died, pk))
            self.words["contributor", pk] = name

    def _find_merged(self, wanted: dict[str, Collection[str]]) -> None:
        """What was merged by staff: the name, as files go on writing it, leads to what stays."""
        for each in Regrouping.objects.current_names(wanted):
            gone, pk = each.gone, each.kept.pk
            self.words[each.kind, pk] = str(each.kept)
            if each.kind == Kind.SERIES:
                self.series.setdefault(each.name, pk)
            elif each.kind == Kind.IMPRINT:
                self.imprints.setdefault((each.name, each.publisher), pk)
            else:
                key = (gone["sort_name"], gone["birth_year"], gone["is_corporate"])
                self.people.setdefault(key, []).append((gone["death_year"], pk))

    # --- Ids ---

    def resolve(self, saying: Saying) -> None:
        """Put ids in the place of names."""
        values = saying.values
        if "imprint" in values:
            values["imprint"] = self.imprint(values["imprint"])
        for field in ("contributors", "work.contributors"):
            if field in values:
                # Two names may be one person, since staff has merged them.
                parts = [(self.person(name), role) for name, role in values[field]]
                values[field] = [list(part) for part in dict.fromkeys(parts)]
        if "work.series" in values:
            values["work.series"] = sorted(
                [self.one_series(title), place] for title, place in values["work.series"]
            )
        if "work.subjects" in values:
            main, everything = self.thema.subjects(values["work.subjects"])
            values["work.subjects"] = everything
            values["work.main_subject"] = main

    def imprint(self, key: tuple[str, str]) -> int:
        """The imprint of that name with that publisher."""
        if key not in self.imprints:
            self.imprints[key] = self._placeholder("imprint", key, key[0])
        return self.imprints[key]

    def one_series(self, title: str) -> int:
        """The series of that title."""
        if title not in self.series:
            self.series[title] = self._placeholder("series", title, title)
        return self.series[title]

    def person(self, name: Name) -> int:
        """Who has that name and those years; a year that one side does not know fits any."""
        namesakes = self.people.setdefault(name.key, [])
        for died, pk in namesakes:
            if died is None or name.death_year is None or died == name.death_year:
                return pk
        pk = self._placeholder("contributor", name, name.name)
        namesakes.append((name.death_year, pk))
        return pk

    def _placeholder(self, kind: str, key: Any, words: str) -> int:
        self._next -= 1
        self._missing[self._next] = (kind, key)
        self.words[kind, self._next] = words
        return self._next

    # --- Making ---

    def create(self, used: Collection[int]) -> tuple[dict[int, int], Made]:
        """Make what these placeholders stand for; their ids, and what was made."""
        wanted: dict[str, dict[int, Any]] = {"contributor": {}, "imprint": {}, "series": {}}
        for placeholder in used:
            kind, key = self._missing[placeholder]
            wanted[kind][placeholder] = key
        ids: dict[int, int] = {}
        made: Made = {}
        if wanted["imprint"]:
            made["publisher"] = self._create_imprints(wanted["imprint"], ids)
        if wanted["series"]:
            self._create_series(wanted["series"], ids)
        if wanted["contributor"]:
            self._create_people(wanted["contributor"], ids)
        for kind, placeholders in wanted.items():
            if placeholders:
                made[kind] = [ids[placeholder] for placeholder in placeholders]
        return ids, made

    def _create_imprints(
        self, wanted: dict[int, tuple[str, str]], ids: dict[int, int]
    ) -> list[int]:
        names = sorted({publisher for _imprint, publisher in wanted.values()})
        known = dict(Publisher.objects.filter(name__among=names).values_list("name", "pk"))
        missing = [name for name in names if name not in known]
        made = rows.new_ids(Publisher, len(missing))
        rows.insert(Publisher, ("id", "name"), list(zip(made, missing, strict=True)))
        known |= dict(zip(missing, made, strict=True))
        new = dict(zip(wanted, rows.new_ids(Imprint, len(wanted)), strict=True))
        found = _slugs(Imprint, {new[p]: key[0] for p, key in wanted.items()}, "imprint")
        rows.insert(
            Imprint,
            ("id", "publisher_id", "name", "slug"),
            [(new[p], known[key[1]], key[0], found[new[p]]) for p, key in wanted.items()],
        )
        ids |= new
        return made

    def _create_series(self, wanted: dict[int, str], ids: dict[int, int]) -> None:
        new = dict(zip(wanted, rows.new_ids(Series, len(wanted)), strict=True))
        found = _slugs(Series, {new[p]: title for p, title in wanted.items()}, "series")
        rows.insert(
            Series,
            ("id", "title", "slug"),
            [(new[p], title, found[new[p]]) for p, title in wanted.items()],
        )
        ids |= new

    def _create_people(self, wanted: dict[int, Name], ids: dict[int, int]) -> None:
        new = dict(zip(wanted, rows.new_ids(Contributor, len(wanted)), strict=True))
        found = _slugs(Contributor, {new[p]: who.name for p, who in wanted.items()}, "contributor")
        rows.insert(
            Contributor,
            (
                *("id", "name", "sort_name", "slug", "is_corporate", "birth_year", "death_year"),
                "biography",
            ),
            [
                (
                    *(new[p], who.name, who.sort_name, found[new[p]], who.is_corporate),
                    *(who.birth_year, who.death_year, who.biography),
                )
                for p, who in wanted.items()
            ],
        )
        ids |= new


def _slugs(model: Any, names: dict[int, str], fallback: str) -> dict[int, str]:
    """A slug for each id that nobody has or had: `emma`, or with the id behind it: `emma-4711`."""
    bases = {pk: slugs.readable(name, fallback=fallback) for pk, name in names.items()}
    wanted = set(bases.values())
    current = model.objects.filter(slug__among=wanted).order_by().values_list("slug")
    former = FormerAddress.objects.filter(slug__among=wanted).values_list("slug")
    taken = {slug for (slug,) in current.union(former)}
    found: dict[int, str] = {}
    for pk, base in bases.items():
        found[pk] = base if base not in taken else f"{base}-{pk}"
        taken.add(found[pk])
    return found
