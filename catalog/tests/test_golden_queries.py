"""A golden set: what people type, and the book of the sample catalogue that they mean by it."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from catalog import samples, spelling
from catalog.search import Criteria, search

pytestmark = pytest.mark.django_db
QUERIES = Path(__file__).parent / "golden_queries.csv"
LOOKED_AT = 5  # results
NEEDED = 0.97  # of the queries find their book among them


def test_what_is_meant_is_among_the_first_five(capsys: pytest.CaptureFixture[str]) -> None:
    samples.load(Path(settings.BASE_DIR) / "sample_data", today=timezone.localdate())
    spelling.count_words()
    with QUERIES.open() as file:
        rows = list(csv.DictReader(file))
    asked, found, missed = Counter[str](), Counter[str](), list[str]()
    for row in rows:
        works = search(Criteria(q=row["query"])).works[:LOOKED_AT]
        is_found = row["work"] in [work.key for work in works]
        asked[row["kind"]] += 1
        found[row["kind"]] += is_found
        if not is_found:
            missed.append(f"{row['query']!r}: {[work.key for work in works]}")
    recall = found.total() / asked.total()
    with capsys.disabled():
        kinds = ", ".join(f"{kind} {found[kind]}/{asked[kind]}" for kind in asked)
        print(f"\nrecall@{LOOKED_AT} of {len(rows)} queries: {recall:.3f} ({kinds})")
        print("\n".join(missed))
    assert len(rows) >= 150
    assert recall >= NEEDED, missed
