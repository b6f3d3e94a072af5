"""Templates on the short way write what Django's own write, and fail as they fail."""

import datetime
from typing import Any, ClassVar

import pytest
from django.template import Context, Engine
from django.template.loaders import locmem
from django.test import override_settings
from django.urls import set_script_prefix
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

LOCMEM = "django.template.loaders.locmem.Loader"
BOTH = "{{ x }}|{% if x %}yes{% else %}no{% endif %}|{% for y in x %}{{ y }},{% endfor %}"


class Silent(Exception):
    """Templates show nothing where this is raised."""

    silent_variable_failure = True


class Thing:
    """An object as templates meet them."""

    title = "Tom & Jerry"
    count = 1_234
    day = datetime.date(2024, 2, 29)
    none = None
    number: ClassVar[dict[str, str]] = {"one": "<1>", "items": "key"}
    several = ("first", "second")
    kind = dict

    def __str__(self) -> str:
        return "<thing>"

    def called(self) -> str:
        """A method."""
        return "called & escaped"

    def chained(self) -> "Thing":
        """A method that leads on."""
        return Thing()

    def asking(self, what: str) -> str:
        """A method that templates cannot call."""
        return what

    def deleting(self) -> str:
        """One that they must not."""
        return "deleted"

    deleting.alters_data = True  # type: ignore[attr-defined] # Django's mark

    def silent(self) -> str:
        """One that fails and may."""
        raise Silent

    def failing(self) -> str:
        """One that fails."""
        raise RuntimeError("No")

    @property
    def broken(self) -> str:
        """A property that fails as if it were not there."""
        raise AttributeError("deep inside")


class Listed(list[int]):
    """Attributes and elements in one."""

    title = "listed"


def engine(text: str, *, is_short: bool, debug: bool = False) -> Engine:
    """Django's own, or the shop's, with one template."""
    loader = "storefront.templating.Loader" if is_short else "django.template.loaders.cached.Loader"
    libraries = {"i18n": "django.templatetags.i18n", "l10n": "django.templatetags.l10n"}
    return Engine(
        debug=debug, libraries=libraries, loaders=[(loader, [(LOCMEM, {"it.html": text})])]
    )


def written(text: str, values: dict[str, Any], *, is_short: bool, **options: Any) -> str:
    """What comes out, or what is raised: twice, as what is kept must not differ."""
    template = engine(text, is_short=is_short).get_template("it.html")
    outcomes: set[str] = set()
    for _time in range(2):
        try:
            outcomes.add(template.render(Context(values, **options)))
        except Exception as error:
            outcomes.add(repr(error))
    (outcome,) = outcomes
    return str(outcome)


@pytest.mark.parametrize(
    "value",
    [
        "a < b & 'c'", mark_safe("<b>bold</b>"), "", 0, 7, 1_234_567, 1.5, True, None, b"bytes",
        datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.UTC),
        gettext_lazy("Books"), Thing(), Thing, Thing().called, lambda: "a function", {"a": 1},
        ["<1>", 2], (), range(2), Listed([7]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("options", [{}, {"autoescape": False}, {"use_l10n": False}])
def test_values_of_all_kinds(value: object, options: dict[str, Any]) -> None:
    told = {"x": value}
    assert written(BOTH, told, is_short=True, **options) == written(
        BOTH, told, is_short=False, **options
    )


@pytest.mark.parametrize(
    "lookup",
    [
        "x.title", "x.count", "x.day", "x.none", "x.none.more", "x.number.one", "x.number.two",
        "x.number.items", "x.number.values", "x.several.1", "x.several.9", "x.called",
        "x.called.more", "x.chained.title", "x.chained.chained.called", "x.asking", "x.deleting",
        "x.silent", "x.failing", "x.broken", "x.absent", "x.title.upper", "x.kind", "absent",
        "absent.more", "listed.title", "listed.0", "listed.3", "autoescape", "template_name",
        "x.title|lower", "x.absent|default:'-'", "absent|default:x.title", "x.count|add:x.count",
        "x.day|date:'Y'", "x.called|upper",
    ],
)  # fmt: skip
def test_what_names_lead_to(lookup: str) -> None:
    text = f"{{{{ {lookup} }}}}|{{% if {lookup} %}}yes{{% else %}}no{{% endif %}}"
    told = {"x": Thing(), "listed": Listed([7])}
    assert written(text, told, is_short=True) == written(text, told, is_short=False)


def test_an_inner_name_hides_an_outer_one() -> None:
    text = "{{ x }}{% with x='inner' %}{{ x }}{% endwith %}{% for x in y %}{{ x }}{% endfor %}"
    told = {"x": "outer", "y": "ab"}
    assert written(text, told, is_short=True) == "outerinnerab"


def test_numbers_are_grouped_where_the_settings_say_so() -> None:
    with override_settings(USE_THOUSAND_SEPARATOR=True):
        assert written("{{ x }}", {"x": 1_234}, is_short=True) == "1,234"
    assert written("{{ x }}", {"x": 1_234}, is_short=True) == "1234"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{% translate "January" %}', {"en": "January", "de": "Januar"}),
        ("{% translate 'May' context 'abbrev. month' %}", {"en": "May", "de": "Mai"}),
        ('{% translate "January" as x %}{{ x }}', {"en": "January", "de": "Januar"}),
        ('{% translate "January"|lower %}', {"en": "january", "de": "januar"}),
        ('{% translate "January" noop %}', {"en": "January", "de": "January"}),
        ('{% translate "100%" %}', {"en": "100%", "de": "100%"}),
        ("{% translate word %}", {"en": "January", "de": "Januar"}),
    ],
)
def test_words_are_in_the_language_of_each_reader(text: str, expected: dict[str, str]) -> None:
    template = engine("{% load i18n %}" + text, is_short=True).get_template("it.html")
    for language in ("en", "de", "en"):
        with translation.override(language):
            assert template.render(Context({"word": "January"})) == expected[language]


def test_addresses_begin_where_the_shop_does() -> None:
    template = engine("{% url 'search' %}", is_short=True).get_template("it.html")
    assert template.render(Context()) == "/search/"
    try:
        set_script_prefix("/shop/")
        assert template.render(Context()) == "/shop/search/"
    finally:
        set_script_prefix("/")
    assert template.render(Context()) == "/search/"


def test_an_address_that_is_none_is_an_error_each_time() -> None:
    for text in ("{% url 'nowhere' %}", "{% url x.title %}", "{% url 'edition_number' 7 %}"):
        told = {"x": Thing()}
        assert written(text, told, is_short=True) == written(text, told, is_short=False)


def test_while_debugging_django_reads_everything() -> None:
    template = engine("{{ x }}", is_short=True, debug=True).get_template("it.html")
    assert type(template.nodelist[0]).__module__ == "django.template.base"


def test_the_shop_reads_its_own_templates_so() -> None:
    loader = engine("", is_short=True).template_loaders[0]
    shop = Engine.get_default().template_loaders[0]
    assert type(shop) is type(loader)
    assert not isinstance(shop, locmem.Loader)
