"""What the page of a book says of it in lists, written in Python: `{% load books %}`.

Half of the page's values stand here, most of them behind a question, and the template language took
a quarter of all that the page costs for them. Every text is escaped here, word by word.
"""

import datetime
from collections.abc import Iterator
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog import formats, languages
from catalog.book import Book, Part
from catalog.models import Edition
from catalog.roles import ContributorRole
from storefront.templatetags.shop import day, money, year

register = template.Library()

_MEANINGS = {
    ContributorRole.AUTHOR.value: "author",
    ContributorRole.TRANSLATOR.value: "translator",
    ContributorRole.ILLUSTRATOR.value: "illustrator",
    ContributorRole.EDITOR.value: "editor",
}
"""What schema.org calls a part."""


@register.simple_tag
def people(book: Book) -> SafeString:
    """Everyone who had a part in the edition: authors first, without their role."""
    items = "".join(map(_person, book.people))
    return mark_safe(f'<ul class="contributors">\n{items}</ul>')  # noqa: S308 - escaped piece by piece


def _person(part: Part) -> str:
    beginning = "<li>"
    if not part.is_author:
        role = escape(part.role_label)
        beginning = f'<li class="contributor-other"><span class="muted">{role}</span> '
    meaning = _MEANINGS.get(part.role)
    told = f' itemprop="{meaning}"' if meaning else ""
    return f'{beginning}<a href="{escape(part.url)}"{told}>{escape(part.name)}</a></li>\n'


@register.simple_tag
def facts(book: Book) -> SafeString:
    """What is known of the edition, and of its work, as a list of terms."""
    copy = _of_the_copy(book.edition, book.work.original_language)
    terms = (
        f"<dt>{escape(name)}</dt><dd{attributes}>{told}</dd>\n"
        for name, attributes, told in (*copy, *_of_its_origin(book))
    )
    return mark_safe(f'<dl class="facts">\n{"".join(terms)}</dl>')  # noqa: S308 - escaped piece by piece


Term = tuple[str, str, str]
"""What it is called, attributes of what is said, and what is said; all but the first escaped."""


def _of_the_copy(edition: Edition, original_language: str) -> Iterator[Term]:
    """What kind of thing it is, and how it is read."""
    yield _("Format"), "", escape(edition.format_label)
    content = f' itemprop="isbn" content="{escape(edition.isbn13)}"' if edition.has_isbn else ""
    number = escape(edition.display_number)
    yield edition.number_name, f' class="facts-number"{content}', number
    if edition.pages:
        yield _("Pages"), ' itemprop="numberOfPages"', str(edition.pages)
    if edition.duration_minutes:
        duration = _("%(duration)s hours") % {"duration": edition.duration}
        yield _("Playing time"), "", escape(duration)
    yield _("Language"), "", _language(edition, original_language)


def _of_its_origin(book: Book) -> Iterator[Term]:
    """Since when it is there, by whom it is brought out, and where it belongs."""
    edition = book.edition
    if edition.publication_date:
        name = _("To be published") if edition.is_unpublished else _("Published")
        yield name, "", _time(edition.publication_date, ' itemprop="datePublished"')
    if edition.embargo_date and edition.is_embargoed and edition.is_forthcoming:
        yield _("On sale from"), "", _time(edition.embargo_date)
    if book.work.first_published:
        yield _("First published"), "", escape(year(book.work.first_published))
    yield _("Imprint"), ' itemprop="publisher"', _imprint(edition)
    if edition.weight_grams:
        yield _("Weight"), "", _("%(grams)s g") % {"grams": edition.weight_grams}
    if book.subjects:
        links = (
            f'<a href="{escape(each.get_absolute_url())}" itemprop="genre">{escape(str(each))}</a>'
            for each in book.subjects
        )
        yield _("Subjects"), "", ", ".join(links)


def _language(edition: Edition, original: str) -> str:
    told = (
        f'<meta itemprop="inLanguage" content="{escape(edition.language)}">'
        f"{escape(languages.label(edition.language))}"
    )
    if not original or original == edition.language:
        return told
    source = _("translated from %(language)s") % {"language": languages.label(original)}
    return f"{told}, {escape(source)}"


def _time(on: datetime.date, attributes: str = "") -> str:
    return f'<time datetime="{on.isoformat()}"{attributes}>{escape(day(on))}</time>'


def _imprint(edition: Edition) -> str:
    imprint, publisher = edition.imprint, edition.imprint.publisher
    link = f'<a href="{escape(imprint.get_absolute_url())}">{escape(imprint.name)}</a>'
    return link if publisher.name == imprint.name else f"{link}, {escape(publisher.name)}"


@register.simple_tag
def editions(book: Book) -> SafeString:
    """The work's editions as items of a list, each with its price and a place for its stock."""
    language = get_language()
    items = (_edition(each, book.edition, language) for each in book.ranked)
    return mark_safe("".join(items))  # noqa: S308 - escaped piece by piece


def _edition(each: Edition, shown: Edition, language: str | None) -> str:
    is_shown, detail, price, stock = each.pk == shown.pk, "", "", ""
    if not each.is_gift_card:
        out = f", {each.publication_date.year}" if each.publication_date else ""
        told = f"{escape(languages.label(each.language))}{out}"
        detail = f'<span class="format-detail">{told}</span>\n'
    if each.price_amount is not None:
        price = f'<span class="price">{escape(money(each.price_amount))}</span>\n'
    if not (is_shown or each.is_gift_card):
        stock = f'<span class="stock" id="stock-{escape(each.isbn13)}"></span>\n'
    here = ' aria-current="page"' if is_shown else ""
    name = escape(formats.label(each.format, language))
    return (
        f'<li><a class="format" href="{escape(each.get_absolute_url())}"{here}>\n'
        f'<span class="format-name">{name}</span>\n{detail}{price}{stock}</a></li>\n'
    )
