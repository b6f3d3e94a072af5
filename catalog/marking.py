"""What a list of staff's has written, to be marked at its end, so that no feed overwrites it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from catalog.models import Edition, Provenance, Work
from catalog.models.provenance import OF_WORK


class Marks:
    """Fields by edition and by work, gathered line by line and written in a few statements."""

    def __init__(self) -> None:
        self._of_editions: dict[int, set[str]] = defaultdict(set)
        self._of_works: dict[int, set[str]] = defaultdict(set)

    def edition(self, edition: Edition, names: Iterable[str]) -> None:
        """The list has written these fields of the edition."""
        self._of_editions[edition.pk] |= set(names)

    def work(self, work: Work, names: Iterable[str]) -> None:
        """The list has written these fields of the work (`title`, not `work.title`)."""
        self._of_works[work.pk] |= {f"{OF_WORK}{name}" for name in names}

    def write(self) -> None:
        """Mark all of it as staff's; a work's fields with each of its editions."""
        editions = Edition.objects.filter(
            work__in=[pk for pk, said in self._of_works.items() if said]
        )
        for pk, work in editions.values_list("pk", "work"):
            self._of_editions[pk] |= self._of_works[work]
        said = {pk: names for pk, names in self._of_editions.items() if names}
        Provenance.objects.mark_staff_each(said)


def filled(values: Mapping[str, Any]) -> set[str]:
    """The names of what has a value."""
    return {name for name, value in values.items() if value not in ("", None)}
