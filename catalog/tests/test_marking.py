"""What staff's catalogue files say is staff's word: no feed overwrites it."""

import datetime
import io
from typing import Any

import pytest

from catalog.importing import import_catalog
from catalog.models import Edition, Provenance, Work
from catalog.tests.factories import SubjectFactory, sku

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 3, 1)
HEADING = (
    "isbn13,work,title,subtitle,contributors,series,imprint,format,language,subjects,pages,price"
)
EMMA = f'{sku(1)},emma,Emma,,"Austen, Jane; Bell, Ann [B06]",Classics,Lamplight,paperback,en,FBC,'


@pytest.fixture(autouse=True)
def classics() -> None:
    SubjectFactory.create(code="FBC", name="Classics")


def load(line: str, **options: Any) -> None:
    import_catalog(io.BytesIO(f"{HEADING}\n{line}\n".encode()), today=TODAY, **options)


def said() -> dict[str, str]:
    return dict(Provenance.objects.get(edition__isbn13=sku(1)).sources)


def forget() -> None:
    Provenance.objects.update(sources={"pages": "north", "work.title": "north"})


def test_all_that_a_new_line_says_is_marked() -> None:
    load(f"{EMMA}320,9.90")
    of_edition = ("format", "language", "imprint", "pages", "contributors", "price")
    of_work = ("title", "main_subject", "subjects", "contributors", "series")
    names = [*of_edition, *(f"work.{name}" for name in of_work)]
    assert said() == dict.fromkeys(names, "staff")


def test_the_same_line_again_marks_nothing() -> None:
    load(f"{EMMA}320,9.90")
    forget()
    load(f"{EMMA}320,9.90")
    assert said() == {"pages": "north", "work.title": "north"}


def test_what_a_line_changes_is_marked() -> None:
    load(f"{EMMA}320,9.90")
    forget()
    load(f"{EMMA}321,10.90")
    assert said() == {"pages": "staff", "price": "staff", "work.title": "north"}
    assert Edition.objects.get().pages == 321


def test_a_works_field_is_marked_with_all_its_editions() -> None:
    load(f"{EMMA}320,9.90")
    other = Edition.objects.create(
        isbn13=sku(2),
        work=Work.objects.get(),
        imprint=Edition.objects.get().imprint,
        format="ebook",
        language="en",
    )
    load(f"{EMMA}320,9.90".replace("Emma,,", "Emma,A novel,"))
    assert Provenance.objects.get(edition=other).sources == {"work.subtitle": "staff"}


def test_samples_are_nobodys_word() -> None:
    load(f"{EMMA}320,9.90", is_sample=True)
    assert not Provenance.objects.exists()
