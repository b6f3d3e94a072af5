"""What is suggested while somebody types, rightly or wrongly, in the sample catalogue."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from catalog import memory, suggesting
from catalog.models import Contribution, Contributor, Edition, Work
from catalog.tests.factories import ImprintFactory

pytestmark = pytest.mark.django_db
ASKED = Path(__file__).parent / "golden_suggestions.csv"
SUGGESTED = 8  # as many as are shown
NEEDED = 0.95


@pytest.fixture
def samples(db: None) -> None:
    """The titles and authors of the sample catalogue, as they would be loaded."""
    with (Path(settings.BASE_DIR) / "sample_data" / "editions.csv").open() as file:
        rows = {row["work"]: row for row in csv.DictReader(file)}
    works = Work.objects.bulk_create(Work(key=key, title=row["title"]) for key, row in rows.items())
    imprint = ImprintFactory.create()
    Edition.objects.bulk_create(
        Edition(isbn13=row["isbn13"], work=work, imprint=imprint, format="paperback", language="en")
        for work, row in zip(works, rows.values(), strict=True)
    )
    people: dict[str, Contributor] = {}
    parts = []
    for work, row in zip(works, rows.values(), strict=True):
        for filed in filter(lambda each: each.endswith("[A01]"), row["contributors"].split("; ")):
            family, *given = filed.removesuffix("[A01]").split(",")[:2]
            name = f"{''.join(given)} {family}".strip()
            person = Contributor(name=name, sort_name=filed, slug=f"person-{len(people)}")
            parts.append(
                Contribution(work=work, role="A01", contributor=people.setdefault(name, person))
            )
    Contributor.objects.bulk_create(people.values())
    Contribution.objects.bulk_create(parts, ignore_conflicts=True)
    memory.rebuild()


def labels(typed: str) -> list[str]:
    return [each.label for each in suggesting.suggest(typed, limit=SUGGESTED)]


def test_what_is_meant_is_suggested(samples: None, capsys: pytest.CaptureFixture[str]) -> None:
    with ASKED.open() as file:
        rows = list(csv.DictReader(file))
    asked, found, missed = Counter[str](), Counter[str](), list[str]()
    for row in rows:
        asked[row["kind"]] += 1
        suggested = labels(row["typed"])
        if row["label"] in suggested:
            found[row["kind"]] += 1
        else:
            missed.append(f"{row['typed']!r}: {suggested}")
    with capsys.disabled():
        kinds = ", ".join(f"{kind} {found[kind]}/{asked[kind]}" for kind in asked)
        print(f"\nsuggested: {kinds}")
        print("\n".join(missed))
    assert found["prefix"] == asked["prefix"]
    assert found["typo"] / asked["typo"] >= NEEDED, missed


def test_what_is_typed_rightly_comes_before_what_is_near(samples: None) -> None:
    assert labels("walden")[0] == "Walden"
    assert labels("emma")[:1] == ["Emma"]
    with_near = labels("wilde")
    assert with_near[0] == "Oscar Wilde"


def test_short_words_numbers_and_nonsense_are_not_guessed_at(samples: None) -> None:
    for typed in ("xyz", "ema", "xqzwvkj", "1984 1985 19844", "zzzz yyyy xxxx wwww"):
        assert labels(typed) == []


def test_what_has_changed_is_found_by_what_is_near(samples: None) -> None:
    work = Work.objects.get(title="Walden")
    Work.objects.filter(pk=work.pk).update(title="Wuthering Walden")
    memory.publish_works([work.pk])
    assert "Wuthering Walden" in labels("wutehring w")
    assert "Walden" not in labels("walen")
