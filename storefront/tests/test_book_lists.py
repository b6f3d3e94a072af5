"""The lists of a book's page, which Python writes: what they say, and escaped."""

import datetime
import re
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Contribution, Contributor, ContributorRole, Edition, Format
from catalog.tests.factories import EditionFactory, SubjectFactory, WorkFactory

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


def page_of(client: Client, edition: Edition) -> str:
    return client.get(edition.get_absolute_url()).content.decode()


def facts_of(client: Client, edition: Edition) -> dict[str, str]:
    """What is said, with its tags, by what it is called."""
    terms = re.search(r'<dl class="facts">(.*?)</dl>', page_of(client, edition), flags=re.DOTALL)
    assert terms is not None
    found = re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", terms[1], flags=re.DOTALL)
    assert found
    return dict(found)


def test_all_facts_in_their_order(client: Client) -> None:
    work = WorkFactory.create(original_language="de", first_published=-8)
    edition = EditionFactory.create(
        work=work, language="en", pages=1234, weight_grams=310, duration_minutes=665,
        publication_date=datetime.date(2020, 3, 1),
    )  # fmt: skip
    facts = facts_of(client, edition)
    assert list(facts) == [
        "Format", edition.number_name, "Pages", "Playing time", "Language", "Published",
        "First published", "Imprint", "Weight",
    ]  # fmt: skip
    assert facts["Pages"] == "1234"
    assert facts["Playing time"] == "11:05 hours"
    assert facts["Language"].endswith(">English, translated from German")
    assert facts["Published"].endswith(">March 1, 2020</time>")
    assert 'datetime="2020-03-01"' in facts["Published"]
    assert facts["First published"] == "8 BCE"
    assert facts["Weight"] == "310 g"


def test_what_is_not_known_has_no_term(client: Client) -> None:
    edition = EditionFactory.create(
        pages=None, weight_grams=None, publication_date=None, work=WorkFactory.create()
    )
    assert {"Pages", "Weight", "Published", "Playing time"}.isdisjoint(facts_of(client, edition))


def test_what_is_still_to_come(client: Client) -> None:
    today = timezone.localdate()
    edition = EditionFactory.create(publication_date=today + DAY, embargo_date=today + 3 * DAY)
    facts = facts_of(client, edition)
    assert f'datetime="{today + DAY}"' in facts["To be published"]
    assert f'datetime="{today + 3 * DAY}"' in facts["On sale from"]
    assert "Published" not in facts


def test_an_embargo_that_is_over_is_no_fact(client: Client) -> None:
    today = timezone.localdate()
    edition = EditionFactory.create(publication_date=today - 9 * DAY, embargo_date=today - DAY)
    assert "On sale from" not in facts_of(client, edition)


@pytest.mark.parametrize(("publisher", "beside"), [("<Ink>", ", &lt;Ink&gt;"), ("Pen & Ink", "")])
def test_a_publisher_of_another_name_stands_beside_the_imprint(
    client: Client, publisher: str, beside: str
) -> None:
    edition = EditionFactory.create()
    imprint = edition.imprint
    imprint.name, imprint.publisher.name = "Pen & Ink", publisher
    imprint.save()
    imprint.publisher.save()
    link = f'<a href="{imprint.get_absolute_url()}">Pen &amp; Ink</a>'
    assert facts_of(client, edition)["Imprint"] == f"{link}{beside}"


def test_people_are_named_with_their_parts_and_escaped(client: Client) -> None:
    work = WorkFactory.create(author="A. <b> & Co")
    edition = EditionFactory.create(work=work)
    for number, (name, role) in enumerate(
        [("T. <i>", ContributorRole.TRANSLATOR), ("N. N.", ContributorRole.NARRATOR)], start=5
    ):
        person = Contributor.objects.create(name=name, slug=f"person-{number}")
        Contribution.objects.create(
            work=work, edition=edition, contributor=person, role=role, ordinal=number
        )
    page = page_of(client, edition)
    people = re.findall(r"<li.*</li>", page[page.index('<ul class="contributors">') :])[:3]
    assert people[0].endswith('/" itemprop="author">A. &lt;b&gt; &amp; Co</a></li>')
    assert people[0].startswith("<li><a href=")
    assert 'contributor-other"><span class="muted">Translator</span> <a' in people[1]
    assert people[1].endswith('itemprop="translator">T. &lt;i&gt;</a></li>')
    assert people[2].endswith('<a href="/contributors/person-6/">N. N.</a></li>')


def test_each_edition_has_its_line(client: Client) -> None:
    work = WorkFactory.create()
    shown = EditionFactory.create(
        work=work, price=Decimal("9.00"), publication_date=datetime.date(2019, 5, 5)
    )
    other = EditionFactory.create(
        work=work, format=Format.EBOOK, language="fr", publication_date=None
    )
    other.prices.all().delete()
    page = page_of(client, shown)
    lines = re.findall(r'<li><a class="format".*?</li>', page, flags=re.DOTALL)
    assert len(lines) == 2
    (here,) = [line for line in lines if 'aria-current="page"' in line]
    (there,) = [line for line in lines if line != here]
    assert '<span class="price">$9.00</span>' in here
    assert ", 2019</span>" in here
    assert "stock-" not in here  # it stands above, beside the button
    assert f'href="{other.get_absolute_url()}"' in there
    assert f'<span class="stock" id="stock-{other.isbn13}"></span>' in there
    assert ">French</span>" in there
    assert "price" not in there


def test_all_subjects_are_linked(client: Client) -> None:
    names = {"FK": "Ghosts & Co", "WT": "<Sea>"}
    subjects = [SubjectFactory.create(code=code, name=name) for code, name in names.items()]
    work = WorkFactory.create(main_subject=subjects[0])
    work.subjects.set(subjects)
    told = facts_of(client, EditionFactory.create(work=work))["Subjects"]
    links = re.findall(r'<a href="([^"]*)" itemprop="genre">([^<]*)</a>', told)
    expected = {
        (subjects[0].get_absolute_url(), "Ghosts &amp; Co"),
        (subjects[1].get_absolute_url(), "&lt;Sea&gt;"),
    }
    assert set(links) == expected
    assert told.count("</a>, <a") == 1
