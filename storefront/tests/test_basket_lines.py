"""The lines of the basket's page, which Python writes: what they say, escaped, and once for all."""

import datetime
import re
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import translation

from catalog.tests.factories import EditionFactory, WorkFactory, orderable
from orders.models import BasketLine
from storefront.templatetags import baskets
from storefront.templatetags.baskets import Row, basket_lines
from storefront.tests import shopping
from storefront.tests.shopping import put

pytestmark = pytest.mark.django_db

NASTY = "Q&A: <b>\"Emma\"</b> 'n' all"
ESCAPED = "Q&amp;A: &lt;b&gt;&quot;Emma&quot;&lt;/b&gt; &#x27;n&#x27; all"


def page_of(client: Client) -> str:
    return client.get("/basket/").content.decode()


def lines_of(page: str) -> list[str]:
    return re.findall(r'<li class="line.*?</li>', page, flags=re.DOTALL)


def test_a_line_says_all_of_it(client: Client) -> None:
    edition = shopping.emma()
    put(client, edition, 2)
    (line,) = lines_of(page_of(client))
    number = edition.isbn13
    assert line.count(f'href="{edition.get_absolute_url()}"') == 2
    assert '<p class="small muted">Jane Austen · Paperback</p>' in line
    assert '<p class="small muted">$12.50 each</p>' in line
    assert '<p class="line-amount">$25.00</p>' in line
    assert f'<label for="quantity-{number}">Quantity' in line
    assert f'<input type="hidden" name="shown-{number}" value="2">' in line
    assert f'name="quantity-{number}" value="2" min="0" max="50" required' in line
    assert f'name="remove" value="{number}" formnovalidate>Remove' in line
    assert "aria-invalid" not in line
    assert "line-problem" not in line


def test_every_text_is_escaped(client: Client) -> None:
    work = WorkFactory.create(title=NASTY, author="<i>Jane</i> & Co")
    put(client, EditionFactory.create(work=work, stock=3))
    page = page_of(client)
    assert ESCAPED in page
    assert "&lt;i&gt;Jane&lt;/i&gt; &amp; Co · " in page
    assert "<b>" not in page
    assert "<i>" not in page


def test_what_was_typed_is_escaped_and_its_error_named(client: Client) -> None:
    edition = shopping.emma()
    put(client, edition)
    number = edition.isbn13
    response = client.post("/basket/quantities/", {f"quantity-{number}": '"><b>'})
    (line,) = lines_of(response.content.decode())
    assert 'value="&quot;&gt;&lt;b&gt;"' in line
    assert f'aria-describedby="error-{number}" aria-invalid="true"' in line
    assert f'<p class="line-problem" id="error-{number}">The quantity must be a whole' in line
    assert line.startswith('<li class="line has-problem">')


def test_a_problem_and_an_error_are_both_named(client: Client) -> None:
    edition = shopping.emma()
    put(client, edition, 6)
    number = edition.isbn13
    response = client.post("/basket/quantities/", {f"quantity-{number}": "x"})
    (line,) = lines_of(response.content.decode())
    assert f'<p class="line-problem" id="problem-{number}">Only 5 left.</p>' in line
    assert f'aria-describedby="problem-{number} error-{number}"' in line


def test_another_price_than_before_is_news(client: Client) -> None:
    edition = shopping.emma()
    put(client, edition)
    BasketLine.objects.update(seen_amount=Decimal("9.00"))
    assert "it was $9.00, it is $12.50 now." in page_of(client)


def test_what_has_no_price_shows_none(client: Client) -> None:
    edition = shopping.emma()
    put(client, edition)
    edition.prices.all().delete()
    (line,) = lines_of(page_of(client))
    assert "Not for sale any more." in line
    assert "$" not in line
    assert '<p class="line-amount"></p>' in line


def test_a_promise_has_its_place(client: Client) -> None:
    edition = shopping.emma()
    orderable(edition, backorder_days=4)
    put(client, edition, 9)
    number = edition.isbn13
    assert f'<p class="line-promise" id="promise-{number}">5 now, 4 in about' in page_of(client)


def test_the_same_line_is_written_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = shopping.emma()
    put(client, edition)
    first = page_of(client)

    def never(*_said: object) -> str:
        raise AssertionError("It was written before.")

    monkeypatch.setattr(baskets, "_field", never)
    assert lines_of(page_of(client)) == lines_of(first)
    another = Client()
    put(another, edition)
    assert lines_of(page_of(another)) == lines_of(first)


def test_nothing_is_kept_of_what_somebody_typed(client: Client) -> None:
    edition = shopping.emma()
    put(client, edition)
    name = f"-{edition.isbn13}"
    page_of(client)
    before = baskets._item_once.cache_info().currsize
    for typed in ("x" * 10_000, "1x", "51", "0.5"):
        for shown in ("1", typed):
            fields = {f"quantity{name}": typed, f"shown{name}": shown, "use_voucher": "1"}
            response = client.post("/basket/quantities/", fields)
            assert response.status_code == 422
            (line,) = lines_of(response.content.decode())
            assert f'value="{typed[:20]}"' in line
    assert baskets._item_once.cache_info().currsize == before


def test_what_changes_is_written_anew(client: Client) -> None:
    edition = shopping.emma()
    put(client, edition)
    page_of(client)
    edition.work.title = "Emma, again"
    edition.work.save()
    edition.set_price(Decimal("13.00"), valid_from=datetime.date(2020, 1, 1))
    (line,) = lines_of(page_of(client))
    assert ">Emma, again</a>" in line
    assert "$13.00 each" in line


def test_each_language_has_its_own() -> None:
    edition = shopping.emma()
    edition.price_amount = Decimal("12.50")
    line = BasketLine(edition=edition, quantity=1, seen_amount=Decimal("12.50"))
    line.__dict__ |= {"problem": "", "promise": ""}
    assert "$12.50" in basket_lines([Row(line, 1)], 99)
    with translation.override("de"):
        assert "12,50\N{NO-BREAK SPACE}$" in basket_lines([Row(line, 1)], 99)
