"""How forms are written: inputs, selects and lists of no errors here, the rest by Django.

A page of a form has two dozen of them, and each took a template that includes another one.
"""

from typing import Any

from django.forms.renderers import DjangoTemplates
from django.forms.utils import ErrorList
from django.http import HttpRequest
from django.utils.html import conditional_escape

_INPUTS = frozenset(
    f"django/forms/widgets/{kind}.html"
    for kind in ("text", "number", "email", "password", "hidden", "checkbox")
)
_OPTIONS = frozenset(
    {"django/forms/widgets/radio_option.html", "django/forms/widgets/checkbox_option.html"}
)


class Renderer(DjangoTemplates):
    """Writes what Django's own would, to the letter."""

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        """The HTML of one part of a form."""
        if template_name in _INPUTS:
            return _input(context["widget"])
        if template_name in _OPTIONS and not context["widget"]["wrap_label"]:
            return _input(context["widget"])
        if template_name == "django/forms/widgets/select.html":
            return _select(context["widget"])
        if template_name == ErrorList.template_name and not context["errors"]:
            return ""
        return super().render(template_name, context, request)


def _input(widget: dict[str, Any]) -> str:
    value, name = widget["value"], _escaped(widget["name"])
    told = "" if value is None else f' value="{_escaped(value)}"'
    return f'<input type="{_escaped(widget["type"])}" name="{name}"{told}{_attributes(widget)}>'


def _select(widget: dict[str, Any]) -> str:
    lines = []
    for group, options, _index in widget["optgroups"]:
        if group:
            lines.append(f'  <optgroup label="{_escaped(group)}">')
        lines += [
            f'  <option value="{_escaped(each["value"])}"{_attributes(each)}>'
            f"{_escaped(each['label'])}</option>\n"
            for each in options
        ]
        if group:
            lines.append("  </optgroup>")
    written = "\n".join(lines)
    return f'<select name="{_escaped(widget["name"])}"{_attributes(widget)}>\n{written}\n</select>'


def _attributes(widget: dict[str, Any]) -> str:
    return "".join(
        f" {_escaped(name)}" if value is True else f' {_escaped(name)}="{_escaped(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def _escaped(value: object) -> str:
    return conditional_escape(value if isinstance(value, str) else str(value))
