"""The trade's subject tree in our words, the shop's own shelves on it, and their sizes."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from catalog import indexing, shelf_sizes, thema
from catalog.criteria import Criteria
from catalog.models import Edition, FormerAddress, Subject, Work, slugs
from catalog.search import search
from catalog.tests.back_office import stale_names
from catalog.tests.factories import EditionFactory, SubjectFactory, WorkFactory
from tests.races import at_once

CODES = Path(settings.BASE_DIR).parent / "shared" / "data" / "codelists" / "thema_codes_all.txt"


@pytest.mark.skipif(not CODES.exists(), reason="the list of codes is not here")
def test_every_code_is_one_of_themas_and_every_name_is_once() -> None:
    valid = {line.strip() for line in CODES.read_text().splitlines()}
    labels = thema.labels()
    assert set(labels) <= valid
    assert {code for code in valid if len(code) <= 2 and code.isalpha()} <= set(labels)
    assert len(set(labels.values())) == len(labels)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("DH", "Told aloud"), ("GM", "Oral traditions"), ("LW", "Islamic law"),
        ("LX", "Law for students"), ("XR", "About comics"), ("XY", "Cartoons and comic strips"),
        ("FDM", "Black speculative fiction"), ("FMM", "Magical realism"), ("FYH", "Pastiches"),
        ("FYP", "Inspired by true events"), ("WBZ", "Cigars and tobacco"),
        ("WDH", "Hobbies"), ("WDK", "Puzzles and quizzes"), ("WDP", "Gambling"),
    ],
)  # fmt: skip
def test_names_say_what_thema_means_by_codes_that_are_easily_mistaken(code: str, name: str) -> None:
    assert thema.labels()[code] == name


@pytest.mark.parametrize(
    ("code", "audience"),
    [
        ("5AC", "02"), ("5ABB", "02"), ("5AM", "02"), ("5AN", "03"), ("5AU", "03"),
        ("5A", ""), ("5AX", ""), ("5AZ", ""), ("5HC", ""), ("1DDF", ""), ("YFB", ""),
    ],
)  # fmt: skip
def test_interest_age_speaks_of_an_audience(code: str, audience: str) -> None:
    assert thema.audience(code) == audience


def test_the_nearest_code_above() -> None:
    among = thema.labels()
    assert thema.above("JBSF1", among=among) == "JB"
    assert thema.above("FFD", among=among) == "FF"
    assert thema.above("F", among=among) == ""
    assert thema.above("1DDB-BE-FA", among=["1DDB"]) == "1DDB"


@pytest.mark.django_db
def test_loading_fills_the_tree_once_and_keeps_what_staff_renamed() -> None:
    fiction = SubjectFactory.create(code="F", name="Stories", slug="stories")
    women = SubjectFactory.create(code="JBSF1", name="Women", slug="women")
    shelf = SubjectFactory.create(scheme="shop", code="x", name="Ours", slug="ours")
    crime = SubjectFactory.create(code="FF", name="Murder", slug="murder", parent=shelf)
    high = SubjectFactory.create(code="FFD", name="Sleuths", slug="sleuths", parent=fiction)
    call_command("load_thema")
    assert Subject.objects.filter(scheme="thema").count() == len(thema.labels())
    for subject in (fiction, women, crime, high):
        name = subject.name
        subject.refresh_from_db()
        assert subject.name == name
    assert women.path == "J/JB/JBSF1/"
    assert crime.path == "shop:x/FF/"
    assert high.path == "shop:x/FF/FFD/"
    assert Subject.objects.get(code="FB").parent == fiction
    before = list(Subject.objects.order_by("pk").values_list())
    assert thema.load() == thema.Loaded(added=0, righted=0)
    assert list(Subject.objects.order_by("pk").values_list()) == before


@pytest.mark.django_db
def test_loading_rights_names_that_we_gave_wrongly_but_none_of_staffs() -> None:
    given = {
        code: SubjectFactory.create(code=code, name=name, slug=slugs.readable(name, fallback=""))
        for code, name in thema.WRONG_NAMES.items()
    }
    Subject.objects.filter(code="WDP").update(name="Riddles")
    Subject.objects.filter(code="GM").update(slug="old-things")
    work = WorkFactory.create()
    work.subjects.set([given["FMM"]])
    EditionFactory.create(work=work)
    assert thema.load().righted == 7
    now = {row.code: (row.name, row.slug) for row in Subject.objects.filter(code__in=given)}
    assert now == {
        "FDM": ("Black speculative fiction", "black-speculative-fiction"),
        "FMM": ("Magical realism", "magical-realism"),
        "FYH": ("Pastiches", "pastiches"),
        "GM": ("Oral traditions", "old-things"),
        "WBZ": ("Cigars and tobacco", "cigars-and-tobacco"),
        "WDH": ("Hobbies", "hobbies"),
        "WDK": ("Puzzles and quizzes", "puzzles-and-quizzes"),
        "WDP": ("Riddles", "quizzes"),
    }
    assert Subject.objects.get(slug="inspired-by-true-events").code == "FYP"
    former = FormerAddress.objects.target_of("subject", "tales-of-magic")
    assert former == given["FMM"].pk
    assert search(Criteria(q="realism")).total == 1  # a word of its shelf finds it
    assert thema.load().righted == 0


# --- Shelves and their sizes --------------------------------------------------------------------


@pytest.fixture
def tree(db: None) -> dict[str, Subject]:
    fiction = SubjectFactory.create(code="F", name="Fiction", slug="fiction")
    crime = SubjectFactory.create(code="FF", name="Crime", slug="crime", parent=fiction)
    great = SubjectFactory.create(code="FFD", name="Sleuths", slug="sleuths", parent=crime)
    poems = SubjectFactory.create(code="D", name="Poetry", slug="poetry")
    shop = SubjectFactory.create(scheme="shop", code="ours", name="Ours", slug="ours")
    dark = SubjectFactory.create(
        scheme="shop", code="dark", name="Dark evenings", slug="dark", parent=shop
    )
    dark.gathers.set([crime, poems])
    return {each.slug: each for each in (fiction, crime, great, poems, shop, dark)}


def put(*subjects: Subject, **fields: object) -> Work:
    work = WorkFactory.create()
    work.subjects.set(subjects)
    EditionFactory.create(work=work, **fields)
    return work


def sizes() -> dict[str, int]:
    return dict(Subject.objects.values_list("slug", "size"))


def test_sizes_count_each_work_once_and_only_what_is_for_sale(tree: dict[str, Subject]) -> None:
    put(tree["sleuths"], tree["crime"])
    put(tree["fiction"])
    put(tree["poetry"], tree["sleuths"])
    put(tree["poetry"], is_offered=False)
    assert shelf_sizes.renew() == 6
    assert sizes() == {
        "fiction": 3, "crime": 2, "sleuths": 2, "poetry": 1, "ours": 2, "dark": 2,
    }  # fmt: skip
    assert stale_names() == {"subjects"}
    assert shelf_sizes.renew() == 0


def test_sizes_follow_a_work_in_its_own_transaction(tree: dict[str, Subject]) -> None:
    work, other = put(tree["sleuths"], tree["crime"]), put(tree["poetry"])
    indexing.works_changed([work.pk, other.pk])
    assert sizes() == {
        "fiction": 1, "crime": 1, "sleuths": 1, "poetry": 1, "ours": 2, "dark": 2,
    }  # fmt: skip
    work.subjects.set([tree["poetry"]])
    indexing.works_changed([work.pk])
    other.editions.update(is_offered=False)
    indexing.works_changed([other.pk])
    expected = {"fiction": 0, "crime": 0, "sleuths": 0, "poetry": 1, "ours": 1, "dark": 1}
    assert sizes() == expected
    indexing.works_changed([work.pk, other.pk])
    assert sizes() == expected
    assert shelf_sizes.renew() == 0
    indexing.works_leaving([work.pk])
    work.editions.all().delete()
    work.delete()
    assert set(sizes().values()) == {0}


def test_a_work_that_stays_after_all_stands_where_it_stood(tree: dict[str, Subject]) -> None:
    work = put(tree["fiction"])
    indexing.works_changed([work.pk])
    indexing.works_leaving([work.pk])
    assert sizes()["fiction"] == 0
    indexing.works_changed([work.pk])
    assert sizes()["fiction"] == 1


@pytest.mark.django_db(transaction=True)
def test_a_count_leaves_alone_what_changed_while_it_counted(tree: dict[str, Subject]) -> None:
    Subject.objects.filter(pk=tree["poetry"].pk).update(size=7)
    work = put(tree["fiction"])
    counting, changed = threading.Event(), threading.Event()

    def count() -> None:
        def wait(execute: Any, sql: str, *rest: Any) -> Any:
            if sql == shelf_sizes.CORRECT:
                counting.set()
                assert changed.wait(60)
            return execute(sql, *rest)

        with connection.execute_wrapper(wait):
            shelf_sizes.renew()

    def change() -> None:
        assert counting.wait(60)
        with transaction.atomic():
            work.subjects.set([tree["poetry"]])
            indexing.works_changed([work.pk])
        changed.set()

    assert at_once([count, change]) == [None, None]
    assert (sizes()["fiction"], sizes()["poetry"]) == (1, 8)  # what both have left to the next one
    assert shelf_sizes.renew() == 2
    assert (sizes()["fiction"], sizes()["poetry"]) == (0, 1)


def test_a_shelf_holds_what_it_gathers_without_another_tag(tree: dict[str, Subject]) -> None:
    deep, plain, poem = put(tree["sleuths"]), put(tree["fiction"]), put(tree["poetry"])
    assert set(Work.objects.in_subject("dark")) == {deep, poem}
    assert set(Work.objects.in_subject("ours")) == {deep, poem}
    assert set(Work.objects.in_subject("fiction")) == {deep, plain}
    assert set(Work.objects.in_subject("nothing")) == set()
    deep.subjects.set([tree["fiction"]])  # another subject is another shelf, at once
    assert set(Work.objects.in_subject("dark")) == {poem}


def test_what_is_hidden_or_empty_or_a_qualifier_is_not_shown(tree: dict[str, Subject]) -> None:
    place = SubjectFactory.create(code="1DDF", name="France", slug="france")
    put(tree["sleuths"], place)
    shelf_sizes.renew()
    Subject.objects.filter(slug="dark").update(is_shown=False)
    assert {each.slug for each in Subject.objects.shown()} == {
        "fiction", "crime", "sleuths", "ours",
    }  # fmt: skip
    Edition.objects.update(is_offered=False)
    shelf_sizes.renew()
    assert not Subject.objects.shown().exists()
