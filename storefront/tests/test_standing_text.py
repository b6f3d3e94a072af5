"""Templates say what they said before their standing text was put together, in any language."""

import datetime
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Engine, Template
from django.template.defaulttags import ForNode
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from storefront.standing_text import Loader, Part, Standing

LIBRARIES = {
    "i18n": "django.templatetags.i18n",
    "l10n": "django.templatetags.l10n",
    "static": "django.templatetags.static",
    "shop": "storefront.templatetags.shop",
}
BASE = "{% block head %}<b>{% endblock %}{% include 'part.txt' with word=other %}"
TEMPLATES = {
    "base.txt": BASE,
    "part.txt": "{% load i18n %}[{{ word }} {% translate 'Yes' %} {% translate 'No' %}]",
    "shelf.txt": "{% extends 'page.txt' %}{% block head %}({{ block.super }}){% endblock %}",
    "words.txt": "{% load i18n %}{% translate 'Monday' %}, {# no #}{% translate 'May' %}{{ word }}",
    "page.txt": "{% extends 'base.txt' %}{% load i18n %}"
    "{% block head %}{{ block.super }}{% translate 'Yes' %}{% include 'words.txt' %}{% endblock %}",
    "named.txt": "{% load i18n %}{% translate 'Yes' as word %}{{ word }}{% translate word %}",
    "links.txt": "{% url 'basket' %} {% url 'basket' as word %}{{ word }} {% url name %}"
    "{% url 'order' 'B-1' %}",
    "loop.txt": "{% for word in words %}{% include 'part.txt' %}{% empty %}-{% endfor %}",
    "tree.txt": "{{ tree.name }}{% for tree in tree.below %}({% include 'tree.txt' %}){% endfor %}",
    "turns.txt": "{% for word in words %}{% include 'turn.txt' %}{% endfor %}",
    "turn.txt": "{% cycle 'a' 'b' %}",
    "branch.txt": "{% load i18n %}{% if word %}{% translate 'Yes' %}{% else %}"
    "{% include 'words.txt' only %}{% endif %}{% comment %}x{% endcomment %}",
    "chosen.txt": "{% extends parent %}{% block head %}{{ word }}{% endblock %}",
    "values.txt": "{{ word }}{{ word|upper }}{{ other }}{{ 'it&s' }}{{ amount }}{{ moment }}"
    "{{ day }}{{ nothing }}{{ missing }}{{ tree.name }}{{ tree.below }}"
    "{% autoescape off %}{{ word }}{{ other }}{{ name|upper }}{{ amount }}{% endautoescape %}",
    "numbers.txt": "{% load l10n %}{{ count }} {{ yes }} {{ tree.name }} "
    "{% localize on %}{{ count }}{% endlocalize %} {% localize off %}{{ count }}{% endlocalize %}",
    "missing.txt": "{% if missing %}{% include 'nowhere.txt' %}{% endif %}.",
}
SAID: dict[str, Any] = {
    "word": "<w>",
    "other": mark_safe("<o>"),
    "name": "checkout",
    "parent": "base.txt",
    "words": ["x", "y", "z"],
    "amount": Decimal("1234.50"),
    "count": 1_234_567,
    "yes": True,
    "moment": datetime.datetime(2026, 7, 1, 23, 30, tzinfo=datetime.UTC),
    "day": gettext_lazy("Monday"),
    "nothing": None,
    "tree": {"name": 1, "below": [{"name": 2, "below": [{"name": 3}]}, {"name": 4}]},
}


def engine(loader: str) -> Engine:
    local = ("django.template.loaders.locmem.Loader", TEMPLATES)
    return Engine(loaders=[(loader, [local])], libraries=LIBRARIES, debug=False)


def said(template: Template) -> str:
    return template.render(Context({**SAID}))


@pytest.fixture(autouse=True)
def back_to_the_language() -> Iterator[None]:
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_says_what_djangos_own_says(name: str) -> None:
    ours = engine("storefront.standing_text.Loader").get_template(name)
    djangos = engine("django.template.loaders.cached.Loader").get_template(name)
    for language in ("en", "de", "en"):
        with translation.override(language):
            assert said(ours) == said(djangos)
            assert said(ours) == said(djangos)


def test_words_follow_the_language() -> None:
    words = engine("storefront.standing_text.Loader").get_template("words.txt")
    assert said(words) == "Monday, May&lt;w&gt;"
    with translation.override("de"):
        assert said(words) == "Montag, Mai&lt;w&gt;"


def test_what_stands_is_one_piece_and_what_is_included_takes_its_place() -> None:
    loop = engine("storefront.standing_text.Loader").get_template("loop.txt")
    (each,) = loop.nodelist
    assert isinstance(each, ForNode)
    (part,) = each.nodelist_loop
    assert isinstance(part, Part)
    assert [type(node).__name__ for node in part.nodes] == ["TextNode", "Said", "Standing"]


def test_the_shops_pages_are_put_together() -> None:
    (configured,) = settings.TEMPLATES
    options: Any = configured["OPTIONS"]
    ((loader, _found_by),) = options["loaders"]
    assert loader == f"{Loader.__module__}.{Loader.__qualname__}"
    folder = Path(settings.BASE_DIR) / "storefront" / "templates"
    assert (folder / "base.html").exists()
    page = Engine.get_default().get_template("storefront/parts/footer.html")
    assert any(isinstance(node, Standing) for node in page.nodelist)


def test_what_a_page_extends_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    page = engine("storefront.standing_text.Loader").get_template("shelf.txt")
    first = said(page)

    def refuse(*_arguments: object, **_named: object) -> None:
        raise AssertionError("looked up once more")

    monkeypatch.setattr(Engine, "find_template", refuse)
    assert said(page) == first


@pytest.mark.parametrize(
    "loader", ["storefront.standing_text.Loader", "django.template.loaders.cached.Loader"]
)
def test_a_page_may_extend_the_one_of_its_name_in_another_folder(loader: str) -> None:
    inner = "{% block head %}[{{ block.super }}]{% endblock %}"
    own = {
        "page.txt": "{% extends 'page.txt' %}" + inner,
        "frame.txt": "{% extends 'frame.txt' %}" + inner,
        "other.txt": "{% extends 'frame.txt' %}{% block head %}({{ block.super }}){% endblock %}",
        "here.txt": "{% extends 'there.txt' %}" + inner,
        "there.txt": "{% extends 'here.txt' %}" + inner,
    }
    above = {
        "page.txt": "{% extends 'frame.txt' %}",
        "frame.txt": "<{% block head %}b{% endblock %}>",
        "here.txt": "<{% block head %}b{% endblock %}>",
    }
    locmem = "django.template.loaders.locmem.Loader"
    shown = Engine(loaders=[(loader, [(locmem, own), (locmem, above)])], debug=False)
    expected = {
        "page.txt": "<[[b]]>", "frame.txt": "<[b]>", "other.txt": "<([b])>", "here.txt": "<[[b]]>",
    }  # fmt: skip
    for name, text in [*expected.items(), *expected.items()]:
        assert said(shown.get_template(name)) == text


def test_under_debug_templates_stay_as_they_are_written() -> None:
    local = ("django.template.loaders.locmem.Loader", TEMPLATES)
    loaders = [("storefront.standing_text.Loader", [local])]
    shown = Engine(loaders=loaders, libraries=LIBRARIES, debug=True)
    template = shown.get_template("words.txt")
    assert not any(isinstance(node, Standing) for node in template.nodelist)
