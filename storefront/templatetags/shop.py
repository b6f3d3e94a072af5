"""How the shop writes money, years, languages and covers in templates: `{% load shop %}`."""

import datetime
import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape  # of plain text: Django's first looks whether it is lazy

from django import template
from django.conf import settings
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.folding import fold
from catalog.models import Cover
from catalog.money import format_money
from storefront import release
from storefront.cover_images import CoverImage

register = template.Library()


class Unchanging(template.Node):
    """What is the same on every page of a release, written once for each language."""

    def __init__(
        self, nodelist: template.NodeList, known_by: template.base.FilterExpression | None = None
    ) -> None:
        self.nodelist = nodelist
        self._known_by = known_by
        self._written: dict[tuple[object, ...], str] = {}

    @property
    def is_standing(self) -> bool:
        """Whether it is the same whatever the page is about."""
        return self._known_by is None

    def render(self, context: template.Context) -> str:
        """As it was written before, or written now."""
        known_by = self._known_by.resolve(context) if self._known_by else ()
        if known_by is None:
            return self.nodelist.render(context)
        key = (get_language(), release.current(), known_by)
        written = self._written.get(key)
        if written is None:
            written = self._written[key] = self.nodelist.render(context)
        return written


@register.tag
def unchanging(parser: template.base.Parser, token: template.base.Token) -> Unchanging:
    """`{% unchanging %} … {% endunchanging %}` around what shows nothing but words, static files,
    paths of other roles, and settings that stand in the release (`storefront.release`).

    `{% unchanging for form.blank_for %}` around what also shows what that value says, of which
    there are few; written each time where it is None.
    """
    match token.split_contents():
        case [_tag]:
            known_by = None
        case [_tag, "for", value]:
            known_by = parser.compile_filter(value)
        case _:
            raise template.TemplateSyntaxError("{% unchanging %} or {% unchanging for value %}")
    nodelist = parser.parse(("endunchanging",))
    parser.delete_first_token()
    return Unchanging(nodelist, known_by)


_WORDS = re.compile(r"([\w'’]+)")


@register.filter
def money(amount: Decimal | None, currency: str = "") -> str:
    """12.5 as $12.50; in the shop's currency unless another is named. None is nothing."""
    return "" if amount is None else format_money(amount, currency or settings.SHOP_CURRENCY)


@register.filter
def percent(rate: Decimal) -> str:
    """5.50 as 5.5%, as the reader's language writes it."""
    places = max(0, -int(rate.normalize().as_tuple().exponent))
    return _("%(number)s%%") % {"number": number_format(rate, decimal_pos=places)}


@register.filter
def grouped(number: int) -> str:
    """500000 as 500,000, as the reader's language writes it."""
    return _grouped(number, get_language())


@functools.lru_cache(maxsize=4_096)  # facets write the same small numbers again and again
def _grouped(number: int, language: str | None) -> str:
    return number_format(number, force_grouping=True)


def year(number: int | None) -> str:
    """1813, or 8 BCE for -8. None is nothing."""
    if number is None:
        return ""
    return str(number) if number > 0 else _("%(year)d BCE") % {"year": -number}


@register.simple_tag
def lifespan(birth_year: int | None, death_year: int | None) -> str:
    """1775–1817; 70 BCE–19 BCE; born 1947; died 1595."""
    if birth_year is not None and death_year is not None:
        return f"{year(birth_year)}–{year(death_year)}"
    if birth_year is not None:
        return _("born %(year)s") % {"year": year(birth_year)}
    return _("died %(year)s") % {"year": year(death_year)} if death_year is not None else ""


@register.filter
def marked(text: str, words: Sequence[str]) -> SafeString | str:
    """`text` with the words that were looked for in `<mark>`, escaped; the last may be a beginning.

    Without words it is as it was.
    """
    if not words:
        return text
    folded = fold(text)
    if not any(word in folded for word in words):  # as of most texts of a list
        return mark_safe(escape(text))  # noqa: S308 - escaped
    whole, beginning = frozenset(words), words[-1]
    pieces = _WORDS.split(text)  # what is between words, and words, in turn
    pieces[::2] = (between if between == " " else escape(between) for between in pieces[::2])
    pieces[1::2] = (
        f"<mark>{escape(word)}</mark>" if _is_sought(word, whole, beginning) else escape(word)
        for word in pieces[1::2]
    )
    return mark_safe("".join(pieces))  # noqa: S308 - each piece is escaped


