"""Two tabs, or two colleagues, with the same edition or work open."""

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from catalog.models import Edition, Work
from catalog.tests.back_office import EDITIONS, WORKS, emma
from catalog.tests.factories import SubjectFactory

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


class Form(HTMLParser):
    """What a browser would send of the page's form, unless its fields are changed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.data: Any = QueryDict(mutable=True)
        self.select = self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "input" and name and kind in ("text", "hidden", "number", "date", "url"):
            self.data.appendlist(name, given.get("value", ""))
        elif tag == "input" and name and "checked" in given:
            self.data.appendlist(name, "on")
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in given:
            self.data.appendlist(self.select, given["value"])
        elif tag == "textarea":
            self.text = name
            self.data[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.data[self.text] = self.data[self.text].removeprefix("\n").replace("\n", "\r\n")
            self.text = ""

    def handle_data(self, data: str) -> None:
        if self.text:
            self.data[self.text] += data


def open_tab(client: Client, url: str) -> QueryDict:
    data: QueryDict = Form(client.get(url).content.decode()).data
    return data


def save(client: Client, url: str, tab: QueryDict, **changes: Any) -> Any:
    data = tab.copy()
    for name, value in changes.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return client.post(url, data.urlencode(), content_type="application/x-www-form-urlencoded")


def test_what_another_tab_saved_stays(client: Client, clerk: "User") -> None:
    edition = emma(is_offered=True)
    url = f"{EDITIONS}{edition.pk}/change/"
    tab_a, tab_b = open_tab(client, url), open_tab(client, url)

    saved = save(client, url, tab_a, pages="300", is_offered=[], language="de", tax_rate="7")
    assert saved.status_code == 302
    assert save(client, url, tab_b, weight_grams="410").status_code == 302

    edition = Edition.objects.get(pk=edition.pk)
    assert (edition.pages, edition.is_offered, edition.language) == (300, False, "de")
    assert edition.weight_grams == 410
    said = {"pages", "is_offered", "language", "price", "weight_grams"}
    assert set(edition.provenance.sources) == said
    assert edition.prices.in_force(timezone.localdate()).get().tax_rate == 7


def test_where_both_changed_the_same_the_second_is_asked(client: Client, clerk: "User") -> None:
    edition = emma()
    url = f"{EDITIONS}{edition.pk}/change/"
    tab_a, tab_b = open_tab(client, url), open_tab(client, url)
    save(client, url, tab_a, pages="300", language="de")

    asked = save(client, url, tab_b, pages="310", language="de", weight_grams="410")

    assert list(asked.context["adminform"].form.errors) == ["pages"]
    assert "It is “300” now: save again to have yours." in asked.content.decode()
    assert Edition.objects.get(pk=edition.pk).pages == 300
    assert save(client, url, Form(asked.content.decode()).data).status_code == 302
    edition = Edition.objects.get(pk=edition.pk)
    assert (edition.pages, edition.weight_grams, edition.language) == (310, 410, "de")


def test_a_work_keeps_its_text_and_its_subjects(client: Client, clerk: "User") -> None:
    work = emma().work
    Work.objects.filter(pk=work.pk).update(description="One.\n\nTwo.", subtitle="A novel")
    url = f"{WORKS}{work.pk}/change/"
    tab_a, tab_b = open_tab(client, url), open_tab(client, url)
    shelf = SubjectFactory.create()
    saved = save(client, url, tab_a, subjects=[str(shelf.pk)], subtitle="Another", boost="10")
    assert saved.status_code == 302

    assert save(client, url, tab_b, description="One.\r\n\r\nThree.").status_code == 302

    work = Work.objects.get(pk=work.pk)
    assert list(work.subjects.all()) == [shelf]
    assert (work.description, work.subtitle) == ("One.\r\n\r\nThree.", "Another")
    assert (work.boost, work.popularity) == (10, 10)
