"""What of a record goes into an edition and its work, and what is kept as it is.

`verdicts` knows who is believed. A field of a work belongs to the edition whose record said it
first, so that two editions do not take turns.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from catalog import languages
from catalog.feeds import fields, verdicts
from catalog.feeds.sayings import Saying
from catalog.feeds.states import EditionState, WorkState
from catalog.feeds.verdicts import WHY_KEPT, Held, Verdict
from catalog.folding import fold
from catalog.models import Supplier
from catalog.models.provenance import STAFF
from catalog.onix import supply

Difference = tuple[Any, Any, str]
"""Of a field: what it was, what it became, and who had said what it was."""


@dataclass(slots=True)
class Merge:
    """One record being taken into one edition."""

    supplier: Supplier
    trusts: dict[str, int]
    state: EditionState
    saying: Saying
    differences: dict[str, Difference] = field(default_factory=dict)
    only_blanks: bool = False

    def run(self) -> None:
        """Take in all that may be taken."""
        values, record = self.saying.values, self.saying.record
        if record.notification == "05":
            self.edition_field("is_offered", False)
            return
        self.only_blanks = record.notification == "01" and self.state.is_confirmed
        is_first = self.state.is_new and not self.state.values
        if "title" in values:
            self._titles(values.pop("title"), values.pop("subtitle"))
        if self.state.values.get("price") and values.get("price"):
            values["price"] = _until_then(self.state.values["price"], values["price"])
        for name, value in values.items():
            if name.startswith("work."):
                self.work_field(name, value)
            elif is_first:  # nobody has said anything of it yet
                if not fields.is_blank(value):
                    self._write(self.state, name, None, value, "")
            else:
                self.edition_field(name, value)
        if self.state.is_new and not self.state.values.get("language"):
            self.state.values["language"] = languages.NOT_STATED
        self._offer(record.is_book)
        self.state.is_confirmed |= record.notification != "01"

    def _titles(self, title: str, subtitle: str) -> None:
        """Into the work if it may be; into the edition where another edition named the work."""
        work = self.state.work
        self.work_field("work.title", title)
        named = work.values["work.title"]
        if title == named:
            self.work_field("work.subtitle", subtitle)
            shared = work.values.get("work.subtitle") or ""
            is_shared = shared == subtitle or self._is_staffs(work, "work.subtitle")
            self.edition_field("title", "")
            self.edition_field("subtitle", "" if is_shared else subtitle)
        elif self._has_own_title(title):
            self.edition_field("title", title)
            self.edition_field("subtitle", subtitle)

    def _has_own_title(self, title: str) -> bool:
        """Whether the work is named by another edition, and this one differently."""
        state, work = self.state, self.state.work
        if state.is_new:
            return fold(title) != fold(work.values["work.title"])
        claims = work.claims.get("work.title", [])
        is_ours = any(edition == state.id for edition, _source in claims)
        return not (is_ours or self.only_blanks or self._is_staffs(work, "work.title"))

    def _offer(self, is_book: bool) -> None:
        """Offered at first if the supplier's titles are; later only put back by who took it away.

        What waits for staff has no source, and so is theirs to decide.
        """
        state = self.state
        is_withdrawn = supply.is_withdrawn(
            status=state.values.get("publishing_status") or "",
            availability=state.values.get("supplier_availability") or "",
        )
        if state.is_new and "is_offered" not in state.values:
            is_offered = is_book and self.supplier.offers_at_once and not is_withdrawn
            state.values["is_offered"] = is_offered
            if is_offered or is_withdrawn:
                state.sources["is_offered"] = self.supplier.code
        elif is_withdrawn:
            self.edition_field("is_offered", False)
        elif not state.values["is_offered"] and state.sources.get("is_offered") not in (
            None,
            STAFF,
        ):
            self.edition_field("is_offered", True)

    # --- Fields ---

    def edition_field(self, name: str, new: Any) -> None:
        """Write a field of the edition, if the supplier may."""
        state = self.state
        old, source = state.values.get(name), state.sources.get(name, "")
        if verdicts.is_same(old, new):
            self._vouch(name, source)
            return
        if state.is_new and not source:  # nobody has said anything of it yet
            if not fields.is_blank(new):
                self._write(state, name, old, new, source)
            return
        is_ownerless = not source and not fields.is_blank(old)
        held = Held(
            old,
            trust=self.trusts.get(source, 0),
            is_staffs=name in state.locked or source == STAFF or is_ownerless,
            is_own=source == self.supplier.code,
        )
        if self._may_write(name, held, new):
            self._write(state, name, old, new, source)

    def _vouch(self, name: str, source: str) -> None:
        """Say what somebody less trusted has said, too: from now on it is this supplier's."""
        if source and source != STAFF and self.trusts[source] < self.supplier.trust:
            self.state.sources[name] = self.supplier.code
            self.state.sources_changed = True

    def work_field(self, name: str, new: Any) -> None:
        """Write a field of the work, if the supplier may for this edition."""
        work = self.state.work
        old = work.values.get(name)
        if verdicts.is_same(old, new):
            return
        if work.is_new and name not in work.claims:  # nobody has said anything of it yet
            self._write(work, name, old, new, "")
            return
        claims = work.claims.get(name, [])
        own = next((source for edition, source in claims if edition == self.state.id), "")
        held = Held(
            old,
            trust=max((self.trusts[source] for _edition, source in claims), default=0),
            is_staffs=self._is_staffs(work, name),
            is_own=own == self.supplier.code and len(claims) == 1,
            yields_to_equals=bool(own),
        )
        if self._may_write(name, held, new):
            self._write(work, name, old, new, own)

    def _may_write(self, name: str, held: Held, new: Any) -> bool:
        """Whether the field becomes `new`; notes why it does not."""
        verdict = verdicts.decide(
            held,
            new,
            trust=self.supplier.trust,
            only_blanks=self.only_blanks,
            is_clearable=name not in fields.NEVER_CLEARED,
        )
        if verdict is Verdict.TAKEN:
            return True
        if verdict in WHY_KEPT:
            self.saying.leave_out(name, str(WHY_KEPT[verdict]))
        return False

    @staticmethod
    def _is_staffs(work: WorkState, name: str) -> bool:
        claims = work.claims.get(name, [])
        if name in work.locked or any(source == STAFF for _edition, source in claims):
            return True
        return not claims and not work.is_new and not fields.is_blank(work.values.get(name))

    def _write(
        self, target: "EditionState | WorkState", name: str, old: Any, new: Any, source: str
    ) -> None:
        state, code = self.state, self.supplier.code
        target.values[name] = new
        target.changed.add(name)
        state.sources[name] = code
        state.sources_changed = True
        if isinstance(target, WorkState):
            claims = [claim for claim in target.claims.get(name, ()) if claim[0] != state.id]
            target.claims[name] = [*claims, (state.id, code)]
        if not target.is_new:
            before = self.differences.get(name)
            self.differences[name] = (
                before[0] if before else old,
                new,
                before[2] if before else source,
            )


def _until_then(old: list[list[Any]], new: list[list[Any]]) -> list[list[Any]]:
    """A price that is said only from a later day on leaves what holds until then."""
    begins = new[0][2]
    before = [period for period in old if period[2] < begins]
    if not before:
        return new
    last = before[-1]
    eve = (date.fromisoformat(begins) - timedelta(days=1)).isoformat()
    if last[3] is None or last[3] > eve:
        last = [*last[:3], eve]
    return [*before[:-1], last, *new]
