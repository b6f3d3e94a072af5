"""Which works the records of a file belong to."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from catalog import matching
from catalog.candidates import MOST_OF_TITLE, Batch, Shelf
from catalog.models import MatchReview, Work
from catalog.onix.records import Record, Relation
from catalog.tests.factories import ContributorFactory, EditionFactory, WorkFactory, sku
from catalog.tests.matching_pairs import record

pytestmark = pytest.mark.django_db

EMMA = "Emma = Austen, Jane"


def new(side: str, number: int = 9001, **related: str) -> Record:
    """A record with this number; `r06=…` relates it to another."""
    relations = tuple(Relation(code[1:], other) for code, other in related.items())
    return record(side, isbn13=sku(number), relations=relations)


def work(title: str, author: str = "", **fields: Any) -> Work:
    made: Work = WorkFactory.create(title=title, author=author or None, **fields)
    return made


def found(*records: Record) -> list[int]:
    """The works of the records, in their order."""
    matches = matching.find_works(records)
    return [matches[each.isbn13].work_id for each in records]


def test_a_work_is_found_by_title_and_contributor() -> None:
    emma = work("Emma", "Jane Austen")
    work("Emma", "Charlotte Smith")
    match = matching.find_works([new("Emma (Paperback) = AUSTEN, J.")])[sku(9001)]
    assert match == matching.Match(work_id=emma.pk, score=93)


def test_what_is_on_no_shelf_is_a_new_work() -> None:
    work("Persuasion", "Jane Austen")
    match = matching.find_works([new(EMMA)])[sku(9001)]
    assert match == matching.Match(work_id=-1, score=100)


def test_editions_of_a_new_work_share_its_number() -> None:
    records = [
        new(EMMA, 9001),
        new("Persuasion = Austen, Jane", 9002),
        new("Emma = Austen, J.", 9003),
    ]
    first, second, third = found(*records)
    assert first == third != second
    assert max(first, second) < 0


def test_a_related_edition_is_joined_where_it_fits() -> None:
    edition = EditionFactory.create(work=work("The Sign of Four", "Arthur Conan Doyle"))
    side = "The Sign of the Four = Doyle, Arthur Conan"
    assert found(new(side)) == [-1]
    assert found(new(side, r06=edition.isbn13)) == [edition.work_id]


def test_a_related_translation_is_doubted() -> None:
    edition = EditionFactory.create(work=work("The Three Musketeers", "Alexandre Dumas"))
    side = "Les Trois Mousquetaires = Dumas, Alexandre @fr"
    match = matching.find_works([new(side, r11=edition.isbn13)])[sku(9001)]
    assert match.work_id == -1
    assert match.doubtful == [
        (
            edition.work_id,
            75,
            [
                "The supplier’s file says that they are one text in two forms.",
                "The titles are different.",
                "The main contributor is the same.",
            ],
        )
    ]


def test_a_replacement_does_not_join_another_book() -> None:
    edition = EditionFactory.create(work=work("Walden", "Henry David Thoreau"))
    record = new("Cape Cod = Thoreau, Henry David", r03=edition.isbn13)
    assert matching.find_works([record])[sku(9001)] == matching.Match(work_id=-1, score=100)


@pytest.mark.parametrize("says", [0, 1])
def test_relations_within_a_batch_hold_both_ways(says: int) -> None:
    sides = ["The Sign of Four = Doyle, Arthur Conan", "The Sign of the Four = Doyle, A. Conan"]
    records = [new(side, 9001 + place) for place, side in enumerate(sides)]
    records[says] = new(sides[says], 9001 + says, r06=sku(9002 - says))
    assert found(*records) == [-1, -1]


def test_what_a_related_record_finds_is_found_for_both() -> None:
    four = work("The Sign of Four", "Arthur Conan Doyle")
    records = [
        new("The Sign of the Four = Doyle, Arthur Conan", 9001, r06=sku(9002)),
        new("The Sign of Four = Doyle, Arthur Conan", 9002),
    ]
    assert found(*records) == [four.pk, four.pk]


def test_titles_alone_join_nothing() -> None:
    egypt = work("The Egyptian Book of the Dead")
    work("Atlas")
    matches = matching.find_works([new("Egyptian Book of the Dead", 9001), new("Atlas", 9002)])
    assert matches[sku(9001)].work_id == -1
    assert [pk for pk, _score, _reasons in matches[sku(9001)].doubtful] == [egypt.pk]
    assert matches[sku(9002)] == matching.Match(work_id=-2, score=100)


def test_the_older_of_two_doubles_is_joined_and_the_other_shown() -> None:
    older, younger = work("Emma", "Jane Austen"), work("Emma", "Jane Austen")
    match = matching.find_works([new(EMMA)])[sku(9001)]
    assert match.work_id == older.pk
    assert [pk for pk, _score, _reasons in match.doubtful] == [younger.pk]


def test_years_tell_two_of_a_name_apart() -> None:
    other = ContributorFactory.create(name="Samuel Butler", birth_year=1612)
    work("Poems", other.name)
    assert found(new("Poems = Butler, Samuel 1835-1902")) == [-1]
    assert found(new("Poems = Butler, Samuel 1612-1680")) == [Work.objects.get().pk]


def test_translators_of_an_edition_say_nothing_of_the_work() -> None:
    odyssey = work("The Odyssey", "Homer")
    assert found(new("The Odyssey = Pope, Alexander [B06] & Homer")) == [odyssey.pk]


def test_an_article_that_is_a_word_elsewhere() -> None:
    die, bare = work("Die Verwandlung", "Franz Kafka"), work("Prozess", "Franz Kafka")
    hard = work("Die Hard", "Jane Doe")
    assert found(new("Verwandlung = Kafka, Franz @de")) == [die.pk]
    assert found(new("Der Prozess = Kafka, Franz @de")) == [bare.pk]
    assert found(new("Hard = Doe, Jane @en")) == [-1]
    assert found(new("Die Hard = Doe, Jane @en")) == [hard.pk]


def test_statements_do_not_grow(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    edition = EditionFactory.create(work=work("Emma", "Jane Austen"))
    for number in range(30):
        work(f"Emma {number}", "Jane Austen")
    with CaptureQueriesContext(connection) as one:
        matching.find_works([new(EMMA, r06=edition.isbn13)])
    records = [new(f"Emma {number} = Austen, Jane", 9001 + number, r06=edition.isbn13)
               for number in range(30)]  # fmt: skip
    with django_assert_num_queries(len(one)):
        matching.find_works(records)
    assert sum("SAVEPOINT" not in query["sql"] for query in one.captured_queries) == 5


def test_of_a_title_that_hundreds_have_those_of_the_name_are_found() -> None:
    Work.objects.bulk_create([Work(key=f"poems-{n}", title="Poems") for n in range(200)])
    keats = work("Poems", "John Keats")
    assert Work.objects.filter(match_key="poems").count() == 201 > MOST_OF_TITLE
    batch = Batch([new("Poems = Keats, John")])
    assert len(Shelf(batch).described) == MOST_OF_TITLE + 1
    assert found(new("Poems = Keats, John")) == [keats.pk]
    assert found(new("Poems = Shelley, Percy")) == [-1]


def test_records_without_a_number_are_left_out() -> None:
    assert matching.find_works([record(EMMA)]) == {}
    assert matching.find_works([]) == {}


def test_doubts_go_on_the_review_list_once() -> None:
    egypt = work("The Egyptian Book of the Dead")
    records = [new("Egyptian Book of the Dead", 9001), new("Egyptian Book of the Dead", 9002)]
    matches = matching.find_works(records)
    assert matches[sku(9002)].doubtful_new[0][0] == -1
    made = {-1: work("Egyptian Book of the Dead"), -2: work("Egyptian Book of the Dead")}
    created = {number: each.pk for number, each in made.items()}
    for _twice in range(2):
        matching.note_doubts(matches.values(), created=created)
    assert list(MatchReview.objects.order_by("id").values_list("work", "other", "score")) == [
        (made[-1].pk, egypt.pk, 65),
        (made[-2].pk, egypt.pk, 65),
        (made[-2].pk, made[-1].pk, 65),
    ]


def test_a_decided_pair_does_not_come_back() -> None:
    egypt, other = work("Egypt in Old Times"), work("Egypt in Old Times")
    MatchReview.objects.create(
        work=other, other=egypt, score=65, decision=MatchReview.Decision.DIFFERENT
    )
    match = matching.Match(egypt.pk, 100, doubtful=[(other.pk, 65, [])])
    matching.note_doubts([match], created={})
    assert MatchReview.objects.get().decision == MatchReview.Decision.DIFFERENT


def test_match_keys_follow_titles() -> None:
    emma = work("Emma: A Novel")
    assert emma.match_key == "emma"
    emma.title = "The Waves"
    emma.save(update_fields=["title"])
    assert Work.objects.get(match_key="waves") == emma
    emma.title = "Orlando"
    Work.objects.bulk_update([emma], ["title"])
    assert Work.objects.get(match_key="orlando") == emma
    Work.objects.filter(pk=emma.pk).update(title="Flush")
    assert Work.objects.get(match_key="flush") == emma


def test_the_migration_gives_keys_to_works_without(monkeypatch: pytest.MonkeyPatch) -> None:
    migration = import_module("catalog.migrations.0011_works_match_keys")
    monkeypatch.setattr(migration, "BATCH", 2)
    kept = work("Emma")
    Work.objects.bulk_create([Work(key=f"key-{n}", title=f"The Wave {n}") for n in range(5)])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_work SET match_key = '' WHERE id <> %s", [kept.pk])
    migration.fill(apps, None)
    keys = Work.objects.order_by("match_key").values_list("match_key", flat=True)
    assert list(keys) == ["emma", *(f"wave {n}" for n in range(5))]
