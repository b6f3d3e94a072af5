"""Taking suppliers' records in: what a full record makes, and what a later one changes."""

import datetime
from decimal import Decimal

import pytest

from catalog.models import SearchEntry
from catalog.tests.feeds import TODAY, edition, outcomes, record, taken

pytestmark = pytest.mark.django_db


def test_a_full_record_makes_an_edition_with_all_that_hangs_on_it() -> None:
    run = taken(record())
    made = edition()
    work = made.work
    assert outcomes(run) == ["created"]
    assert (run.created_count, run.records_done) == (1, 1)
    assert (made.format, made.language, made.pages, made.height_mm) == ("paperback", "en", 224, 198)
    assert (made.title, made.subtitle, made.is_offered) == ("", "", True)
    assert made.publication_date == datetime.date(2024, 3, 1)
    assert (made.imprint.name, made.imprint.slug) == ("Hogarth", "hogarth")
    assert made.imprint.publisher.name == "Hogarth Press"
    assert (work.title, work.subtitle, work.description) == ("The Waves", "A Novel", "Six voices.")
    assert (work.keywords, work.audiences) == ("sea; soliloquy", ["01"])
    assert [c.contributor.name for c in work.authors] == ["Virginia Woolf"]
    assert [s.code for s in work.subjects.all()] == ["FBC"]
    assert work.main_subject is not None
    assert [m.label for m in work.series_memberships.all()] == ["7"]
    assert [str(each) for each in work.classifications.all()] == ["bisac FIC004000"]
    price = made.prices.get()
    assert (price.amount, price.valid_from, price.valid_to) == (Decimal("9.99"), TODAY, None)
    assert made.supply.accepts_backorders
    assert "waves" in SearchEntry.objects.get(work=work).names
    assert set(made.provenance.sources.values()) == {"gardners"}
    assert made.provenance.sources["work.title"] == "gardners"