_fold_word = functools.lru_cache(maxsize=8_192)(fold)  # titles have the same words again and again


def _is_sought(piece: str, whole: frozenset[str], beginning: str) -> bool:
    folded = _fold_word(piece)
    return folded in whole or (bool(folded) and folded.startswith(beginning))


@register.filter
def day(on: datetime.date) -> str:
    """A day in words and figures, as the reader's language writes it."""
    return _day(on, get_language())


@functools.lru_cache(maxsize=4_096)  # new books come out on the same few days
def _day(on: datetime.date, language: str | None) -> str:
    return date_format(on, "DATE_FORMAT")


@register.filter
def machine_time(at: datetime.date) -> str:
    """A day, or a moment in the shop's zone, as a `datetime` attribute wants it."""
    return (localtime(at) if isinstance(at, datetime.datetime) else at).isoformat()


@register.filter
def hidden_inputs(values: Mapping[str, str]) -> SafeString:
    """Hidden inputs of a form: one for each name and value."""
    return format_html_join("\n", '<input type="hidden" name="{}" value="{}">', values.items())


@register.simple_tag
def locations(urls: Iterable[str], origin: str) -> SafeString:
    """A sitemap's lines: thousands of them, for which a template's loop takes its time."""
    lines = (f"<url><loc>{escape(origin + url)}</loc></url>\n" for url in urls)
    return mark_safe("".join(lines))  # noqa: S308 - escaped piece by piece


@register.filter
def lang(code: str) -> SafeString | str:
    """` lang="fr"` for words in another language than the page's, for screen readers."""
    return lang_beside(code, get_language())


def lang_beside(code: str, page: str | None) -> SafeString | str:
    """` lang="fr"` for words that stand beside others in the language `page`."""
    return format_html(' lang="{}"', code) if code and code != page else ""


SIZES = {
    "card": "(max-width: 34rem) 44vw, 12rem",
    "page": "(max-width: 48rem) 40vw, 19rem",
    "shelf": "5rem",
    "window": "(max-width: 34rem) 22vw, 10.5rem",
}
"""How wide a cover is shown, by the place where it stands, for the browser to choose a size."""
AT_ONCE = frozenset({"page", "window"})  # what is seen first


@register.simple_tag
def cover(
    picture: Cover | None, drawing: CoverImage, *, alt: str = "", place: str = "card"
) -> SafeString:
    """The cover as an image: its picture, or as it is drawn. `place` is one of SIZES.

    Without `alt` it is decoration: the title stands beside it. A drawn one is never loaded lazily:
    it weighs a kilobyte, less than the wait for it would annoy.
    """
    if picture is not None:
        return photo(picture, alt=alt, place=place)
    return drawn(drawing.url, alt)


def drawn(url: str, alt: str) -> SafeString:
    """A cover that the shop draws."""
    return SafeString(
        f'<img class="cover" src="{escape(url)}" alt="{escape(alt)}" width="400" height="600"'
        ' decoding="async">'
    )


@register.simple_tag
def photo(picture: Cover, *, alt: str, place: str) -> SafeString:
    """The picture in the kind and size that the browser likes best; its space is known before."""
    width, sizes = picture.widths[-1], SIZES[place]
    height = picture.height_at(width)
    return format_html(
        '<picture class="cover cover-photo">'
        '<source type="image/avif" srcset="{}" sizes="{}">'
        '<source type="image/webp" srcset="{}" sizes="{}">'
        '<img class="{}" src="{}" srcset="{}" sizes="{}" alt="{}" width="{}" height="{}"'
        ' data-color="{}" decoding="async"{}></picture>',
        *(_srcset(picture, "avif"), sizes, _srcset(picture, "webp"), sizes),
        "is-wide" if width * 3 >= height * 2 else "is-tall",
        *(picture.url(width, "jpg"), _srcset(picture, "jpg"), sizes),
        *(alt, width, height, picture.color),
        SafeString("" if place in AT_ONCE else ' loading="lazy"'),
    )


def _srcset(picture: Cover, kind: str) -> str:
    return ", ".join(f"{picture.url(width, kind)} {width}w" for width in picture.widths)
